// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"
#include "http/build_internal.h"
#include "http/header.h"

#define BODY_MAX ((size_t)16 << 20)

struct sv body_name_join(struct arena *a, struct sv parent, struct sv property) {
    size_t extra = 0;
    for (size_t i = 0; i < property.len; i++)
        extra += property.ptr[i] == '.' || property.ptr[i] == '[' || property.ptr[i] == '\\';
    char *out = arena_alloc(a, parent.len + 1 + property.len + extra + 1);
    if (out == NULL)
        return SV_NONE;
    size_t n = parent.len;
    if (n > 0) {
        memcpy(out, parent.ptr, n);
        out[n++] = '.';
    }
    for (size_t i = 0; i < property.len; i++) {
        if (property.ptr[i] == '.' || property.ptr[i] == '[' || property.ptr[i] == '\\')
            out[n++] = '\\';
        out[n++] = property.ptr[i];
    }
    return sv_make(out, n);
}

struct sv body_name_element(struct arena *a, struct sv parent) {
    return arena_printf(a, SV_FMT "[]", SV_ARG(parent));
}

int body_step_next(struct arena *a, struct sv *rest, struct body_step *ret) {
    if (rest->len == 0)
        return 0;
    if (sv_starts_with(*rest, SV("[]"))) {
        *rest = sv_from_index(*rest, 2);
        if (rest->len > 0 && rest->ptr[0] == '.')
            *rest = sv_from_index(*rest, 1);
        *ret = (struct body_step){.property = SV_NONE, .is_element = true};
        return 1;
    }
    char *name = arena_alloc(a, rest->len + 1);
    if (name == NULL)
        return -ENOMEM;
    size_t n = 0, i = 0;
    for (; i < rest->len && rest->ptr[i] != '.' && !sv_starts_with(sv_from_index(*rest, i), SV("[]")); i++) {
        if (rest->ptr[i] == '\\' && rest->len - i > 1)
            i++;
        name[n++] = rest->ptr[i];
    }
    *rest = sv_from_index(*rest, i < rest->len && rest->ptr[i] == '.' ? i + 1 : i);
    *ret = (struct body_step){.property = sv_make(name, n), .is_element = false};
    return 1;
}

static const struct param_value *first_present(const struct call *c) {
    for (size_t i = 0; i < c->operation->parameter_count; i++)
        if (c->operation->parameters[i].in == PARAM_BODY && c->values[i].present)
            return &c->values[i];
    return NULL;
}

// "title[author][first]" for the name "title.author.first"; an array's elements share its name.
static int form_name(struct arena *a, struct sv name, struct buf *ret, struct error *err) {
    struct body_step step;
    bool first = true;
    int r = 0;
    buf_clear(ret);
    while ((r = body_step_next(a, &name, &step)) == 1) {
        if (step.is_element) {
            if (name.len > 0)
                buf_add(ret, SV("[]"));
        } else if (first) {
            buf_add(ret, step.property);
        } else {
            buf_add_char(ret, '[');
            buf_add(ret, step.property);
            buf_add_char(ret, ']');
        }
        first = false;
    }
    return r < 0 ? error_nomem(err) : 0;
}

int build_body_form(struct arena *a, const struct call *c, struct buf *b, struct error *err) {
    auto_buf name = BUF_INIT(BODY_MAX);
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_BODY || !c->values[i].present)
            continue;
        if (p->name.len == 0) {
            buf_add(b, c->values[i].text);
            continue;
        }
        int r = form_name(a, p->name, &name, err);
        if (r != 0)
            return r;
        if (b->len > 0)
            buf_add_char(b, '&');
        esc_url(b, buf_sv(&name), "[]");
        buf_add_char(b, '=');
        if (c->values[i].raw)
            buf_add(b, c->values[i].text);
        else
            esc_url(b, c->values[i].text, "");
    }
    return 0;
}

// Quoted as browsers do it (WHATWG HTML, multipart/form-data encoding).
static void add_disposition_name(struct buf *b, struct sv name) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"' || name.ptr[i] == '\r' || name.ptr[i] == '\n')
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)name.ptr[i]);
        else
            buf_add_char(b, name.ptr[i]);
    }
}

int build_body_multipart(struct arena *a, const struct call *c, struct sv boundary, struct buf *b, struct error *err) {
    auto_buf name = BUF_INIT(BODY_MAX);
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_BODY || !c->values[i].present)
            continue;
        int r = form_name(a, p->name, &name, err);
        if (r != 0)
            return r;
        buf_addf(b, "--" SV_FMT "\r\nContent-Disposition: form-data; name=\"", SV_ARG(boundary));
        add_disposition_name(b, buf_sv(&name));
        buf_add_char(b, '"');
        if (sv_eq(p->schema->format, SV("binary")))
            buf_add(b, SV("; filename=\"file.txt\"\r\nContent-Type: text/plain"));
        buf_add(b, SV("\r\n\r\n"));
        buf_add(b, c->values[i].text);
        buf_add(b, SV("\r\n"));
    }
    buf_addf(b, "--" SV_FMT "--\r\n", SV_ARG(boundary));
    return 0;
}

// A boundary that stands in no value; it depends on the values alone, so a call always gives the same bytes.
static struct sv choose_boundary(struct arena *a, const struct call *c) {
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        struct sv boundary = arena_printf(a, "plumbline-part-%06u", 982451U + 7919U * attempt);
        bool used = false;
        for (size_t i = 0; i < c->operation->parameter_count && !used; i++)
            used = c->values[i].present && sv_contains(c->values[i].text, boundary);
        if (boundary.ptr == NULL || !used)
            return boundary;
    }
    return SV_NONE;
}

static int build_typed(struct arena *a, const struct call *c, struct sv essence, struct buf *b, struct sv *type,
                       struct error *err) {
    if (media_type_is_json(essence) || essence.ptr == NULL)
        return build_body_json(a, c, b, err);
    if (sv_eq(essence, SV("application/x-www-form-urlencoded")))
        return build_body_form(a, c, b, err);
    if (sv_starts_with(essence, SV("multipart/"))) {
        struct sv boundary = choose_boundary(a, c);
        *type = arena_printf(a, SV_FMT "; boundary=" SV_FMT, SV_ARG(essence), SV_ARG(boundary));
        if (boundary.ptr == NULL || type->ptr == NULL)
            return error_nomem(err);
        return build_body_multipart(a, c, boundary, b, err);
    }
    const struct param_value *whole = first_present(c);
    if (whole != NULL)
        buf_add(b, whole->text);
    return 0;
}

int build_body(struct arena *a, const struct call *c, struct sv *ret_body, struct sv *ret_content_type,
               struct error *err) {
    const struct operation *op = c->operation;
    bool any = first_present(c) != NULL;
    if (!any && !op->body_required) {
        *ret_body = SV_NONE;
        return 0;
    }
    struct sv essence = media_type_essence(a, op->body_media_type);
    struct sv type = op->body_media_type.ptr != NULL ? op->body_media_type : SV("application/json");
    auto_buf b = BUF_INIT(BODY_MAX);
    int r = build_typed(a, c, essence, &b, &type, err);
    if (r != 0)
        return r;
    if (buf_failed(&b))
        return error_set(err, ERR_LIMIT, "the request body is longer than %zu bytes", BODY_MAX);
    struct sv body = arena_copy_sv(a, buf_sv(&b));
    if (body.ptr == NULL)
        return error_nomem(err);
    *ret_body = body;
    *ret_content_type = type;
    return 0;
}
