// SPDX-License-Identifier: Apache-2.0
// Answers that name products with their versions. A name without a version helps nobody to look up a flaw, so it is nothing.
#include "checks/support/passive.h"
#include "http/header.h"

struct state {
    bool told;
};

// A digit, a dot, a digit, right behind a slash or blank ("nginx/1.22.1", "PHP/8.2", "Servlet 3.1").
static bool names_version(struct sv value) {
    for (size_t i = 1; i + 2 < value.len + 1; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9' || (value.ptr[i - 1] != '/' && value.ptr[i - 1] != ' ' && value.ptr[i - 1] != 'v')) continue;
        size_t k = i;
        while (k < value.len && value.ptr[k] >= '0' && value.ptr[k] <= '9') k++;
        if (k + 1 < value.len && value.ptr[k] == '.' && value.ptr[k + 1] >= '0' && value.ptr[k + 1] <= '9') return true;
    }
    return false;
}

static struct sv banner_of(const struct response *p, struct sv *ret_name) {
    static const struct sv names[] = {SV_INIT("Server"), SV_INIT("X-Powered-By"), SV_INIT("X-AspNet-Version"), SV_INIT("X-AspNetMvc-Version"),
                                      SV_INIT("X-Generator"), SV_INIT("X-Runtime-Version"), SV_INIT("X-Version"), SV_INIT("X-Server")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sv value = header_find(&p->headers, names[i]);
        bool bare = sv_contains_nocase(names[i], SV("-Version")) && value.len > 2 && value.ptr[0] >= '0' && value.ptr[0] <= '9' &&
                    sv_contains_nocase(names[i], SV("AspNet"));
        if (value.len == 0 || (!names_version(value) && !bare)) continue;
        *ret_name = names[i];
        return value;
    }
    return SV_NONE;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    struct sv name;
    if (s->told || !exchange_answered(x) || x->request.origin != 0) return 0;
    struct sv value = banner_of(&x->response, &name);
    if (value.ptr == NULL) return 0;
    s->told = true;
    struct sv reason = arena_printf(check_arena(run), "the header " SV_FMT " says \"" SV_FMT "\"", SV_ARG(name), SV_ARG(sv_slice(value, 0, 80)));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("version-banner"), CATEGORY_INVENTORY, IMPACT_HARDENING, CONFIDENCE_CONFIRMED,
                               SV("Answers name products and their versions"), reason, err);
}

const struct check check_banner = {
    .id = "banner",
    .title = "Product versions in headers",
    .category = CATEGORY_INVENTORY,
    .owasp = "API9:2023",
    .cwe = 200,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
