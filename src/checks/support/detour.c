// SPDX-License-Identifier: Apache-2.0
#include "checks/support/detour.h"

#include "checks/support/access.h"
#include "checks/support/contrast.h"
#include "http/header.h"

const struct detour_info detour_infos[DETOUR_COUNT] = {
    [SLASH] = {"path-spelling", "with a slash at the end added or removed", {289, 288}},
    [DOUBLE_SLASH] = {"path-spelling", "with two slashes at the beginning", {289, 288}},
    [CASE] = {"path-spelling", "with other case in one segment", {289, 178}},
    [LETTER] = {"path-spelling", "with one letter percent-encoded", {289, 177}},
    [DOT] = {"path-spelling", "with a dot segment in front", {289, 288}},
    [DOT_ENCODED] = {"path-spelling", "with an encoded dot segment in front", {289, 177}},
    [MATRIX] = {"path-spelling", "with a path parameter at the end", {289, 288}},
    [SPACE] = {"path-spelling", "with an encoded blank at the end", {289, 288}},
    [EXTENSION] = {"path-spelling", "with .json at the end", {289, 288}},
    [TAB] = {"path-spelling", "with an encoded tab at the end", {289, 288}},
    [QUESTION] = {"path-spelling", "with an empty query at the end", {289, 288}},
    [NUMBER_SIGN] = {"path-spelling", "with an encoded number sign at the end", {289, 288}},
    [SLASH_ENCODED] = {"path-spelling", "with one slash percent-encoded", {289, 177}},
    [PARENT] = {"path-spelling", "with a segment and its parent in front", {289, 288}},
    [PARENT_MATRIX] = {"path-spelling", "with a segment and \"..;\" in front", {289, 288}},
    [ORIGINAL_URL] = {"path-header", "asked for another path, with headers that name this one (X-Original-URL, X-Rewrite-URL),", {436, 288}},
    [OPEN_URI] = {"path-header", "with headers that name an open path (X-Forwarded-Uri, X-Original-URI)", {436, 288}},
    [ADDRESS] = {"forwarded-address", "with headers that say that the caller is the server itself (X-Forwarded-For: 127.0.0.1 and its like)", {348, 290}},
    [USER] = {"identity-header", "with headers that say that the caller is signed in (X-Forwarded-User, Remote-User and their like)", {290, 348}},
};

// A path that answers nobody: a guard that reads another path than the one which is answered lets it pass.
static struct sv open_target(struct check_run *run) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct baseline *b = check_baseline(run, api->operations[i], 0);
        if (b->state == BASELINE_GOOD && sv_eq(api->operations[i]->method, SV("GET")) && b->request.origin == 0) return b->request.target;
    }
    return SV("/");
}

static struct sv known_user(struct check_run *run, const struct operation *op) {
    struct schema any = {0};
    const struct parameter user = {.name = SV("user_id"), .in = PARAM_QUERY, .schema = &any};
    const struct entity_id *id = entity_pool_for(check_entities(run), op, &user, 0);
    bool plain = id != NULL && id->value.len > 0 && id->value.len <= 64;
    for (size_t i = 0; plain && i < id->value.len; i++) plain = id->value.ptr[i] > ' ' && id->value.ptr[i] < 0x7f;
    return plain ? id->value : SV("1");
}

struct detour_parts detour_split(struct check_run *run, const struct operation *op, struct sv target) {
    size_t q = sv_find_char(target, '?');
    struct sv path = q == SIZE_MAX ? target : sv_slice(target, 0, q);
    struct detour_parts p = {.tail = path, .query = q == SIZE_MAX ? SV("") : sv_from_index(target, q), .head = SV(""), .segment = SV("")};
    p.open = open_target(run);
    p.user = known_user(run, op);
    struct sv family = access_family(run, op->path);
    if (family.len == 0 || !sv_starts_with(path, family)) return p;
    size_t slash = sv_rfind_char(family, '/');
    p.head = sv_slice(path, 0, slash + 1);
    p.segment = sv_slice(path, slash + 1, family.len);
    p.tail = sv_from_index(path, family.len);
    return p;
}

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}

static struct sv whole(struct arena *a, const struct detour_parts *p, const char *front, struct sv segment, const char *end) {
    return arena_printf(a, SV_FMT "%s" SV_FMT SV_FMT "%s" SV_FMT, SV_ARG(p->head), front, SV_ARG(segment), SV_ARG(p->tail), end, SV_ARG(p->query));
}

static struct sv spell_letter(struct arena *a, const struct detour_parts *p) {
    if (p->segment.len == 0 || !is_letter(p->segment.ptr[0])) return SV_NONE;
    struct sv s = arena_printf(a, "%%%02x" SV_FMT, (unsigned)(unsigned char)p->segment.ptr[0], SV_ARG(sv_from_index(p->segment, 1)));
    return s.ptr == NULL ? s : whole(a, p, "", s, "");
}

