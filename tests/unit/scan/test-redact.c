// SPDX-License-Identifier: Apache-2.0
#include "scan/redact.h"
#include "test.h"

#include "base/buf.h"
#include "base/escape.h"
#include "data/node.h"
#include "http/header.h"
#include "http/jwt.h"

#define KEY 0x1234567890abcdefU

struct world {
    struct arena *a;
    struct redactor *r;
    struct error err;
    struct response view;
    struct sensitive_hit *hits;
    size_t count;
};

static void open_world(struct world *w, void **state, uint64_t key) {
    *w = (struct world){.a = *state};
    struct match_set *set = NULL;
    assert_ok(&w->err, match_open(w->a, &set, &w->err));
    assert_ok(&w->err, redactor_new(w->a, set, key, &w->r, &w->err));
}

static void redact(struct world *w, struct sv body) {
    const struct response raw = {.status = 200, .reason = SV("OK"), .body = body};
    assert_ok(&w->err, redact_response(w->r, w->a, &raw, &w->view, &w->hits, &w->count, &w->err));
}

static void assert_hit(const struct world *w, size_t index, const char *class_id, const char *location) {
    assert_true(index < w->count);
    assert_sv_equal(w->hits[index].class_id, sv_from(class_id));
    assert_sv_equal(w->hits[index].location, sv_from(location));
    struct sv prefix = arena_printf(w->a, "{{%s:", class_id);
    assert_true(sv_starts_with(w->hits[index].placeholder, prefix));
    assert_true(sv_contains(w->view.body, w->hits[index].placeholder));
}

// Values drawn for this test; in halves, because whole ones look alive.
#define AWS_KEY                                                                                                        \
    "AKIA"                                                                                                             \
    "Q3ZX7PLM2RTUVWKD"
#define CARD "4539578763621486"
#define MAIL "lena.brandt@nordwind.de"

static void test_json_body(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(&w, SV("{\"users\":[{\"email\":\"" MAIL "\",\"id\":7},{\"a/b~c\":\"k " AWS_KEY "\",\"card\":" CARD "}],"
                  "\"again\":\"" MAIL "\"}"));
    assert_int_equal(w.count, 4);
    assert_hit(&w, 0, "email", "body:/users/0/email");
    assert_hit(&w, 1, "aws_access_key", "body:/users/1/a~1b~0c");
    assert_hit(&w, 2, "payment_card", "body:/users/1/card");
    assert_hit(&w, 3, "email", "body:/again");
    assert_int_equal(w.hits[2].validated, 2);
    assert_sv_equal(w.hits[0].placeholder, w.hits[3].placeholder);
    assert_false(sv_contains(w.view.body, SV(MAIL)) || sv_contains(w.view.body, SV(CARD)) ||
                 sv_contains(w.view.body, SV(AWS_KEY)));
    struct node *root = NULL;
    assert_ok(&w.err, node_parse_json(w.a, w.view.body, &node_limits_response, &root, &w.err));
    const struct node *card = node_pointer(root, SV("/users/1/card"));
    assert_true(node_is(card, NODE_STRING));
    assert_sv_equal(card->text, w.hits[2].placeholder);
    assert_true(node_is(node_pointer(root, SV("/users/0/id")), NODE_NUMBER));
}

static void test_hash_depends_on_value_and_key(void **state) {
    struct world w;
    struct world other;
    open_world(&w, state, KEY);
    open_world(&other, state, KEY + 1);
    redact(&w, SV("a@nordwind.de b@nordwind.de"));
    redact(&other, SV("a@nordwind.de b@nordwind.de"));
    assert_int_equal(w.count, 2);
    assert_int_equal(other.count, 2);
    assert_false(sv_eq(w.hits[0].placeholder, w.hits[1].placeholder));
    assert_false(sv_eq(w.hits[0].placeholder, other.hits[0].placeholder));
    assert_sv_text(w.hits[0].location, "body@0");
    assert_int_equal(w.hits[0].placeholder.len, sizeof "{{email:01234567}}" - 1);
    struct sv second = arena_printf(w.a, "body@%zu", w.hits[0].placeholder.len + 1);
    assert_sv_equal(w.hits[1].location, second); // offsets are those of the view
}

