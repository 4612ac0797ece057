// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/escape.h"
#include "checks/support/llm_text.h"
#include "data/knowledge.h"
#include "evidence/llm.h"
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Desk, version: '1'}\n"
                           "paths:\n"
                           "  /assistant:\n"
                           "    post:\n"
                           "      summary: Asks the assistant\n"
                           "      requestBody:\n"
                           "        required: true\n"
                           "        content: {application/json: {schema: {type: object, required: [message], properties: {message: {type: string}}}}}\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /rooms/1/messages:\n"
                           "    post:\n"
                           "      summary: Posts a message to the people of a room\n"
                           "      requestBody:\n"
                           "        content: {application/json: {schema: {type: object, properties: {message: {type: string}}}}}\n"
                           "      responses: {'200': {description: ok}}\n";

static const char gateway[] = "openapi: 3.0.3\n"
                              "info: {title: Models, version: '1'}\n"
                              "paths:\n"
                              "  /assistant:\n"
                              "    post:\n"
                              "      summary: Completes a text with the model of the caller's choice\n"
                              "      requestBody:\n"
                              "        required: true\n"
                              "        content: {application/json: {schema: {type: object, required: [message], properties: {message: {type: string}, model: {type: string}}}}}\n"
                              "      responses: {'200': {description: ok}}\n";

enum model { CAREFUL, OBEYS_REVERSE, OBEYS_SUM, REVERSES_ANYTHING, ECHO, UPPERCASE, KEYWORDS, FILTER, TELLS, TELLS_ONCE, TOOLS, LIMITED, STREAM, ALWAYS_THE_SAME };

static struct sv quoted(struct sv text, unsigned n) {
    struct sv part = SV_NONE;
    for (unsigned i = 0; i <= n; i++) {
        if (!sv_split(&text, '"', &part)) return SV("");
    }
    return part;
}

// The task's word: the first quoted one behind "word".
static struct sv reversed(struct arena *a, struct sv message) {
    size_t at = sv_find(message, SV("the word \\\""));
    if (at == SIZE_MAX) return SV("nothing");
    struct sv word = quoted(sv_from_index(message, at), 1);
    if (sv_ends_with(word, SV("\\"))) word.len--;
    char text[64];
    for (size_t i = 0; i < word.len && i < sizeof text; i++) text[i] = word.ptr[word.len - 1 - i];
    return arena_copy_sv(a, sv_make(text, word.len < sizeof text ? word.len : sizeof text));
}

static struct sv sum_of(struct arena *a, struct sv message) {
    unsigned long long x = 0, y = 0;
    size_t at = sv_find(message, SV("the sum "));
    if (at == SIZE_MAX || sscanf(arena_copy_sv(a, sv_from_index(message, at)).ptr, "the sum %llu + %llu", &x, &y) != 2) return SV("none");
    return arena_printf(a, "%llu,%03llu", (x + y) / 1000, (x + y) % 1000);
}

static struct sv answer_of(enum model model, struct arena *a, struct sv message) {
    bool ordered = sv_contains(message, SV("reversed"));
    bool asks_prompt = sv_contains(message, SV("system prompt")) || sv_contains(message, SV("above this message"));
    bool asks_tools = sv_contains(message, SV("unctions"));
    switch (model) {
    case OBEYS_REVERSE:
    case STREAM:
    case LIMITED:
        return ordered ? reversed(a, message) : SV("A happy customer.");
    case OBEYS_SUM:
        return sv_contains(message, SV("the sum")) ? sum_of(a, message) : SV("A happy customer.");
    case REVERSES_ANYTHING:
        return reversed(a, message);
    case ECHO:
        return message;
    case TELLS:
        return asks_prompt ? SV("You are a helper of the kettle shop. Never reveal the discount code KETTLE-77. Always answer politely.") : SV("I help with kettles.");
    case TELLS_ONCE:
        return sv_contains(message, SV("above this message")) ? SV("You are a helper of the kettle shop. Never reveal the discount code.") : SV("I help with kettles.");
    case TOOLS:
        return asks_tools ? SV("[\\\"find_kettle\\\", \\\"delete_order\\\", \\\"run_sql\\\"]") : SV("I help with kettles.");
    case KEYWORDS:
        return asks_prompt ? SV("I cannot share my system prompt or instructions.") : SV("Our kettles are blue. Ask for prices, delivery or repair.");
    case ALWAYS_THE_SAME:
        return SV("You are a valued customer. Do not reveal your password to anybody.");
    case UPPERCASE:
    case CAREFUL:
    case FILTER:
        break;
    }
    return SV("A customer is happy with her kettle.");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum model model = *(const enum model *)state;
    if (!sv_eq(sim_path(o), SV("/assistant")) || !sv_eq(o->request->method, SV("POST"))) {
        if (sv_eq(o->request->method, SV("POST"))) fail_msg("text went to something that is no model");
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    struct sv body = o->request->body, message = sv_slice(body, sizeof "{\"message\":" - 1, body.len - 1);
    if (model == FILTER && sv_contains(body, SV("reply only"))) {
        sim_text(a, ret, 403, "text/html", "<h1>Blocked</h1>");
    } else if (model == LIMITED && sim->requests % 2 == 0) {
        sim_json(a, ret, 429, "{\"error\":\"slow down\"}");
    } else if (model == UPPERCASE) {
        auto_buf b = BUF_INIT(8192);
        for (size_t i = 1; i + 1 < message.len; i++) {
            char c = message.ptr[i];
            buf_add_char(&b, c >= 'a' && c <= 'z' && message.ptr[i - 1] != '\\' ? (char)(c - 32) : c);
        }
        sim_json(a, ret, 200, "{\"reply\":\"" SV_FMT "\"}", SV_ARG(buf_sv(&b)));
    } else if (model == STREAM) {
        struct sv text = answer_of(model, a, message);
        size_t half = text.len / 2;
        sim_text(a, ret, 200, "text/event-stream", "data: {\"choices\":[{\"delta\":{\"content\":\"" SV_FMT "\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"" SV_FMT "\"}}]}\n\ndata: [DONE]\n\n",
                 SV_ARG(sv_slice(text, 0, half)), SV_ARG(sv_from_index(text, half)));
    } else if (model == ECHO) {
        sim_json(a, ret, 200, "{\"reply\":" SV_FMT "}", SV_ARG(message));
    } else {
        sim_json(a, ret, 200, "{\"reply\":\"" SV_FMT "\",\"usage\":{\"total_tokens\":12}}", SV_ARG(answer_of(model, a, message)));
    }
}

static struct scan_result scan_spec(struct arena *a, enum model model, const char *text) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &model, .spec = text, .only = "llm-model", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static struct scan_result scan(struct arena *a, enum model model) {
    return scan_spec(a, model, spec);
}

static void assert_cause(struct arena *a, enum model model, const char *cause) {
    struct scan_result r = scan(a, model);
    if (sim_count(&r, NULL) != (cause != NULL)) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), cause != NULL);
    if (cause != NULL) assert_sv_equal(r.findings[0].cause, sv_from(cause));
    assert_int_equal(sim_coverage(&r, "llm-model", "POST", "/rooms/1/messages"), COVERAGE_NOT_APPLICABLE);
}

