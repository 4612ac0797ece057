// SPDX-License-Identifier: Apache-2.0
// Pages of other origins that read with the visitor's cookies, and the cookies themselves.
#include "lab/store.h"

#define FRONT_END "https://my.kettenpost-rad.net"

static void allow_origin(struct lab_call *c, struct sv origin) {
    answer_header(c, "Access-Control-Allow-Origin", origin);
    answer_header(c, "Access-Control-Allow-Credentials", SV("true"));
    answer_header(c, "Vary", SV("Origin"));
}

// Only the front end's own origin is right.
static void answer_origin(struct lab_call *c, bool admitted) {
    struct sv origin = call_header(c, "Origin");
    if (origin.ptr != NULL && ((admitted && !c->lab->fixed) || sv_eq(origin, SV(FRONT_END)))) allow_origin(c, origin);
    else allow_origin(c, SV(FRONT_END));
}

static void answer_session(struct lab_call *c) {
    answer_origin(c, true);
    const char *flags = c->lab->fixed ? "; Path=/; Secure; HttpOnly; SameSite=Lax" : "; Path=/";
    answer_header(c, "Set-Cookie", arena_printf(&c->arena, "workshop_session=" SV_FMT "%s", SV_ARG(lab_planted[PLANTED_SESSION]), flags));
    answer_add(c, "{\"language\":\"en\",\"theme\":\"light\"}");
}

static void answer_basket(struct lab_call *c) {
    answer_origin(c, sv_eq(call_header(c, "Origin"), SV("null")));
    answer_add(c, "{\"positions\":[],\"currency\":\"EUR\"}");
}

static void answer_preferences(struct lab_call *c) {
    answer_origin(c, sv_starts_with(call_header(c, "Origin"), SV(FRONT_END)));
    answer_add(c, "{\"units\":\"metric\",\"newsletter\":false}");
}

static void answer_welcome(struct lab_call *c) {
    const char *flags = c->lab->fixed ? "; Path=/; Secure; HttpOnly; SameSite=Strict" : "; Path=/; Secure";
    answer_header(c, "Set-Cookie", arena_printf(&c->arena, "remember_token=" SV_FMT "%s", SV_ARG(lab_planted[PLANTED_REMEMBER]), flags));
    answer_header(c, "Set-Cookie", SV("language=en; Path=/"));
    answer_add(c, "{\"greeting\":\"Welcome to the workshop.\",\"open\":\"9 to 18\"}");
}

static const struct lab_route list[] = {
    {"GET", "/v2/session", answer_session},
    {"GET", "/v2/basket", answer_basket},
    {"GET", "/v2/preferences", answer_preferences},
    {"GET", "/v2/welcome", answer_welcome},
};
const struct lab_routes lab_routes_cors = {list, sizeof list / sizeof *list};