static void test_json_escapes_hide_nothing(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(
        &w,
        SV("{\"m\":\"lena.brandt\\u0040nordwind.de\",\"u\":\"postgres:\\/\\/app:Zq83kkPw1@db\\/x\",\"t\":\"a\\nb\"}"));
    assert_int_equal(w.count, 2);
    assert_hit(&w, 0, "email", "body:/m");
    assert_hit(&w, 1, "database_url", "body:/u");
    assert_false(sv_contains(w.view.body, SV("nordwind")) || sv_contains(w.view.body, SV("Zq83kkPw1")));
    assert_true(sv_contains(w.view.body, SV("postgres:\\/\\/app:{{database_url:")));
    struct sv first = w.hits[0].placeholder;
    redact(&w, SV(MAIL));
    assert_sv_equal(w.hits[0].placeholder, first); // the value counts, not its spelling
}

static void test_nested_json_and_keys(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(&w, SV("{\"log\":\"{\\\"mail\\\":\\\"" MAIL "\\\"}\",\"" MAIL "\":[1,{\"x\":\"" MAIL "\"}]}"));
    assert_int_equal(w.count, 3);
    struct node *root = NULL;
    assert_ok(&w.err, node_parse_json(w.a, w.view.body, &node_limits_response, &root, &w.err));
    assert_hit(&w, 0, "email", "body:/log");
    struct sv place = w.hits[2].location;
    const struct node *deep = node_pointer(root, sv_from_index(place, 5));
    assert_true(node_is(deep, NODE_STRING));
    assert_sv_equal(deep->text, w.hits[2].placeholder);
    assert_false(sv_contains(place, SV("nordwind")));
}

static void test_head(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    struct header lines[] = {
        {SV("Content-Type"), SV("text/plain")},
        {SV("Set-Cookie"), SV("SESSIONID=q8Zk2mLp0XvB7tYw3dFg; Path=/; HttpOnly")},
        {SV("Set-Cookie"), SV("theme=dark; Path=/")},
        {SV("Location"), SV("/cb?access_token=Zx81mQp7LkT20vBn6Rw4")},
        {SV("X-Api-Key"), SV("Jw81kfPq02mXnB7vLzT4cR9s")},
        {SV("Date"), SV("Mon, 01 Jan 2024 10:00:00 GMT")},
    };
    const struct response raw = {
        .status = 302, .reason = SV("for " MAIL), .headers = {.ptr = lines, .len = 6, .cap = 6}, .body = SV("")};
    assert_ok(&w.err, redact_response(w.r, w.a, &raw, &w.view, &w.hits, &w.count, &w.err));
    assert_int_equal(w.count, 4);
    assert_sv_text(w.hits[0].location, "reason");
    assert_sv_text(w.hits[1].location, "header:set-cookie");
    assert_sv_text(w.hits[1].class_id, "session_cookie");
    assert_sv_text(w.hits[2].location, "header:location");
    assert_sv_text(w.hits[3].location, "header:x-api-key");
    assert_int_equal(w.view.headers.len, 6);
    struct sv cookie = arena_printf(w.a, "SESSIONID=" SV_FMT "; Path=/; HttpOnly", SV_ARG(w.hits[1].placeholder));
    assert_sv_equal(header_find(&w.view.headers, SV("set-cookie")), cookie);
    assert_sv_text(header_find_nth(&w.view.headers, SV("set-cookie"), 1), "theme=dark; Path=/");
    assert_sv_text(header_find(&w.view.headers, SV("date")), "Mon, 01 Jan 2024 10:00:00 GMT");
    assert_int_equal(w.view.status, 302);
    assert_non_null(w.view.body.ptr);
}

static void test_texts_of_ours_stay(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    assert_ok(&w.err, redact_allow(w.r, SV("q7w8e9r0t1y2u3i4o5p6"), &w.err));
    assert_error(&w.err, ERR_USAGE, redact_allow(w.r, SV("short"), &w.err));
    redact(&w, SV("{\"api_key\":\"q7w8e9r0t1y2u3i4o5p6\"}"));
    assert_int_equal(w.count, 0);
    assert_sv_text(w.view.body, "{\"api_key\":\"q7w8e9r0t1y2u3i4o5p6\"}");
    redact(&w, SV("{\"api_key\":\"Xk20Zp7Lm4q7w8e9r0t1y2u3i4o5p6\"}")); // a secret in front of the marker
    assert_int_equal(w.count, 1);
    assert_true(sv_contains(w.view.body, SV("}}q7w8e9r0t1y2u3i4o5p6\"}")));
    assert_false(sv_contains(w.view.body, SV("Xk20Zp7Lm4")));
}

