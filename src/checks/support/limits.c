// SPDX-License-Identifier: Apache-2.0
#include "checks/support/limits.h"

#include "base/numbers.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { BODY_READ = 4096, WORDS_AHEAD = 6 };

static const struct node *limits_list(struct check_run *run, const char *id) {
    return words_list(check_knowledge(run, "limits"), sv_from(id));
}

static bool has_parameter(const struct operation *op, const struct node *list) {
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        struct sv name = p->name;
        size_t dot = p->in == PARAM_BODY ? sv_rfind_char(name, '.') : SIZE_MAX;
        struct word w = word_of(dot == SIZE_MAX ? name : sv_from_index(name, dot + 1));
        if (p->in != PARAM_HEADER && p->in != PARAM_COOKIE && words_have(list, &w)) return true;
    }
    return false;
}

bool limit_is_matched(struct check_run *run, const struct parameter *p) {
    const struct schema *s = p->schema;
    if ((s->types != 0 && (s->types & TYPE_STRING) == 0) || s->enum_count > 0) return false;
    struct word w = word_of(p->name);
    return s->pattern.len > 0 || sv_eq(s->format, SV("email")) || sv_eq(s->format, SV("uri")) || sv_eq(s->format, SV("hostname")) ||
           words_have(limits_list(run, "matched_params"), &w);
}

enum limit_class limit_class_of(struct check_run *run, const struct operation *op) {
    bool secret = has_parameter(op, limits_list(run, "secret_params")), name = has_parameter(op, limits_list(run, "name_params"));
    bool post = sv_eq(op->method, SV("POST"));
    // Without the word it may be a registration, unless it is said to store nothing.
    if (post && secret && name && (op->read_only || words_in_path(limits_list(run, "login_routes"), op->path))) return LIMIT_LOGIN;
    if (post && (name || secret) && words_in_path(limits_list(run, "reset_routes"), op->path)) return LIMIT_RESET;
    if (secret && words_in_path(limits_list(run, "code_routes"), op->path)) return LIMIT_CODE;
    if (words_in_path(limits_list(run, "costly_routes"), op->path)) return LIMIT_COSTLY;
    return words_in_path(limits_list(run, "heavy_routes"), op->path) ? LIMIT_HEAVY : LIMIT_READ;
}

// -- announcements ---------------------------------------------------------------------------------------------------------------

static bool is_word_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Next run of letters or of digits; false at the end of the sentence.
static bool next_word(struct sv *rest, struct sv *ret) {
    size_t i = 0;
    while (i < rest->len && !is_word_char(rest->ptr[i])) {
        if ((rest->ptr[i] == '.' || rest->ptr[i] == ';') && (i + 1 == rest->len || rest->ptr[i + 1] == ' ')) return false;
        i++;
    }
    size_t begin = i;
    bool digits = i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9';
    while (i < rest->len && is_word_char(rest->ptr[i]) && (rest->ptr[i] >= '0' && rest->ptr[i] <= '9') == digits) i++;
    *ret = sv_slice(*rest, begin, i);
    *rest = sv_from_index(*rest, i);
    return ret->len > 0;
}

static uint64_t seconds_of(struct check_run *run, const struct word *w) {
    const struct node *windows = node_get(check_knowledge(run, "limits"), SV("windows"));
    for (const struct node *n = windows == NULL ? NULL : windows->first; n != NULL; n = n->next) {
        int64_t seconds;
        if (words_have(node_get(n, SV("words")), w) && node_to_i64(node_get(n, SV("seconds")), &seconds) == 0) return (uint64_t)seconds;
    }
    return 0;
}

// Behind a number: what is counted, then in what time. "5 attempts in 10 seconds", "20 requests/minute", "10 rps".
static bool read_behind(struct check_run *run, struct sv rest, usec_t *ret_window) {
    bool counted = false;
    uint64_t times = 1;
    struct sv text;
    for (unsigned i = 0; i < WORDS_AHEAD && next_word(&rest, &text); i++) {
        struct word w = word_of(text);
        uint64_t unit = counted ? seconds_of(run, &w) : 0;
        if (unit > 0) {
            *ret_window = unit * times * USEC_PER_SEC;
            return true;
        }
        if (sv_eq_nocase(text, SV("rps"))) {
            *ret_window = USEC_PER_SEC;
            return true;
        }
        if (sv_is_digits(text) && (!counted || number_parse_u64(text, &times) != 0 || times == 0 || times > 100000)) return false;
        counted = counted || words_have(words_list(check_knowledge(run, "limits"), SV("limit_units")), &w);
    }
    return false;
}

