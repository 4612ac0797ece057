// SPDX-License-Identifier: Apache-2.0
// Right behaviour that looks wrong to a hasty reader. The same in both twins.
#include <time.h>

#include "base/numbers.h"
#include "lab/store.h"

static void answer_parts(struct lab_call *c) {
    answer_add(c, "{\"parts\":[");
    for (size_t i = 0; i < lab_parts.row_count; i++) {
        store_write_item(c, &lab_parts, i);
        answer_add(c, ",");
    }
    answer_array_end(c);
    answer_add(c, "}");
}

// Public objects, numbered from 1.
static void answer_part(struct lab_call *c) {
    uint64_t n;
    if (number_parse_u64_range(c->arguments[0], 1, lab_parts.row_count, &n) != 0) answer_error(c, 404, SV("There is no such part."));
    else store_write_item(c, &lab_parts, (size_t)n - 1);
}

static void answer_echo(struct lab_call *c) {
    struct sv text = call_query(c, "text");
    answer_add(c, "{");
    answer_member(c, "you_said", text.ptr == NULL ? SV("") : text);
    answer_add(c, "}");
}

static void answer_files(struct lab_call *c) {
    answer_add(c, "{\"kind\":\"file\",\"bytes\":0,\"ready\":true}");
}

static void answer_app(struct lab_call *c) {
    answer_status(c, 200, "text/html; charset=utf-8");
    answer_add(c, "<!doctype html><html><head><title>Workshop</title></head><body><div id=\"root\"></div><script src=\"/app/main.js\"></script></body></html>");
}

static void answer_estimate(struct lab_call *c) {
    answer_add(c, "{\"estimate\":49,\"currency\":\"EUR\"}");
}

// The key that AWS's own documentation shows.
static void answer_upload_help(struct lab_call *c) {
    answer_add(c, "{\"text\":\"Sign uploads with your own key.\",\"aws_access_key_id\":\"AKIA" "IOSFODNN7EXAMPLE\"}");
}

static void answer_serials(struct lab_call *c) {
    answer_add(c, "{\"frames\":[{\"frame_number\":\"4532710088462931\"},{\"frame_number\":\"5402123390877156\"}]}");
}

static void answer_status_page(struct lab_call *c) {
    answer_add(c, "{\"state\":\"open\",\"now\":%llu,\"ticket\":\"%016llx\",\"waiting\":%u}", (unsigned long long)(clock_realtime() / USEC_PER_MSEC),
               (unsigned long long)call_random(c), (unsigned)(call_random(c) % 9));
}

static void answer_ledger(struct lab_call *c) {
    const struct lab_user *u = call_user(c);
    if (u == NULL || !sv_eq(u->role, SV("admin"))) answer_error(c, 403, SV("This is for the workshop's office."));
    else answer_add(c, "{\"entries\":[]}");
}

static void answer_guide(struct lab_call *c) {
    if (sv_eq(c->arguments[0], SV("flat-tyre"))) answer_add(c, "{\"title\":\"Mend a flat tyre\",\"steps\":5}");
    else answer_add(c, "{\"title\":\"\",\"message\":\"We have no guide of that name.\"}");
}

static void answer_wheel(struct lab_call *c) {
    const struct timespec pause = {.tv_nsec = 300L * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    answer_add(c, "{\"spokes\":32,\"true\":true}");
}

// Documentation that quotes error messages.
static void answer_error_help(struct lab_call *c) {
    answer_add(c, "{\"errors\":[{\"text\":\"Requested resource not found\",\"cause\":\"The table is missing.\"},"
                  "{\"text\":\"Statement wasn't well formed, can't be processed\",\"cause\":\"A quote is missing.\"}]}");
}

static void answer_hello(struct lab_call *c) {
    const struct lab_user *u = call_user(c);
    answer_add(c, "{");
    answer_member(c, "greeting", u == NULL ? SV("Hello.") : arena_printf(&c->arena, "Hello, " SV_FMT ".", SV_ARG(u->name)));
    answer_add(c, ",\"open\":true}");
}

// Tells everybody to wait, always.
static void answer_survey(struct lab_call *c) {
    answer_header(c, "Retry-After", SV("1"));
    answer_error(c, 429, SV("The survey is over for today."));
}

static const struct lab_route list[] = {
    {"GET", "/v2/parts", answer_parts},
    {"GET", "/v2/echo", answer_echo},
    {"GET", "/files/{*}", answer_files},
    {"GET", "/app/{*}", answer_app},
    {"GET", "/v2/estimates", answer_estimate},
    {"GET", "/v2/uploads/help", answer_upload_help},
    {"GET", "/v2/frames", answer_serials},
    {"GET", "/v2/status", answer_status_page},
    {"GET", "/v2/ledger", answer_ledger},
    {"GET", "/v2/guides/{slug}", answer_guide},
    {"GET", "/v2/wheels", answer_wheel},
    {"GET", "/v2/docs/errors", answer_error_help},
    {"GET", "/v2/hello", answer_hello},
    {"GET", "/v2/survey", answer_survey},
    {"GET", "/v2/parts/{id}", answer_part},
};
const struct lab_routes lab_routes_traps = {list, sizeof list / sizeof *list};
