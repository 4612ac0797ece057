// SPDX-License-Identifier: Apache-2.0
#include "lab/lab.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/escape.h"
#include "base/random.h"
#include "data/node.h"
#include "http/url.h"
#include "lab/store.h"

struct sv call_query(struct lab_call *c, const char *name) {
    struct sv rest = c->query, key, value;
    bool has_value;
    while (rest.ptr != NULL && url_query_next(&rest, &key, &value, &has_value)) {
        if (sv_eq(url_decode(&c->arena, key, true), sv_from(name))) return has_value ? url_decode(&c->arena, value, true) : SV("");
    }
    return SV_NONE;
}

struct sv call_header(const struct lab_call *c, const char *name) {
    return sv_from(MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name));
}

struct sv call_body_text(struct lab_call *c, const char *name) {
    struct node *root = NULL;
    if (node_parse_json(&c->arena, buf_sv(&c->body), &node_limits_response, &root, NULL) != 0) return SV_NONE;
    return node_get_text(root, sv_from(name));
}

const struct lab_user *call_user(const struct lab_call *c) {
    struct sv value = call_header(c, "Authorization");
    if (!sv_starts_with_nocase(value, SV("Bearer "))) return NULL;
    struct sv token = sv_trim(sv_from_index(value, 7));
    for (size_t i = 0; i < lab_user_count; i++) {
        if (sv_eq(lab_users[i].token, token)) return &lab_users[i];
    }
    return NULL;
}

bool call_demands_user(struct lab_call *c) {
    if (call_user(c) != NULL) return true;
    answer_header(c, "WWW-Authenticate", SV("Bearer"));
    answer_error(c, 401, SV("Please sign in."));
    return false;
}

bool call_demands_admin(struct lab_call *c) {
    const struct lab_user *user = call_user(c);
    if (user == NULL) return call_demands_user(c);
    if (sv_eq(user->role, SV("admin"))) return true;
    answer_error(c, 403, SV("This is for the workshop's office."));
    return false;
}

uint64_t call_random(const struct lab_call *c) {
    struct rng r;
    rng_init(&r, clock_monotonic() ^ (atomic_fetch_add(&c->lab->calls, 1) << 32));
    return rng_next(&r);
}

void answer_header(struct lab_call *c, const char *name, struct sv value) {
    if (c->header_count < LAB_HEADERS_MAX && value.ptr != NULL) c->headers[c->header_count++] = (struct lab_header){name, value};
}

void answer_status(struct lab_call *c, unsigned status, const char *type) {
    c->status = status;
    c->type = type;
    buf_clear(&c->out);
}

void answer_error(struct lab_call *c, unsigned status, struct sv text) {
    answer_status(c, status, "application/json");
    answer_add(c, "{");
    answer_member(c, "error", text);
    answer_add(c, "}");
}

void answer_add(struct lab_call *c, const char *format, ...) {
    char text[1024];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (n > 0) buf_add(&c->out, sv_make(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

void answer_member(struct lab_call *c, const char *key, struct sv value) {
    buf_addf(&c->out, "\"%s\":\"", key);
    esc_json(&c->out, value);
    buf_add_char(&c->out, '"');
}

void answer_array_end(struct lab_call *c) {
    if (c->out.len > 0 && c->out.ptr[c->out.len - 1] == ',') buf_truncate(&c->out, c->out.len - 1);
    buf_add_char(&c->out, ']');
}

// The caller's window, a free place, or the oldest one.
static struct lab_limit *find_window(struct lab *lab, uint64_t key) {
    struct lab_limit *oldest = &lab->limits[0];
    for (size_t i = 0; i < LAB_LIMITS_MAX; i++) {
        struct lab_limit *l = &lab->limits[i];
        if (l->key == key) return l;
        if (l->key == 0 || (oldest->key != 0 && l->since < oldest->since)) oldest = l;
    }
    *oldest = (struct lab_limit){.key = key, .since = clock_monotonic()};
    return oldest;
}

bool limit_take(struct lab *lab, struct sv what, struct sv who, unsigned most, unsigned seconds, unsigned *ret_left, unsigned *ret_wait) {
    uint64_t key = sv_hash(what, 1, 2) ^ sv_hash(who, 3, 4);
    pthread_mutex_lock(&lab->lock);
    struct lab_limit *l = find_window(lab, key == 0 ? 1 : key);
    usec_t now = clock_monotonic(), window = seconds * USEC_PER_SEC;
    if (now - l->since >= window) {
        l->since = now;
        l->count = 0;
    }
    if (l->count < UINT32_MAX) l->count++;
    bool admitted = l->count <= most;
    *ret_left = admitted ? most - l->count : 0;
    *ret_wait = (unsigned)((window - (now - l->since)) / USEC_PER_SEC) + 1;
    pthread_mutex_unlock(&lab->lock);
    return admitted;
}
