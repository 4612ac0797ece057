// SPDX-License-Identifier: Apache-2.0
// The description, and routes that are not in it.
#include "embed_openapi.h"
#include "lab/store.h"

static void answer_description(struct lab_call *c) {
    buf_add(&c->out, sv_make((const char *)embed_openapi, embed_openapi_size));
}

static void answer_index(struct lab_call *c) {
    answer_add(c, "{\"name\":\"Bicycle workshop\",\"links\":{\"parts\":\"/v2/parts\",\"catalogue\":\"/v2/catalogue\",\"drafts\":\"/v2/catalogue/drafts\"}}");
}

static void answer_drafts(struct lab_call *c) {
    if (c->lab->fixed && !call_demands_admin(c)) return;
    answer_add(c, "{\"drafts\":[{\"article\":5001,\"title\":\"Winter tyre\",\"planned_price\":41},{\"article\":5002,\"title\":\"Rain cape\",\"planned_price\":35}]}");
}

static void answer_old_parts(struct lab_call *c) {
    if (c->lab->fixed) {
        answer_error(c, 410, SV("Version 1 is gone, use /v2."));
        return;
    }
    answer_add(c, "{\"parts\":[");
    for (size_t i = 0; i < lab_parts.row_count; i++) {
        store_write_item(c, &lab_parts, i);
        answer_add(c, ",");
    }
    answer_array_end(c);
    answer_add(c, "}");
}

static void answer_vars(struct lab_call *c) {
    if (c->lab->fixed) {
        answer_error(c, 404, SV("There is nothing here."));
        return;
    }
    answer_add(c, "{\"cmdline\":[\"/srv/bikeshop/api\",\"-listen\",\":8080\"],\"memstats\":{\"Alloc\":%llu,\"NumGC\":41}}",
               (unsigned long long)(4000000 + (call_random(c) & 0xfffff)));
}

static void answer_metrics(struct lab_call *c) {
    if (c->lab->fixed) {
        answer_error(c, 404, SV("There is nothing here."));
        return;
    }
    answer_status(c, 200, "text/plain; version=0.0.4");
    answer_add(c, "# HELP bikeshop_requests_total Requests since the start.\n# TYPE bikeshop_requests_total counter\nbikeshop_requests_total %llu\n",
               (unsigned long long)atomic_load(&c->lab->calls));
}

static const struct lab_route list[] = {
    {"GET", "/", answer_index},
    {"GET", "/openapi.json", answer_description},
    {"GET", "/v2/catalogue/drafts", answer_drafts},
    {"GET", "/v1/parts", answer_old_parts},
    {"GET", "/debug/vars", answer_vars},
    {"GET", "/metrics", answer_metrics},
};
const struct lab_routes lab_routes_service = {list, sizeof list / sizeof *list};
