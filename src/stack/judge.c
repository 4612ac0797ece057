// SPDX-License-Identifier: Apache-2.0
/*
 * Features against one exchange. Runs for every exchange of the scan, so the order is: what is a comparison of numbers,
 * then headers, then one pass over the body that tells whether any literal can stand in it, then the literals, then the
 * regular expressions of those that do.
 */
#include "base/buf.h"
#include "base/escape.h"
#include "http/header.h"
#include "stack/stack_internal.h"

enum { BODY_MAX = 16384, EVIDENCE_MAX = 160, AROUND = 40, HEADERS_MAX = 100 };

static uint32_t literal_slot(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return (v * 2654435761U) >> 17; // 15 bits, Knuth's multiplicative hash
}

void literals_mark(struct stack *s, struct sv literal) {
    uint32_t slot = literal_slot(literal.ptr);
    s->literal_bits[slot / 8] = (uint8_t)(s->literal_bits[slot / 8] | (1U << (slot % 8)));
}

bool literals_may_match(const struct stack *s, struct sv text) {
    for (size_t i = 0; i + 4 <= text.len; i++) {
        uint32_t slot = literal_slot(text.ptr + i);
        if (((uint32_t)s->literal_bits[slot / 8] & (1U << (slot % 8))) != 0)
            return true;
    }
    return false;
}

static bool status_fits(const struct feature *f, unsigned status) {
    if (f->status_count == 0)
        return true;
    for (size_t i = 0; i < f->status_count; i++)
        if (f->statuses[i] == status)
            return true;
    return false;
}

static bool names_are_lower(const struct response *r) {
    if (r->http_major != 1 || r->headers.len == 0)
        return false;
    for (size_t i = 0; i < r->headers.len && i < HEADERS_MAX; i++)
        for (size_t k = 0; k < r->headers.ptr[i].name.len; k++)
            if (r->headers.ptr[i].name.ptr[k] != sv_lower_char(r->headers.ptr[i].name.ptr[k]))
                return false;
    return true;
}

static bool head_fits(const struct feature *f, const struct exchange *x) {
    const struct header_list *headers = &x->response.headers;
    if (f->method.len > 0 && !sv_eq(f->method, x->request.method))
        return false;
    if (f->header.len > 0 && !header_has(headers, f->header))
        return false;
    if (f->header_count > 0 && header_count(headers, f->header) != f->header_count)
        return false;
    for (size_t i = 0; i < f->absent_count; i++)
        if (header_has(headers, f->absent[i]))
            return false;
    return !f->lower_case || names_are_lower(&x->response);
}

// Compiled on first use; a broken one never matches.
static const pcre2_code *code_of(struct feature *f) {
    if (f->code == NULL && !f->broken) {
        int code;
        PCRE2_SIZE offset;
        f->code = pcre2_compile((PCRE2_SPTR)f->regex.ptr, f->regex.len, PCRE2_MULTILINE, &code, &offset, NULL);
        f->broken = f->code == NULL;
    }
    return f->code;
}

static bool regex_fits(struct stack *s, struct feature *f, struct sv text, struct sv *ret_match,
                       struct sv *ret_version) {
    const pcre2_code *code = code_of(f);
    if (code == NULL || text.ptr == NULL)
        return false;
    int r = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, s->groups, s->limits);
    if (r < 1)
        return false;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(s->groups);
    *ret_match = sv_slice(text, at[0], at[1]);
    *ret_version = r > 1 && at[2] != PCRE2_UNSET ? sv_slice(text, at[2], at[3]) : SV_NONE;
    return true;
}

// What proves it: the part of the answer that was looked at, and what was asked.
struct proof {
    struct sv part;  // matched bytes in `whole`
    struct sv whole; // body or header value
    struct sv version;
    struct sv header; // name, when the part stood in a header
};

static bool header_regex_fits(struct stack *s, struct feature *f, const struct exchange *x, struct proof *p) {
    for (size_t n = 0; n < 10; n++) {
        struct sv value = header_find_nth(&x->response.headers, f->header, n);
        if (value.ptr == NULL)
            return false;
        p->whole = value;
        if (f->regex.len == 0) {
            p->part = value;
            return true;
        }
        if (regex_fits(s, f, value, &p->part, &p->version))
            return true;
    }
    return false;
}

