// SPDX-License-Identifier: Apache-2.0
#include "checks/support/kept.h"

#include "http/header.h"

static bool keep_request(struct arena *a, const struct request *from, struct request *ret) {
    ret->method = arena_copy_sv(a, from->method);
    ret->target = arena_copy_sv(a, from->target);
    ret->body = from->body.ptr == NULL ? SV_NONE : arena_copy_sv(a, from->body);
    ret->origin = from->origin;
    ret->headers = (struct header_list){0};
    return ret->method.ptr != NULL && ret->target.ptr != NULL && (from->body.ptr == NULL || ret->body.ptr != NULL) &&
           header_copy_list(a, &from->headers, &ret->headers);
}

struct exchange *exchange_keep(struct arena *a, const struct exchange *x, size_t body_max) {
    struct exchange *k = arena_new(a, struct exchange);
    if (k == NULL) return NULL;
    *k = *x;
    k->hits = NULL;
    k->hit_count = 0;
    if (!keep_request(a, &x->request, &k->request)) return NULL;
    if (!exchange_answered(x)) return k;
    k->response.headers = (struct header_list){0};
    k->response.body = arena_copy_sv(a, sv_slice(x->response.body, 0, body_max));
    k->response.reason = arena_copy_sv(a, x->response.reason);
    if (k->response.body.ptr == NULL || k->response.reason.ptr == NULL) return NULL;
    return header_copy_list(a, &x->response.headers, &k->response.headers) ? k : NULL;
}