bool limit_read_text(struct check_run *run, struct sv text, struct limit_announcement *ret) {
    text = sv_slice(text, 0, 4096);
    if (!words_in_text(limits_list(run, "limit_phrases"), text)) return false;
    for (size_t i = 0; i < text.len; i++) {
        bool begins = text.ptr[i] >= '0' && text.ptr[i] <= '9' && (i == 0 || !is_word_char(text.ptr[i - 1]));
        if (!begins) continue;
        size_t end = i;
        while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9') end++;
        uint64_t count;
        usec_t window;
        if (number_parse_u64(sv_slice(text, i, end), &count) == 0 && count > 0 && read_behind(run, sv_from_index(text, end), &window)) {
            *ret = (struct limit_announcement){.any = true, .count = count, .window = window};
            return true;
        }
        i = end;
    }
    return false;
}

struct limit_announcement limit_announced(struct check_run *run, const struct operation *op, const struct exchange *answer) {
    struct limit_announcement a = {0};
    if (limit_read_text(run, op->description, &a) || limit_read_text(run, op->summary, &a)) return a;
    for (size_t i = 0; i < op->response_count; i++) a.any = a.any || op->responses[i].status == 429;
    if (!exchange_answered(answer)) return a;
    struct burst_result seen;
    struct exchange copy = *answer, *one[1] = {&copy};
    if (burst_measure(one, 1, &seen) != 0) return a;
    a.any = a.any || seen.announced_limit > 0;
    a.count = seen.announced_limit;
    return a;
}

bool limit_refuses(struct check_run *run, const struct exchange *x, unsigned usual) {
    if (!exchange_answered(x)) return false;
    unsigned status = x->response.status;
    if (status == 429 || status == 503) return true;
    if (status >= 400 && status < 500 && status != usual) return true;
    return words_in_text(limits_list(run, "too_many_phrases"), sv_slice(x->response.body, 0, BODY_READ));
}

// -- requests --------------------------------------------------------------------------------------------------------------------

// Addresses for documentation (RFC 5737, RFC 3849) belong to nobody.
static struct sv random_address(struct rng *rng, struct arena *a) {
    static const char *const nets[] = {"198.51.100", "203.0.113", "192.0.2"};
    return arena_printf(a, "%s.%u", nets[rng_below(rng, 3)], (unsigned)rng_between(rng, 1, 254));
}

static int forge(struct check_run *run, struct arena *a, struct request *rq, struct error *err) {
    const struct node *headers = node_get(node_get(check_knowledge(run, "limits"), SV("forwarded")), SV("headers"));
    struct sv address = random_address(check_rng(run), a);
    for (const struct node *n = headers == NULL ? NULL : headers->first; n != NULL; n = n->next) {
        struct sv value = node_get_text(n, SV("value"));
        size_t at = sv_find(value, SV("{}"));
        if (at == SIZE_MAX) continue;
        value = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(value, 0, at)), SV_ARG(address), SV_ARG(sv_from_index(value, at + 2)));
        if (value.ptr == NULL || !header_add(a, &rq->headers, node_get_text(n, SV("name")), value)) return error_nomem(err);
    }
    return 0;
}

bool limit_is_forged(const struct request *rq) {
    return header_has(&rq->headers, SV("X-Forwarded-For")) && header_has(&rq->headers, SV("True-Client-IP"));
}

static struct sv account_value(struct arena *a, const struct parameter *p, struct sv old, struct sv name) {
    bool mail = sv_eq(p->schema->format, SV("email")) || sv_find_char(old, '@') != SIZE_MAX;
    return mail ? arena_printf(a, SV_FMT "@" SV_FMT ".invalid", SV_ARG(name), SV_ARG(name)) : name;
}

static int guess(struct check_run *run, struct arena *a, struct call *c, struct sv name, struct error *err) {
    const struct node *names = limits_list(run, "name_params"), *secrets = limits_list(run, "secret_params");
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        struct param_value *v = &c->values[i];
        size_t dot = p->in == PARAM_BODY ? sv_rfind_char(p->name, '.') : SIZE_MAX;
        struct word w = word_of(dot == SIZE_MAX ? p->name : sv_from_index(p->name, dot + 1));
        if (!v->present || p->schema->enum_count > 0 || p->in == PARAM_HEADER || p->in == PARAM_COOKIE) continue;
        if (words_have(secrets, &w)) v->text = id_random_like(a, check_rng(run), v->text);
        else if (words_have(names, &w)) v->text = account_value(a, p, v->text, name);
        if (v->text.ptr == NULL) return error_nomem(err);
    }
    return 0;
}

int limit_request(struct check_run *run, struct arena *a, const struct call *call, enum limit_class class, struct sv name, bool forged,
                  struct request *ret, struct error *err) {
    struct call c;
    int r = call_copy(a, call, &c, err);
    if (r == 0 && limit_guards(class)) r = guess(run, a, &c, name, err);
    if (r == 0) r = call_build(a, &c, ret, err);
    return r == 0 && forged ? forge(run, a, ret, err) : r;
}
