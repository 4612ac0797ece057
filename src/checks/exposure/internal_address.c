// SPDX-License-Identifier: Apache-2.0
// Addresses of the inside network in ordinary answers: private IPv4 addresses (RFC 1918) with a scheme in front, a port behind or a key that says what
// they are, and names that only a cluster or a cloud resolves. Worth knowing, no more. Only looks; one finding for the host.
#include "checks/support/passive.h"
#include "http/header.h"

enum { BODY_READ = 65536, TOKEN_MAX = 200 };

struct state {
    bool told;
};

static bool is_host_char(char c) {
    char l = sv_lower_char(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
}

// An ending of one label is that of files as well ("Orders.svc"): it counts where only hosts stand.
static bool is_inside_name(const struct node *endings, struct sv host, bool is_host) {
    for (const struct node *n = endings == NULL ? NULL : endings->first; n != NULL; n = n->next) {
        bool clear = is_host || sv_rfind_char(n->text, '.') > 0;
        if (clear && host.len > n->text.len && sv_ends_with_nocase(host, n->text)) return true;
    }
    return false;
}

// "10.0.3.7", "10.0.3.7:8080", "orders.default.svc.cluster.local:80"; four numbers by themselves may be a version.
static bool is_inside(const struct node *endings, struct sv text, size_t begin, size_t end) {
    struct sv token = sv_slice(text, begin, end);
    size_t colon = sv_find_char(token, ':');
    struct sv host = sv_slice(token, 0, colon == SIZE_MAX ? token.len : colon);
    bool scheme = begin >= 3 && sv_eq(sv_slice(text, begin - 3, begin), SV("://"));
    bool port = colon != SIZE_MAX && colon + 1 < token.len && sv_is_digits(sv_from_index(token, colon + 1));
    if (is_inside_name(endings, host, scheme || port)) return true;
    return (scheme || port) && address_classify(host) == ADDRESS_PRIVATE;
}

static struct sv find_inside(const struct node *endings, struct sv text) {
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && is_host_char(text.ptr[end])) end++;
        while (end > i && (text.ptr[end - 1] == '.' || text.ptr[end - 1] == ':')) end--;
        if (end - i > 6 && end - i < TOKEN_MAX && is_inside(endings, text, i, end)) return sv_slice(text, i, end);
        i = end > i ? end + 1 : i + 1;
    }
    return SV_NONE;
}

static struct sv in_headers(const struct node *endings, const struct response *p) {
    static const struct sv names[] = {SV_INIT("Location"), SV_INIT("Via"), SV_INIT("X-Backend"), SV_INIT("X-Backend-Server"), SV_INIT("X-Upstream"), SV_INIT("X-Served-By"), SV_INIT("X-Real-Server")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sv found = find_inside(endings, header_find(&p->headers, names[i]));
        if (found.ptr != NULL) return found;
    }
    return SV_NONE;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (s->told || !passive_is_ordinary(x) || (x->operation != NULL && check_operation_is_documentation(run, x->operation))) return 0;
    const struct node *endings = node_get(node_get(check_knowledge(run, "exposure"), SV("internal_names")), SV("endings"));
    struct sv found = in_headers(endings, &x->response);
    if (found.ptr == NULL) found = find_inside(endings, sv_slice(x->response.body, 0, BODY_READ));
    struct sv host = check_target(run)->host;
    // What the caller sent or how he came here is nothing new to him.
    if (found.ptr == NULL || sv_contains(x->request.target, found) || sv_contains(x->request.body, found) || sv_starts_with(found, host)) return 0;
    s->told = true;
    struct sv reason = arena_printf(check_arena(run), "an ordinary answer names " SV_FMT, SV_ARG(sv_slice(found, 0, 100)));
    if (reason.ptr == NULL) return error_nomem(err);
    return passive_report_host(run, x, SV("internal-address"), CATEGORY_EXPOSURE, IMPACT_NOTE, CONFIDENCE_FIRM, SV("Addresses of the inside network are shown"), reason, err);
}

const struct check check_internal_address = {
    .id = "internal-address",
    .title = "Addresses of the inside network in answers",
    .category = CATEGORY_EXPOSURE,
    .owasp = "API8:2023",
    .cwe = 200,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .observe = observe,
};