static void test_reveal(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(&w, SV("{\"email\":\"" MAIL "\",\"password\":\"Ab c\",\"passwd\":\"q\\\"Zz71xx\",\"pwd\":\"p7/Qm+w2zz\"}"));
    struct sv mail = w.hits[0].placeholder;
    struct sv out = SV_NONE;
    struct sv text = arena_printf(w.a, "/users?mail=" SV_FMT "&x=1", SV_ARG(mail));
    assert_ok(&w.err, redact_reveal(w.r, w.a, text, &out, &w.err));
    assert_sv_text(out, "/users?mail=" MAIL "&x=1");
    auto_buf encoded = BUF_INIT(1000);
    esc_url(&encoded, mail, "");
    assert_ok(&w.err, redact_reveal(w.r, w.a, buf_sv(&encoded), &out, &w.err));
    assert_sv_text(out, "lena.brandt%40nordwind.de");
    text = SV("{{email:00000000}} {{7*7}} {{x}} {{");
    assert_ok(&w.err, redact_reveal(w.r, w.a, text, &out, &w.err));
    assert_sv_equal(out, text);
    text = SV("nothing to do");
    assert_ok(&w.err, redact_reveal(w.r, w.a, text, &out, &w.err));
    assert_ptr_equal(out.ptr, text.ptr);
    // What was sent is masked wherever it comes back, also without the form that gave it away.
    redact(&w, SV("{\"q\":\"lena.brandt%40nordwind.de\"}"));
    assert_false(sv_contains(w.view.body, SV("lena")));
    assert_true(sv_contains(w.view.body, mail));
}

static void test_revealed_json_is_valid(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(&w, SV("{\"k\":\"-----BEGIN "
                  "PRIVATE KEY-----\\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAq7BFUpkGp3\\n-----END "
                  "PRIVATE KEY-----\\n\"}"));
    assert_int_equal(w.count, 1);
    assert_hit(&w, 0, "private_key", "body:/k");
    struct sv out = SV_NONE;
    assert_ok(&w.err, redact_reveal(w.r, w.a, w.view.body, &out, &w.err));
    struct node *root = NULL;
    assert_ok(&w.err, node_parse_json(w.a, out, &node_limits_response, &root, &w.err));
    struct sv key = node_get_text(root, SV("k"));
    assert_true(sv_starts_with(key, SV("-----BEGIN "
                                       "PRIVATE KEY-----\nMII")));
    assert_true(sv_ends_with(key, SV("PRIVATE KEY-----\n")));
}

#define USER_TOKEN "u5er/t0ken+of=ann&77"

static void assert_masked(struct world *w, struct sv body) {
    redact(w, body);
    if (!sv_contains(w->view.body, SV("{{ann_x:")))
        print_error("not masked: %.*s\n", SV_ARG(w->view.body));
    assert_true(sv_contains(w->view.body, SV("{{ann_x:")));
    assert_false(sv_contains(w->view.body, SV("t0ken")));
}

static void test_registered_secrets(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    assert_ok(&w.err, redact_add_secret(w.r, SV("Bearer " USER_TOKEN), SV("Ann X"), &w.err));
    assert_masked(&w, SV("you sent " USER_TOKEN "!"));
    assert_int_equal(w.count, 0); // the user knows it
    assert_masked(&w, SV("you sent u5er%2Ft0ken%2Bof%3Dann%2677!"));
    assert_masked(&w, SV("you sent u5er%2ft0ken%2bof%3dann%2677!"));
    assert_masked(&w, SV("{\"h\":\"Bearer u5er\\/t0ken+of=ann&77\"}"));
    for (size_t shift = 0; shift < 5; shift++) {
        struct sv inner = arena_printf(w.a, "%.*s%s|tail", (int)shift, "01234", USER_TOKEN);
        for (int url = 0; url < 2; url++) {
            struct sv body = base64_encode(w.a, inner, url != 0, url == 0);
            redact(&w, body);
            assert_true(sv_contains(w.view.body, SV("{{ann_x:")));
            assert_true(w.view.body.len < body.len + 20);
        }
    }
    redact(&w, SV("Bearer tokens are fine"));
    assert_sv_text(w.view.body, "Bearer tokens are fine");
}

