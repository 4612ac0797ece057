// SPDX-License-Identifier: Apache-2.0
// What the workshop fetches for callers, and where it sends them.
#include "lab/fetch.h"

#include "lab/store.h"

#define PICTURES "http://photos.kettenpost-rad.net/"

static bool may_fetch(struct lab_call *c, struct sv url) {
    if (!c->lab->fixed || sv_starts_with(url, SV(PICTURES))) return true;
    answer_error(c, 422, SV("Only our own hosts can be asked."));
    return false;
}

static void answer_preview(struct lab_call *c) {
    struct sv url = call_query(c, "url");
    struct fetch_answer got;
    if (url.len == 0) {
        answer_error(c, 400, SV("url is required"));
        return;
    }
    if (!may_fetch(c, url)) return;
    if (!fetch_get(&c->arena, c->lab, url, &got)) {
        answer_error(c, 502, c->lab->fixed ? SV("The picture cannot be had.") : sv_from(got.problem));
        return;
    }
    answer_add(c, "{\"status\":%u,", got.status);
    answer_member(c, "type", got.type);
    answer_add(c, ",");
    answer_member(c, "content", got.body);
    answer_add(c, "}");
}

// The caller sees nothing of what was fetched.
static void answer_supplier(struct lab_call *c) {
    struct sv site = call_query(c, "site");
    struct fetch_answer got;
    if (site.len == 0) {
        answer_error(c, 400, SV("site is required"));
        return;
    }
    if (!may_fetch(c, site)) return;
    (void)fetch_get(&c->arena, c->lab, site, &got);
    answer_add(c, "{\"noted\":true}");
}

static void redirect(struct lab_call *c, struct sv to) {
    answer_status(c, 302, "text/plain");
    answer_header(c, "Location", to);
    answer_add(c, "Found\n");
}

static void answer_go(struct lab_call *c) {
    struct sv to = call_query(c, "to");
    if (to.len == 0) to = SV("/v2/welcome");
    bool own = sv_starts_with(to, SV("/v2/"));
    if (c->lab->fixed && !own) answer_error(c, 400, SV("to must be a page of ours"));
    else redirect(c, to);
}

// A slash in front is demanded, and two slashes are another host.
static void answer_leave(struct lab_call *c) {
    struct sv next = call_query(c, "next");
    if (next.len == 0) next = SV("/v2/welcome");
    bool own = sv_starts_with(next, SV("/")) && (!c->lab->fixed || (!sv_starts_with(next, SV("//")) && sv_find_char(next, '\\') == SIZE_MAX));
    if (!own) answer_error(c, 400, SV("next must be a path"));
    else redirect(c, next);
}

static const struct lab_route list[] = {
    {"GET", "/v2/photos/preview", answer_preview},
    {"GET", "/v2/suppliers/reachable", answer_supplier},
    {"GET", "/v2/go", answer_go},
    {"GET", "/v2/leave", answer_leave},
};
const struct lab_routes lab_routes_fetching = {list, sizeof list / sizeof *list};