static struct sv spell_case(struct arena *a, const struct detour_parts *p) {
    if (p->segment.len == 0 || !is_letter(p->segment.ptr[0])) return SV_NONE;
    char first = p->segment.ptr[0];
    char other = (char)(sv_lower_char(first) == first ? first - 'a' + 'A' : sv_lower_char(first));
    struct sv s = arena_printf(a, "%c" SV_FMT, other, SV_ARG(sv_from_index(p->segment, 1)));
    return s.ptr == NULL ? s : whole(a, p, "", s, "");
}

// The slash in front of the family's segment, or the one behind it, encoded.
static struct sv spell_slash_encoded(struct arena *a, const struct detour_parts *p) {
    if (p->segment.len == 0) return SV_NONE;
    struct detour_parts cut = *p;
    if (p->head.len > 1) {
        cut.head = sv_slice(p->head, 0, p->head.len - 1);
        return whole(a, &cut, "%2f", p->segment, "");
    }
    if (p->tail.len < 2 || p->tail.ptr[0] != '/') return SV_NONE;
    return arena_printf(a, SV_FMT SV_FMT "%%2f" SV_FMT SV_FMT, SV_ARG(p->head), SV_ARG(p->segment), SV_ARG(sv_from_index(p->tail, 1)), SV_ARG(p->query));
}

static struct sv spell_slash(struct arena *a, const struct detour_parts *p) {
    bool has = p->tail.len > 0 && p->tail.ptr[p->tail.len - 1] == '/';
    if (!has) return whole(a, p, "", p->segment, "/");
    struct detour_parts cut = *p;
    cut.tail = sv_slice(p->tail, 0, p->tail.len - 1);
    return cut.tail.len + p->segment.len == 0 ? SV_NONE : whole(a, &cut, "", p->segment, "");
}

static struct sv at_end(struct arena *a, const struct detour_parts *p, const char *end) {
    return whole(a, p, "", p->segment, end);
}

static struct sv in_front(struct arena *a, const struct detour_parts *p, const char *front) {
    return p->segment.len == 0 ? SV_NONE : whole(a, p, front, p->segment, "");
}

struct sv detour_spell(struct arena *a, const struct detour_parts *p, enum detour v) {
    switch (v) {
    case SLASH:
        return spell_slash(a, p);
    case DOUBLE_SLASH: {
        struct sv plain = whole(a, p, "", p->segment, "");
        return plain.ptr == NULL ? plain : arena_printf(a, "/" SV_FMT, SV_ARG(plain));
    }
    case CASE:
        return spell_case(a, p);
    case LETTER:
        return spell_letter(a, p);
    case DOT:
        return in_front(a, p, "./");
    case DOT_ENCODED:
        return in_front(a, p, "%2e/");
    case MATRIX:
        return at_end(a, p, ";v=1");
    case SPACE:
        return at_end(a, p, "%20");
    case EXTENSION:
        return sv_find_char(p->tail, '.') != SIZE_MAX ? SV_NONE : at_end(a, p, ".json");
    case TAB:
        return at_end(a, p, "%09");
    case QUESTION:
        return p->query.len > 0 ? SV_NONE : at_end(a, p, "?");
    case NUMBER_SIGN:
        return at_end(a, p, "%23");
    case SLASH_ENCODED:
        return spell_slash_encoded(a, p);
    case PARENT:
        return in_front(a, p, "x/../");
    case PARENT_MATRIX:
        return in_front(a, p, "x/..;/");
    case ORIGINAL_URL:
    case OPEN_URI:
    case ADDRESS:
    case USER:
        return at_end(a, p, "");
    case DETOUR_COUNT:
        break;
    }
    return SV_NONE;
}

static bool is_in_front(enum detour v) {
    return v == CASE || v == LETTER || v == DOT || v == DOT_ENCODED || v == DOUBLE_SLASH || v == SLASH_ENCODED || v == PARENT || v == PARENT_MATRIX;
}

// The parts with a random last segment. False when there is no segment to replace.
static bool random_end(struct arena *a, struct rng *rng, const struct detour_parts *p, struct detour_parts *ret) {
    struct sv plain = whole(a, p, "", p->segment, ""), neighbour = plain.ptr == NULL ? plain : target_neighbour(a, rng, plain);
    if (neighbour.ptr == NULL) return false;
    size_t q = sv_find_char(neighbour, '?'), kept = p->head.len + p->segment.len;
    struct sv path = q == SIZE_MAX ? neighbour : sv_slice(neighbour, 0, q);
    *ret = *p;
    if (p->segment.len == 0) ret->tail = path;
    else if (path.len > kept && sv_starts_with(path, sv_slice(plain, 0, kept))) ret->tail = sv_from_index(path, kept);
    else ret->segment = sv_slice(path, p->head.len, path.len - p->tail.len);
    return true;
}

