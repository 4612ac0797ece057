// SPDX-License-Identifier: Apache-2.0
// Answers that name products with their versions. A name without a version helps nobody to look up a flaw, so it is nothing. A version with published
// flaws (data/banner-cves.yaml) is a finding of its own: taking the banner away does not repair it.
#include "checks/support/banner_flaws.h"
#include "checks/support/passive.h"
#include "http/header.h"

enum { PRODUCTS_MAX = 8, IDS_MAX = 4 };
struct state {
    bool told;
    struct sv products[PRODUCTS_MAX]; // whose flaws are told
    size_t product_count;
};
static const struct sv names[] = {SV_INIT("Server"), SV_INIT("X-Powered-By"), SV_INIT("X-AspNet-Version"), SV_INIT("X-AspNetMvc-Version"),
                                  SV_INIT("X-Generator"), SV_INIT("X-Runtime-Version"), SV_INIT("X-Version"), SV_INIT("X-Server"), SV_INIT("X-Jenkins")};

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

static bool is_told(const struct state *s, struct sv product) {
    for (size_t i = 0; i < s->product_count; i++) {
        if (sv_eq_nocase(s->products[i], product)) return true;
    }
    return s->product_count == PRODUCTS_MAX;
}

// All entries of one product whose range this banner lies in are one finding: the version that is to be replaced.
static int tell_flaws(struct check_run *run, const struct exchange *x, const struct node *first, struct sv header, struct sv value, struct error *err) {
    const struct node *table = check_knowledge(run, "banner-cves");
    struct arena *a = check_arena(run);
    struct sv product = node_get_text(first, SV("product")), ids = SV("");
    bool grave = false;
    unsigned count = 0;
    for (const struct node *n = first; n != NULL && count < IDS_MAX; n = banner_flaw_next(table, n, header, value)) {
        if (!sv_eq(node_get_text(n, SV("product")), product)) continue;
        ids = arena_printf(a, SV_FMT "%s" SV_FMT " (" SV_FMT ")", SV_ARG(ids), count++ == 0 ? "" : ", ", SV_ARG(node_get_text(n, SV("id"))), SV_ARG(node_get_text(n, SV("what"))));
        grave = grave || sv_eq(node_get_text(n, SV("impact")), SV("internal"));
    }
    struct sv reason = arena_printf(a, "the header " SV_FMT " says \"" SV_FMT "\", a version in the range of " SV_FMT "; by its number only, nothing was tried", SV_ARG(header),
                                    SV_ARG(sv_slice(value, 0, 80)), SV_ARG(ids));
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = x};
    const struct finding f = {
        .category = CATEGORY_INVENTORY,
        .cause = SV("known-flaws"),
        .scope = SCOPE_HOST,
        .scope_key = product,
        .impact = grave ? IMPACT_INTERNAL : IMPACT_HARDENING,
        .who = WHO_ANYONE,
        .confidence = grave ? CONFIDENCE_FIRM : CONFIDENCE_TENTATIVE,
        .title = SV("The announced version of a product has published flaws"),
        .reason = reason,
        .evidence = &evidence,
        .evidence_count = 1,
        .cwe = {1395},
    };
    return ids.ptr == NULL || reason.ptr == NULL ? error_nomem(err) : check_report(run, &f, err);
}

static int look_up(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    const struct node *table = check_knowledge(run, "banner-cves");
    int r = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && r == 0; i++) {
        struct sv value = header_find(&x->response.headers, names[i]);
        const struct node *n = value.len == 0 ? NULL : banner_flaw_next(table, NULL, names[i], value);
        for (; n != NULL && r == 0; n = banner_flaw_next(table, n, names[i], value)) {
            struct sv product = node_get_text(n, SV("product"));
            if (is_told(s, product)) continue;
            s->products[s->product_count++] = product;
            r = tell_flaws(run, x, n, names[i], value, err);
        }
    }
    return r;
}

static int tell_banner(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    struct sv name, value = banner_of(&x->response, &name);
    if (s->told || value.ptr == NULL) return 0;
    s->told = true;
    struct sv reason = arena_printf(check_arena(run), "the header " SV_FMT " says \"" SV_FMT "\"", SV_ARG(name), SV_ARG(sv_slice(value, 0, 80)));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("version-banner"), CATEGORY_INVENTORY, IMPACT_HARDENING, CONFIDENCE_CONFIRMED,
                               SV("Answers name products and their versions"), reason, err);
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    if (!exchange_answered(x) || x->request.origin != 0) return 0;
    int r = tell_banner(run, x, err);
    return r == 0 ? look_up(run, x, err) : r;
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
