// SPDX-License-Identifier: Apache-2.0
/*
 * From a call to the bytes of a request. Nothing a value contains can leave its place unless it is marked raw, and even
 * raw values cannot end a header line: request splitting by accident would send requests that no guard has seen.
 */
#include "http/build.h"

#include "base/escape.h"
#include "http/build_internal.h"
#include "http/header.h"

#define TARGET_MAX ((size_t)1 << 20)
#define COOKIE_MAX ((size_t)64 * 1024)

int call_copy(struct arena *a, const struct call *from, struct call *ret, struct error *err) {
    size_t count = from->operation->parameter_count;
    struct param_value *values = arena_new_array(a, struct param_value, count);
    if (values == NULL)
        return error_nomem(err);
    if (count > 0)
        memcpy(values, from->values, count * sizeof *values);
    *ret = (struct call){from->operation, values};
    return 0;
}

size_t call_find(const struct operation *op, enum param_in in, struct sv name) {
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (p->in == in && (in == PARAM_HEADER ? sv_eq_nocase(p->name, name) : sv_eq(p->name, name)))
            return i;
    }
    return SIZE_MAX;
}

static void add_value(struct buf *b, const struct param_value *v) {
    if (v->raw)
        buf_add(b, v->text);
    else
        esc_url(b, v->text, "");
}

// Raw values may hold anything but what ends the request line.
static int check_target(struct sv target, struct error *err) {
    for (size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0' || c == ' ')
            return error_set(err, ERR_USAGE, "a raw value puts the byte 0x%02x into the request line", (unsigned)c);
    }
    return 0;
}

static int build_path(struct buf *b, const struct call *c, struct error *err) {
    struct sv rest = c->operation->path;
    while (rest.len > 0) {
        size_t close = rest.ptr[0] == '{' ? sv_find_char(rest, '}') : SIZE_MAX;
        if (close == SIZE_MAX) {
            unsigned char byte = (unsigned char)rest.ptr[0];
            if (byte <= 0x20 || byte >= 0x7f)
                esc_url(b, sv_slice(rest, 0, 1), "");
            else
                buf_add_char(b, rest.ptr[0]);
            rest = sv_from_index(rest, 1);
            continue;
        }
        struct sv name = sv_slice(rest, 1, close);
        size_t index = call_find(c->operation, PARAM_PATH, name);
        if (index == SIZE_MAX || !c->values[index].present)
            return error_set(err, ERR_USAGE, SV_FMT " " SV_FMT ": the path parameter " SV_FMT " has no value",
                             SV_ARG(c->operation->method), SV_ARG(c->operation->path), SV_ARG(name));
        add_value(b, &c->values[index]);
        rest = sv_from_index(rest, close + 1);
    }
    return 0;
}

static int build_target(struct arena *a, const struct call *c, struct sv *ret, struct error *err) {
    auto_buf b = BUF_INIT(TARGET_MAX);
    int r = build_path(&b, c, err);
    if (r != 0)
        return r;
    char separator = sv_find_char(c->operation->path, '?') == SIZE_MAX ? '?' : '&';
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_QUERY || !c->values[i].present)
            continue;
        buf_add_char(&b, separator);
        esc_url(&b, p->name, "[]$");
        buf_add_char(&b, '=');
        add_value(&b, &c->values[i]);
        separator = '&';
    }
    if (buf_failed(&b))
        return error_set(err, ERR_LIMIT, "the request target is longer than %zu bytes", TARGET_MAX);
    r = check_target(buf_sv(&b), err);
    if (r != 0)
        return r;
    struct sv target = arena_copy_sv(a, buf_sv(&b));
    if (target.ptr == NULL)
        return error_nomem(err);
    *ret = target;
    return 0;
}

static int check_field(struct sv text, struct error *err) {
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n' || text.ptr[i] == '\0')
            return error_set(err, ERR_USAGE, "a header value contains CR, LF or NUL");
    return 0;
}

static int build_cookie(struct arena *a, const struct call *c, struct header_list *headers, struct error *err) {
    auto_buf b = BUF_INIT(COOKIE_MAX);
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_COOKIE || !c->values[i].present)
            continue;
        if (b.len > 0)
            buf_add(&b, SV("; "));
        esc_url(&b, p->name, "");
        buf_add_char(&b, '=');
        if (c->values[i].raw)
            buf_add(&b, c->values[i].text);
        else // RFC 6265 4.1.1: these may stand in a value as they are
            esc_url(&b, c->values[i].text, "!#$&'()*+/:<=>?@[]^`{|}");
    }
    if (buf_failed(&b))
        return error_set(err, ERR_LIMIT, "the cookies are longer than %zu bytes", COOKIE_MAX);
    if (b.len == 0)
        return 0;
    int r = check_field(buf_sv(&b), err);
    if (r != 0)
        return r;
    struct sv value = arena_copy_sv(a, buf_sv(&b));
    return value.ptr != NULL && header_set(a, headers, SV("Cookie"), value) ? 0 : error_nomem(err);
}

static int build_headers(struct arena *a, const struct call *c, struct header_list *headers, struct error *err) {
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_HEADER || !c->values[i].present)
            continue;
        int r = check_field(p->name, err);
        if (r == 0)
            r = check_field(c->values[i].text, err);
        if (r != 0)
            return r;
        if (!header_set(a, headers, p->name, c->values[i].text))
            return error_nomem(err);
    }
    return build_cookie(a, c, headers, err);
}

// JSON is asked for unless the description names only other types for success.
static int add_accept(struct arena *a, const struct operation *op, struct header_list *headers, struct error *err) {
    struct sv other = SV_NONE;
    bool json = false;
    for (size_t i = 0; i < op->response_count; i++) {
        const struct documented_response *r = &op->responses[i];
        bool success = r->status == 0 || (r->status >= 200 && r->status < 300);
        if (!success || r->media_type.len == 0 || check_field(r->media_type, /* err= */ NULL) != 0)
            continue;
        if (media_type_is_json(r->media_type))
            json = true;
        else if (other.ptr == NULL)
            other = r->media_type;
    }
    if (header_has(headers, SV("Accept")))
        return 0;
    struct sv value = SV("application/json, */*;q=0.5");
    if (!json && other.ptr != NULL && !sv_eq(other, SV("*/*")))
        value = arena_printf(a, SV_FMT ", */*;q=0.5", SV_ARG(other));
    return value.ptr != NULL && header_add(a, headers, SV("Accept"), value) ? 0 : error_nomem(err);
}

int call_build(struct arena *a, const struct call *c, struct request *ret, struct error *err) {
    struct request rq = {.method = c->operation->method, .body = SV_NONE};
    struct sv content_type = SV_NONE;
    int r = build_target(a, c, &rq.target, err);
    if (r == 0)
        r = build_headers(a, c, &rq.headers, err);
    if (r == 0)
        r = add_accept(a, c->operation, &rq.headers, err);
    if (r == 0)
        r = build_body(a, c, &rq.body, &content_type, err);
    if (r != 0)
        return r;
    if (rq.body.ptr != NULL && !header_has(&rq.headers, SV("Content-Type"))) {
        r = check_field(content_type, err);
        if (r != 0)
            return r;
        if (!header_add(a, &rq.headers, SV("Content-Type"), content_type))
            return error_nomem(err);
    }
    *ret = rq;
    return 0;
}
