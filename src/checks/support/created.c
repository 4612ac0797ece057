// SPDX-License-Identifier: Apache-2.0
#include "checks/support/created.h"

#include "checks/support/json_object.h"
#include "http/header.h"

enum { MARKER_LEN = 12 };

static struct sv parent_of(struct sv path) {
    if (sv_ends_with(path, SV("/"))) path = sv_slice(path, 0, path.len - 1);
    size_t slash = sv_rfind_char(path, '/');
    bool item = slash != SIZE_MAX && slash > 0 && sv_ends_with(path, SV("}")) && path.ptr[slash + 1] == '{';
    return item ? sv_slice(path, 0, slash) : SV_NONE;
}

const struct operation *created_by(const struct check_run *run, const struct operation *item) {
    const struct api *api = check_api(run);
    struct sv parent = parent_of(item->path);
    for (size_t i = 0; parent.len > 0 && i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        struct sv path = sv_ends_with(op->path, SV("/")) ? sv_slice(op->path, 0, op->path.len - 1) : op->path;
        if (sv_eq(op->method, SV("POST")) && !op->read_only && sv_eq(path, parent)) return check_remover(run, op) == NULL ? NULL : op;
    }
    return NULL;
}

static bool is_plain_text(struct sv value) {
    bool letter = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = sv_lower_char(value.ptr[i]);
        letter = letter || (c >= 'a' && c <= 'z');
        if (c == '@' || c == '{' || c == '<' || (c == '/' && i > 0 && value.ptr[i - 1] == '/')) return false;
    }
    return letter || value.len == 0;
}

// Names of places where not every text will do.
static bool is_bound(struct sv key) {
    static const struct sv parts[] = {SV_INIT("id"), SV_INIT("url"), SV_INIT("uri"), SV_INIT("link"), SV_INIT("mail"), SV_INIT("phone"), SV_INIT("date"), SV_INIT("time"), SV_INIT("type"),
                                      SV_INIT("status"), SV_INIT("state"), SV_INIT("role"), SV_INIT("code"), SV_INIT("currency"), SV_INIT("country"), SV_INIT("password"), SV_INIT("token"),
                                      SV_INIT("category"), SV_INIT("kind"), SV_INIT("plan"), SV_INIT("locale"), SV_INIT("language"), SV_INIT("username"), SV_INIT("login"), SV_INIT("slug"), SV_INIT("owner")};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        bool whole = parts[i].len <= 2;
        if (whole ? sv_eq_nocase(key, parts[i]) || sv_ends_with(key, SV("Id")) || sv_ends_with(key, SV("_id")) : sv_contains_nocase(key, parts[i])) return true;
    }
    return false;
}

bool text_is_free(const struct schema *schema, struct sv key, struct sv value) {
    if (is_bound(key) || !is_plain_text(value)) return false;
    if (schema == NULL) return true;
    bool text = schema->types == 0 || (schema->types & TYPE_STRING) != 0;
    bool room = !schema->has_max_length || schema->max_length >= MARKER_LEN;
    return text && room && schema->enum_count == 0 && schema->pattern.len == 0 && schema->format.len == 0 && !schema->read_only;
}

static size_t free_place(const struct call *c) {
    const struct operation *op = c->operation;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        const struct param_value *v = &c->values[i];
        if (p->in == PARAM_BODY && p->name.len > 0 && sv_find_char(p->name, '[') == SIZE_MAX && !v->raw && text_is_free(p->schema, p->name, SV_NONE) &&
            (p->schema->types & TYPE_STRING) != 0)
            return i;
    }
    return SIZE_MAX;
}

uint32_t created_ask(struct check_run *run, struct experiment *e, const struct operation *create, size_t identity, struct sv *ret_marker) {
    const struct baseline *b = check_baseline(run, create, identity);
    struct call call;
    struct request rq, look = {.method = SV("GET")};
    if (b->call.values == NULL || !json_body_is_taken(create) || call_copy(&e->arena, &b->call, &call, NULL) != 0) return 0;
    size_t place = free_place(&call);
    *ret_marker = rng_word(check_rng(run), &e->arena, MARKER_LEN);
    if (place == SIZE_MAX || ret_marker->ptr == NULL) return 0;
    call.values[place] = (struct param_value){.text = *ret_marker, .present = true};
    if (call_build(&e->arena, &call, &rq, NULL) != 0 || !check_may_write(run, create, identity, &rq)) return 0;
    look.target = sv_slice(rq.target, 0, sv_find_char(rq.target, '?'));
    look.origin = rq.origin;
    const struct undo_plan plan = {.remover = check_remover(run, create), .look = &look, .marker = *ret_marker};
    return check_write(run, e, identity, &rq, &plan);
}