static void test_registered_headers(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    const struct header basic = {SV("Authorization"), SV("Basic YW5uOnNlc2FtZS1vcGVuLTk=")}; // ann:sesame-open-9
    const struct header cookie = {SV("Cookie"), SV("lang=de; sid=Zk39fjQ02mPx")};
    const struct header accept = {SV("Accept"), SV("application/json")};
    assert_ok(&w.err, redact_add_header(w.r, &basic, SV("ann"), &w.err));
    assert_ok(&w.err, redact_add_header(w.r, &cookie, SV("ann"), &w.err));
    assert_ok(&w.err, redact_add_header(w.r, &accept, SV("ann"), &w.err));
    redact(&w, SV("hello sesame-open-9, YW5uOnNlc2FtZS1vcGVuLTk=, Zk39fjQ02mPx, application/json, lang=de"));
    assert_false(sv_contains(w.view.body, SV("sesame")) || sv_contains(w.view.body, SV("YW5u")) ||
                 sv_contains(w.view.body, SV("Zk39")));
    assert_true(sv_ends_with(w.view.body, SV(", application/json, lang=de")));
}

static void test_request_view(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    assert_ok(&w.err, redact_add_secret(w.r, SV(USER_TOKEN), SV("ann"), &w.err));
    assert_ok(&w.err, redact_allow(w.r, SV("forged-0a1b2c3d4e"), &w.err));
    struct header lines[] = {
        {SV("Authorization"), SV("Bearer unknown-token-value")},
        {SV("Cookie"), SV("a=" USER_TOKEN "; b=secretsecret")},
        {SV("X-Api-Key"), SV(USER_TOKEN)},
        {SV("X-Auth-Token"), SV("forged-0a1b2c3d4e")},
        {SV("Accept"), SV("*/*")},
    };
    const struct request raw = {.method = SV("GET"),
                                .target = SV("/x?t=u5er%2Ft0ken%2Bof%3Dann%2677"),
                                .headers = {.ptr = lines, .len = 5, .cap = 5},
                                .body = SV("{\"t\":\"" USER_TOKEN "\"}"),
                                .origin = 3};
    struct request view = {0};
    assert_ok(&w.err, redact_request(w.r, w.a, &raw, &view, &w.err));
    assert_true(sv_starts_with(view.target, SV("/x?t={{ann:")));
    assert_true(sv_starts_with(view.body, SV("{\"t\":\"{{ann:")));
    assert_true(sv_starts_with(header_find(&view.headers, SV("authorization")), SV("Bearer {{credential:")));
    assert_true(sv_starts_with(header_find(&view.headers, SV("cookie")), SV("{{credential:")));
    assert_true(sv_starts_with(header_find(&view.headers, SV("x-api-key")), SV("{{ann:")));
    assert_sv_text(header_find(&view.headers, SV("x-auth-token")), "forged-0a1b2c3d4e");
    assert_sv_text(header_find(&view.headers, SV("accept")), "*/*");
    assert_int_equal(view.origin, 3);
    for (size_t i = 0; i < view.headers.len; i++)
        assert_false(sv_contains(view.headers.ptr[i].value, SV("t0ken")) ||
                     sv_contains(view.headers.ptr[i].value, SV("secretsecret")));
}

static void test_foreign_placeholders_are_broken_up(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    redact(&w, SV("{{email:0123abcd}} {{7*7}} {{name}} {{{{email:0123abcd0123abcd}}"));
    assert_int_equal(w.count, 0);
    assert_sv_text(w.view.body, "{ {email:0123abcd}} {{7*7}} {{name}} {{{ {email:0123abcd0123abcd}}");
}

static void test_broken_json(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    static const char *const bodies[] = {
        "{\"a\":\"" MAIL,
        "{\"a\":" CARD,
        "[[[\"" MAIL "\\",
        "{\"" MAIL,
        "\"\\u00",
        "]}\"" MAIL "\"",
        "{\"a\":[" CARD "," CARD "]",
        "\\\\\\\"" MAIL,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        redact(&w, sv_from(bodies[i]));
        assert_false(sv_contains(w.view.body, SV(MAIL)) || sv_contains(w.view.body, SV(CARD)));
    }
}