// A neighbour in the same spelling. Where the spelling changes something at or before the family's segment, that segment is the random one: a
// route that takes any text there would answer it too. (Random last segments are the absence model's.)
struct sv detour_neighbour(struct arena *a, struct rng *rng, const struct detour_parts *p, enum detour v) {
    struct detour_parts other = *p;
    if (p->segment.len > 0 && is_in_front(v)) {
        other.segment = rng_word(rng, a, p->segment.len < 8 ? 8 : 12);
        return other.segment.ptr == NULL ? SV_NONE : detour_spell(a, &other, v);
    }
    return random_end(a, rng, p, &other) ? detour_spell(a, &other, v) : SV_NONE;
}

static bool set_all(struct arena *a, struct request *rq, const struct sv *names, size_t count, struct sv value) {
    for (size_t i = 0; i < count; i++) {
        if (!header_set(a, &rq->headers, names[i], value)) return false;
    }
    return true;
}

#define SET_ALL(names, value) set_all(a, rq, names, sizeof names / sizeof names[0], value)

static bool claim_address(struct arena *a, struct request *rq, struct sv address, struct sv host) {
    static const struct sv names[] = {SV_INIT("X-Forwarded-For"), SV_INIT("X-Real-IP"),   SV_INIT("X-Client-IP"),      SV_INIT("True-Client-IP"),
                                      SV_INIT("X-Originating-IP"), SV_INIT("X-Remote-IP"), SV_INIT("X-Remote-Addr"),    SV_INIT("Client-IP"),
                                      SV_INIT("CF-Connecting-IP"), SV_INIT("X-Host-IP"),   SV_INIT("X-Cluster-Client-IP"), SV_INIT("X-Client")};
    struct sv forwarded = arena_printf(a, "for=" SV_FMT, SV_ARG(address));
    return forwarded.ptr != NULL && SET_ALL(names, address) && header_set(a, &rq->headers, SV("Forwarded"), forwarded) &&
           header_set(a, &rq->headers, SV("X-Forwarded-Host"), host);
}

// Another part of the same service.
static bool claim_inside(struct arena *a, struct request *rq) {
    static const struct sv names[] = {SV_INIT("X-Internal"), SV_INIT("X-Internal-Request"), SV_INIT("X-Internal-Call"), SV_INIT("X-Is-Internal")};
    return SET_ALL(names, SV("true"));
}

static bool claim_user(struct arena *a, struct request *rq, struct sv user) {
    static const struct sv names[] = {SV_INIT("X-Forwarded-User"), SV_INIT("X-Remote-User"),       SV_INIT("Remote-User"),    SV_INIT("X-Authenticated-User"),
                                      SV_INIT("X-User"),           SV_INIT("X-Auth-Request-User"), SV_INIT("X-WEBAUTH-USER"), SV_INIT("X-Username"),
                                      SV_INIT("X-User-Name"),      SV_INIT("X-Auth-User"),         SV_INIT("X-Consumer-Username")};
    static const struct sv ids[] = {SV_INIT("X-User-Id"), SV_INIT("X-UserId"), SV_INIT("X-Auth-User-Id"), SV_INIT("X-Authenticated-Userid"), SV_INIT("X-Account-Id")};
    static const struct sv roles[] = {SV_INIT("X-User-Role"), SV_INIT("X-Role"), SV_INIT("X-Forwarded-Groups"), SV_INIT("X-User-Roles"), SV_INIT("X-Roles"), SV_INIT("X-Forwarded-Role")};
    static const struct sv flags[] = {SV_INIT("X-Admin"), SV_INIT("X-Is-Admin"), SV_INIT("X-Authenticated")};
    return SET_ALL(names, SV("admin")) && SET_ALL(roles, SV("admin")) && SET_ALL(ids, user) && SET_ALL(flags, SV("true"));
}

bool detour_request(struct arena *a, enum detour v, const struct detour_parts *p, const struct request *plain, struct sv target, struct request *ret) {
    static const struct sv original[] = {SV_INIT("X-Original-URL"), SV_INIT("X-Rewrite-URL")};
    static const struct sv forwarded[] = {SV_INIT("X-Forwarded-Uri"), SV_INIT("X-Original-URI"), SV_INIT("X-Forwarded-Path"), SV_INIT("X-Forwarded-Prefix"),
                                          SV_INIT("X-Original-URL")};
    struct request *rq = ret;
    *rq = *plain;
    rq->target = target;
    if (target.ptr == NULL || !header_copy_list(a, &plain->headers, &rq->headers)) return false;
    if (v == ORIGINAL_URL) {
        rq->target = SV("/");
        return SET_ALL(original, target);
    }
    if (v == OPEN_URI) return SET_ALL(forwarded, p->open);
    if (v == ADDRESS) return claim_address(a, rq, SV("127.0.0.1"), SV("localhost")) && claim_inside(a, rq);
    return v != USER || claim_user(a, rq, p->user);
}

bool detour_extra(struct arena *a, enum detour v, const struct request *plain, struct request *ret) {
    *ret = *plain;
    if (!header_copy_list(a, &plain->headers, &ret->headers)) return false;
    if (v == ORIGINAL_URL) {
        ret->target = SV("/");
        return true;
    }
    return v == ADDRESS && claim_address(a, ret, SV("203.0.113.7"), SV("api.example.com")); // RFC 5737: nobody's
}