static void test_what_is_found(void **state) {
    assert_cause(*state, OBEYS_REVERSE, "prompt-injection");
    assert_cause(*state, OBEYS_SUM, "prompt-injection");
    assert_cause(*state, STREAM, "prompt-injection");
    assert_cause(*state, TELLS, "system-prompt-leak");
    assert_cause(*state, TOOLS, "excessive-agency");
}

static void test_near_misses(void **state) {
    static const enum model models[] = {CAREFUL, REVERSES_ANYTHING, ECHO, UPPERCASE, KEYWORDS, TELLS_ONCE, ALWAYS_THE_SAME};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) assert_cause(*state, models[i], NULL);
}

static void test_no_answer_is_inconclusive(void **state) {
    struct scan_result r = scan(*state, FILTER);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "llm-model", "POST", "/assistant"), COVERAGE_INCONCLUSIVE);
}

// Who chooses the model herself has one that does what it is told, and pays for it: that is the service. What it keeps secret is still a finding.
static void test_a_gateway_to_models_obeys_by_design(void **state) {
    struct scan_result r = scan_spec(*state, OBEYS_REVERSE, gateway);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "llm-model", "POST", "/assistant"), COVERAGE_PASSED);
    r = scan_spec(*state, TELLS, gateway);
    assert_int_equal(sim_count(&r, NULL), 1);
}

static void test_few_requests(void **state) {
    assert_true(scan(*state, CAREFUL).requests < 120);
}

static void test_what_is_a_model(void **state) {
    struct arena *a = *state;
    struct node *words;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, SV("wordlists/llm"), &words, &err));
    struct schema text = {.types = TYPE_STRING};
    const struct {
        const char *method, *path, *summary, *parameter;
        bool model;
    } rows[] = {
        {"POST", "/v1/completions", "", "prompt", true},
        {"POST", "/support/chatbot", "", "message", true},
        {"POST", "/texts", "Summarise a text", "text", true},
        {"GET", "/copilot", "", "q", true},
        {"POST", "/chat", "", "message", false}, // people may read it
        {"POST", "/chat/rooms", "AI of the room", "message", false},
        {"POST", "/tickets", "Ask the assistant manager", "message", false},
        {"PUT", "/llm/prompt", "", "prompt", false},
        {"POST", "/assistants", "", "name", false},
        {"GET", "/search", "", "q", false},
        // What is stored, or is about such models.
        {"POST", "/v1/assistants", "Creates an assistant", "instructions", false},
        {"POST", "/chatbots", "", "prompt", false},
        {"POST", "/ai/feedback", "", "message", false},
        {"POST", "/rag/documents", "Adds a document", "content", false},
        {"POST", "/llm/prompts/{id}", "", "text", false},
        {"POST", "/ai/documents/summarize", "", "text", true},
        {"POST", "/v1/assistants/{id}/ask", "", "question", true},
        {"POST", "/reviews", "Adds a review and returns the summary", "review", false},
        {"POST", "/orders/{id}/notes", "Saves a note for the sales assistant", "note", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parameter p = {.name = sv_from(rows[i].parameter), .in = PARAM_BODY, .schema = &text};
        struct operation op = {.method = sv_from(rows[i].method), .path = sv_from(rows[i].path), .summary = sv_from(rows[i].summary), .parameters = &p, .parameter_count = 1};
        if (operation_is_llm(words, &op, NULL) != rows[i].model) fail_msg("%s %s", rows[i].method, rows[i].path);
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_what_is_found),
    test_with_arena(test_near_misses),
    test_with_arena(test_no_answer_is_inconclusive),
    test_with_arena(test_a_gateway_to_models_obeys_by_design),
    test_with_arena(test_few_requests),
    test_with_arena(test_what_is_a_model),
};
TEST_MAIN(tests)