// When the vault is full values are still replaced, and only cannot be revealed any more.
static void test_vault_is_bounded(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    auto_buf body = BUF_INIT(1 << 20);
    struct sv out = SV_NONE;
    bool full = false;
    for (unsigned round = 0; round < 300 && !full; round++) {
        buf_clear(&body);
        buf_addf(&body, "-----BEGIN "
                        "PRIVATE KEY-----\n");
        for (unsigned i = 0; i < 400; i++)
            buf_addf(&body, "MII%08x%08xAbCdEfGhIjKlMnOpQrStUvWxYz012345678901234567\n", round * 1000 + i, i * 77777);
        buf_addf(&body, "-----END "
                        "PRIVATE KEY-----\n");
        struct arena_mark mark = arena_mark(w.a);
        redact(&w, buf_sv(&body));
        assert_int_equal(w.count, 1);
        assert_true(w.view.body.len < 60);
        struct sv placeholder = w.hits[0].placeholder;
        assert_ok(&w.err, redact_reveal(w.r, w.a, placeholder, &out, &w.err));
        full = sv_eq(out, placeholder);
        arena_rewind(w.a, mark);
    }
    assert_true(full);
}

static struct sv read_patterns(struct arena *a, const char *name) {
    const char *root = getenv("PLUMB_SOURCE_DIR");
    assert_non_null(root);
    struct sv path = arena_printf(a, "%s/data/patterns/%s.yaml", root, name);
    FILE *f = fopen(path.ptr, "rb");
    assert_non_null(f);
    char *bytes = arena_alloc(a, 1 << 20);
    assert_non_null(bytes);
    size_t len = fread(bytes, 1, 1 << 20, f);
    (void)fclose(f);
    return sv_make(bytes, len);
}

static struct sv join_sample(struct arena *a, const struct node *n) {
    if (n->kind == NODE_STRING)
        return n->text;
    auto_buf b = BUF_INIT(1 << 20);
    for (const struct node *p = node_get(n, SV("parts"))->first; p != NULL; p = p->next)
        buf_add(&b, p->text);
    return arena_copy_sv(a, buf_sv(&b));
}

// Every true sample of the shipped patterns, plain and as a JSON string: nothing that was found remains, and JSON stays
// JSON.
static void walk_samples(struct world *w, const struct node *samples) {
    for (const struct node *n = samples->first; n != NULL; n = n->next) {
        struct arena_mark mark = arena_mark(w->a);
        struct sv text = join_sample(w->a, n);
        auto_buf json = BUF_INIT(1 << 20);
        buf_add(&json, SV("{\"x\":[0,\""));
        esc_json(&json, text);
        buf_add(&json, SV("\"]}"));
        redact(w, text);
        redact(w, w->view.body); // what is left gives nothing more
        assert_int_equal(w->count, 0);
        redact(w, buf_sv(&json));
        struct node *root = NULL;
        assert_ok(&w->err, node_parse_json(w->a, w->view.body, &node_limits_response, &root, &w->err));
        for (size_t i = 0; i < w->count; i++)
            assert_sv_text(w->hits[i].location, "body:/x/1");
        arena_rewind(w->a, mark);
    }
}

static void test_all_samples(void **state) {
    struct world w;
    open_world(&w, state, KEY);
    static const char *const files[] = {"secrets", "personal"};
    for (size_t i = 0; i < 2; i++) {
        struct node *document = NULL;
        assert_ok(&w.err, node_parse_yaml(w.a, read_patterns(w.a, files[i]), &node_limits_document, &document, &w.err));
        for (const struct node *n = node_get(document, SV("patterns"))->first; n != NULL; n = n->next)
            walk_samples(&w, node_get(n, SV("true")));
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_json_body),
    test_with_arena(test_hash_depends_on_value_and_key),
    test_with_arena(test_json_escapes_hide_nothing),
    test_with_arena(test_nested_json_and_keys),
    test_with_arena(test_head),
    test_with_arena(test_texts_of_ours_stay),
    test_with_arena(test_reveal),
    test_with_arena(test_revealed_json_is_valid),
    test_with_arena(test_registered_secrets),
    test_with_arena(test_registered_headers),
    test_with_arena(test_request_view),
    test_with_arena(test_foreign_placeholders_are_broken_up),
    test_with_arena(test_broken_json),
    test_with_arena(test_vault_is_bounded),
    test_with_arena(test_all_samples),
};

TEST_MAIN(tests)