static bool body_fits(struct stack *s, struct feature *f, struct sv body, bool literal_possible, struct proof *p) {
    if (f->has_empty && f->empty != (body.len == 0))
        return false;
    if (!f->in_body)
        return true;
    p->whole = body;
    if (f->exact.ptr != NULL && !sv_eq(body, f->exact))
        return false;
    p->part = f->exact.ptr != NULL ? body : SV_NONE;
    if (f->special == SPECIAL_DYNAMODB_CURSOR) {
        p->part = dynamodb_cursor_find(body);
        return p->part.ptr != NULL;
    }
    if (f->text.len == 0)
        return true;
    size_t at = literal_possible ? sv_find(body, f->text) : SIZE_MAX;
    if (at == SIZE_MAX)
        return false;
    p->part = sv_slice(body, at, at + f->text.len);
    return f->regex.len == 0 || f->header.len > 0 || regex_fits(s, f, body, &p->part, &p->version);
}

static struct sv evidence_of(struct stack *s, const struct exchange *x, const struct proof *p) {
    auto_buf b = BUF_INIT(4096);
    buf_addf(&b, SV_FMT " ", SV_ARG(x->request.method));
    esc_terminal(&b, sv_slice(x->request.target, 0, 80), false);
    buf_addf(&b, " -> %u", (unsigned)x->response.status);
    if (p->header.len > 0) {
        buf_addf(&b, ", " SV_FMT ": ", SV_ARG(p->header));
        esc_terminal(&b, sv_slice(p->whole, 0, EVIDENCE_MAX), false);
        size_t lines = header_count(&x->response.headers, p->header);
        if (lines > 1)
            buf_addf(&b, " (first of %zu lines)", lines);
    } else if (p->part.len > 0) {
        size_t at = (size_t)(p->part.ptr - p->whole.ptr);
        size_t begin = at > AROUND ? at - AROUND : 0;
        size_t end = at + (p->part.len > EVIDENCE_MAX ? EVIDENCE_MAX : p->part.len) + AROUND;
        buf_add(&b, SV(": "));
        esc_terminal(&b, sv_trim(sv_slice(p->whole, begin, end)), false);
    } else {
        struct sv allow = header_find(&x->response.headers, SV("Allow"));
        if (allow.ptr != NULL) {
            buf_addf(&b, ", %zu x Allow: ", header_count(&x->response.headers, SV("Allow")));
            esc_terminal(&b, sv_slice(allow, 0, 80), false);
        }
        if (x->response.body.len == 0)
            buf_add(&b, SV(", no body"));
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(s->a, buf_sv(&b));
}

static int judge_one(struct stack *s, struct feature *f, const struct exchange *x, bool literal_possible,
                     struct error *err) {
    if (!head_fits(f, x))
        return 0;
    struct proof p = {0};
    struct proof in_header = {0};
    if (f->header.len > 0 && (f->regex.len > 0 || f->text.len == 0) && !header_regex_fits(s, f, x, &in_header))
        return 0;
    if (!body_fits(s, f, sv_slice(x->response.body, 0, BODY_MAX), literal_possible, &p))
        return 0;
    if (p.part.ptr == NULL && in_header.whole.ptr != NULL) {
        p = in_header;
        p.header = f->header;
    }
    f->seen = true;
    f->evidence = evidence_of(s, x, &p);
    f->version = p.version.len > 0 ? arena_copy_sv(s->a, sv_slice(p.version, 0, 40)) : SV_NONE;
    return f->evidence.ptr == NULL || (p.version.len > 0 && f->version.ptr == NULL) ? error_nomem(err) : 0;
}

int stack_judge(struct stack *s, const struct exchange *x, enum stack_probe probe, bool head, bool body,
                struct error *err) {
    bool literal_possible = body && literals_may_match(s, sv_slice(x->response.body, 0, BODY_MAX));
    for (size_t i = 0; i < s->prints.len; i++) {
        struct fingerprint *p = &s->prints.ptr[i];
        for (size_t k = 0; k < p->feature_count; k++) {
            struct feature *f = &p->features[k];
            if (f->seen || (f->probes != 0 && (f->probes >> probe & 1U) == 0) || !status_fits(f, x->response.status))
                continue;
            if (f->in_body ? !body || (f->text.len > 0 && !literal_possible) : !head)
                continue;
            int r = judge_one(s, f, x, literal_possible, err);
            if (r != 0)
                return r;
        }
    }
    return 0;
}
