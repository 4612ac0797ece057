// SPDX-License-Identifier: Apache-2.0
#include "checks/support/access.h"

#include "checks/support/words.h"

static bool segment_is_version(struct sv s) {
    if (s.len < 2 || s.len > 8 || sv_lower_char(s.ptr[0]) != 'v') return false;
    for (size_t i = 1; i < s.len; i++) {
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '.') return false;
    }
    return true;
}

// How many bytes of the path all described operations share, in whole segments: a base path says nothing about one of them. Zero when
// fewer than three are described, or when they are all about one thing.
static size_t shared_prefix(struct check_run *run, struct sv path) {
    struct sv base = check_described_base(run);
    return base.ptr == NULL ? 0 : path_shared_segments(base, path);
}

// The path of a server that the description names ("https://shop.example/api/v2" -> "/api/v2"), where the operation's path begins with it.
static size_t server_prefix(struct check_run *run, struct sv path) {
    const struct api *api = check_api(run);
    size_t longest = 0;
    for (size_t i = 0; i < api->server_count; i++) {
        struct sv base = api->servers[i];
        size_t scheme = sv_find(base, SV("://"));
        if (scheme != SIZE_MAX) {
            base = sv_from_index(base, scheme + 3);
            base = sv_from_index(base, sv_find_char(base, '/') == SIZE_MAX ? base.len : sv_find_char(base, '/'));
        }
        while (base.len > 0 && base.ptr[base.len - 1] == '/') base.len--;
        bool whole = base.len < path.len && sv_starts_with(path, base) && path.ptr[base.len] == '/';
        if (whole && base.len > longest) longest = base.len;
    }
    return longest;
}

struct sv access_family(struct check_run *run, struct sv path) {
    const struct node *generic = words_list(check_knowledge(run, "access"), SV("generic_segments"));
    size_t q = sv_find_char(path, '?');
    if (q != SIZE_MAX) path = sv_slice(path, 0, q);
    size_t skip = shared_prefix(run, path), server = server_prefix(run, path);
    if (server > skip) skip = server;
    if (skip >= path.len) skip = 0;
    for (size_t at = 0; at < path.len;) {
        size_t begin = at;
        while (begin < path.len && path.ptr[begin] == '/') begin++;
        size_t end = begin;
        while (end < path.len && path.ptr[end] != '/') end++;
        struct sv segment = sv_slice(path, begin, end);
        if (segment.len == 0 || sv_find_char(segment, '{') != SIZE_MAX) return SV_NONE;
        if (end > skip && !segment_is_version(segment) && !segment_is_listed(generic, segment)) return sv_slice(path, 0, end);
        at = end;
    }
    return SV_NONE;
}

static bool is_in_family(struct sv family, struct sv path) {
    return sv_starts_with(path, family) && (path.len == family.len || path.ptr[family.len] == '/');
}

const struct operation *access_sibling(struct check_run *run, const struct operation *op, struct sv path) {
    struct sv family = access_family(run, path);
    if (family.len == 0) return NULL;
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *other = api->operations[i];
        if (other == op || !is_in_family(family, other->path)) continue;
        if (check_baseline(run, other, 0)->state == BASELINE_REFUSED) return other;
    }
    return NULL;
}

static bool is_identifier(struct arena *a, const struct operation *op, const struct parameter *p) {
    if (p->in == PARAM_PATH) return true;
    if (p->in != PARAM_QUERY) return false;
    struct word w = word_of(p->name);
    struct sv name = sv_make(w.text, w.len);
    if (sv_eq(name, SV("id")) || sv_eq(name, SV("uuid")) || sv_eq(name, SV("guid"))) return true;
    bool ends = sv_ends_with(name, SV("id")) || sv_ends_with(name, SV("uuid")) || sv_ends_with(name, SV("ref")) || sv_ends_with(name, SV("number"));
    return ends && name.len > 4 && entity_of_parameter(a, op, p).len > 0;
}

static bool has_digit(struct sv text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9') return true;
    }
    return false;
}

// A required value with a digit in it that comes back as a whole value of the answer ("?number=A-4711", {"number": "A-4711"}) names what was
// asked for, whatever the parameter is called.
static bool comes_back(struct check_run *run, struct arena *a, const struct operation *op, size_t i) {
    const struct baseline *b = check_baseline(run, op, 0);
    if (!op->parameters[i].required || b->answer == NULL || b->call.values == NULL || !b->call.values[i].present) return false;
    struct sv v = b->call.values[i].text;
    if (v.len < 3 || v.len > 100 || !has_digit(v)) return false;
    struct sv quoted = arena_printf(a, "\"" SV_FMT "\"", SV_ARG(v)), bare = arena_printf(a, ":" SV_FMT, SV_ARG(v));
    if (quoted.ptr == NULL || bare.ptr == NULL) return false;
    return sv_contains(b->answer->response.body, quoted) || (sv_is_digits(v) && sv_contains(b->answer->response.body, bare));
}

size_t access_id_parameter(struct check_run *run, struct arena *a, const struct operation *op) {
    if (op == NULL) return SIZE_MAX;
    size_t found = SIZE_MAX, place = 0;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (p->in != PARAM_PATH || p->name.len == 0 || p->name.len > 60) continue;
        struct sv braced = arena_printf(a, "{" SV_FMT "}", SV_ARG(p->name));
        size_t at = braced.ptr == NULL ? SIZE_MAX : sv_find(op->path, braced);
        if (at == SIZE_MAX || (found != SIZE_MAX && at < place)) continue;
        found = i;
        place = at;
    }
    for (size_t i = 0; i < op->parameter_count && found == SIZE_MAX; i++) {
        if (op->parameters[i].in == PARAM_QUERY && (is_identifier(a, op, &op->parameters[i]) || comes_back(run, a, op, i))) found = i;
    }
    return found;
}

static bool role_is_named(struct check_run *run, const struct operation *op) {
    if (op == NULL) return false;
    const struct node *phrases = words_list(check_knowledge(run, "access"), SV("role_phrases"));
    return words_in_text(phrases, op->summary) || words_in_text(phrases, op->description);
}

// Runtime metrics and profilers are debug routes: another check names them.
static bool is_function_class(struct sv class_id) {
    return class_id.ptr != NULL && !sv_contains(class_id, SV("metric")) && !sv_contains(class_id, SV("profil"));
}

// An account that is named by an id is an object; a list of them is a function.
static bool is_one_object(const struct operation *op, size_t parameter) {
    if (op == NULL || parameter == SIZE_MAX) return false;
    if (op->parameters[parameter].in == PARAM_QUERY) return true;
    return op->path.len > 0 && op->path.ptr[op->path.len - 1] == '}';
}

// Somebody with a valid identity is shown more than nobody.
static bool identity_is_shown_more(struct check_run *run, const struct operation *op) {
    if (op == NULL) return false;
    const struct baseline *nobody = check_baseline(run, op, 0);
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->state == BASELINE_GOOD && nobody->state == BASELINE_GOOD && !signature_alike(&b->signature, &nobody->signature) &&
            b->signature.pair_count > nobody->signature.pair_count)
            return true;
    }
    return false;
}

// Why the operation should have demanded credentials; NULL when nothing says so.
static const char *why_authentication(struct check_run *run, const struct operation *op, const struct access *d, bool function) {
    if (op != NULL && op->demand == DEMAND_CREDENTIALS) return "the description demands credentials";
    if (d->sibling != NULL && (d->is_private || function || d->administrative)) return "an operation of the same family refuses callers without credentials";
    return d->is_private && identity_is_shown_more(run, op) ? "a caller with credentials is shown more" : NULL;
}

static enum access_claim claim_of(struct check_run *run, const struct operation *op, struct access *d) {
    const struct signs *s = &d->signs;
    bool function = is_function_class(s->management) && !(is_one_object(op, d->parameter) && sv_contains(s->management, SV("account")));
    d->because = "nothing in the answer is private and nothing demands credentials";
    if (!s->good) return ACCESS_NOTHING;
    const char *why = why_authentication(run, op, d, function);
    if (why != NULL) {
        d->because = why;
        return ACCESS_AUTHENTICATION;
    }
    if (function || d->restricted) {
        d->because = function ? "the answer is one that only administrators should get" : "the description keeps it for a role";
        return ACCESS_FUNCTION;
    }
    if (d->is_private && d->parameter != SIZE_MAX) {
        d->because = "an object with private values is named by an id";
        return ACCESS_OBJECT;
    }
    if (!signs_are_sensitive(s)) return ACCESS_NOTHING;
    d->because = "personal or secret values show";
    return ACCESS_EXPOSURE;
}

// The description says that the object is somebody's, and the answer holds a value that people do not publish.
static bool is_described_as_owned(struct check_run *run, const struct operation *op, const struct signs *s) {
    if (op == NULL || (s->contacts == 0 && s->privates == 0 && s->owners == 0)) return false;
    const struct node *phrases = words_list(check_knowledge(run, "access"), SV("ownership_phrases"));
    return words_in_text(phrases, op->summary) || words_in_text(phrases, op->description);
}

bool access_is_private(struct check_run *run, const struct operation *op, const struct signs *s, struct sv path) {
    return signs_are_private(run, s, path) || is_described_as_owned(run, op, s);
}

int access_decide(struct check_run *run, struct arena *a, const struct operation *op, const struct exchange *answer, struct access *ret,
                  struct error *err) {
    *ret = (struct access){.parameter = SIZE_MAX, .because = "no good answer"};
    if (!exchange_answered(answer)) return 0;
    int r = signs_read(run, a, answer, &ret->signs, err);
    if (r != 0) return r;
    struct sv path = op != NULL ? op->path : answer->request.target;
    const struct node *access = check_knowledge(run, "access");
    bool is_open = op != NULL && op->demand != DEMAND_CREDENTIALS && words_in_path(words_list(access, SV("public_segments")), path);
    ret->is_private = access_is_private(run, op, &ret->signs, path);
    if (check_operation_is_documentation(run, op) || (is_open && !signs_are_sensitive(&ret->signs) && ret->signs.management.ptr == NULL)) {
        ret->because = "a route that answers everybody on purpose";
        return 0;
    }
    ret->parameter = access_id_parameter(run, a, op);
    ret->restricted = role_is_named(run, op);
    ret->administrative = words_in_path(words_list(access, SV("admin_segments")), path);
    ret->sibling = access_sibling(run, op, path);
    ret->claim = claim_of(run, op, ret);
    return 0;
}

struct sv access_key(struct arena *a, struct sv method, struct sv path) {
    struct sv nameless = path_template_nameless(a, path);
    return nameless.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(method), SV_ARG(nameless));
}

struct sv access_subject(struct arena *a, struct sv method, struct sv path) {
    return arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(method), SV_ARG(path));
}

struct tally {
    unsigned open, refused;
};

static struct tally count_protected(struct check_run *run, struct sv family) {
    struct tally t = {0};
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (op->demand != DEMAND_CREDENTIALS || (family.len > 0 && !is_in_family(family, op->path))) continue;
        enum baseline_state state = check_baseline(run, op, 0)->state;
        t.open += state == BASELINE_GOOD;
        t.refused += state == BASELINE_REFUSED;
    }
    return t;
}

int access_scope(struct check_run *run, struct arena *a, const struct operation *op, struct finding *f, struct error *err) {
    struct sv family = access_family(run, op->path);
    struct tally all = count_protected(run, SV_NONE), group = count_protected(run, family);
    f->scope = SCOPE_OPERATION;
    if (op->demand == DEMAND_CREDENTIALS && all.open >= 5 && all.refused == 0) {
        f->scope = SCOPE_HOST;
        f->scope_key = SV("");
    } else if (op->demand == DEMAND_CREDENTIALS && family.len > 0 && group.open >= 3 && group.refused == 0) {
        f->scope = SCOPE_GROUP;
        f->scope_key = family;
    } else {
        f->scope_key = access_key(a, op->method, op->path);
    }
    return f->scope_key.ptr == NULL ? error_nomem(err) : 0;
}

bool access_exercised(struct check_run *run, const struct operation *op) {
    const struct baseline *b = check_baseline(run, op, 0);
    switch (b->state) {
    case BASELINE_GOOD:
        return true;
    case BASELINE_REFUSED:
        check_coverage(run, op, COVERAGE_PASSED, "refused without credentials");
        return false;
    case BASELINE_NONE:
        check_coverage(run, op, COVERAGE_NOT_TESTED, "not asked in this mode");
        return false;
    case BASELINE_PENDING:
    case BASELINE_BAD:
        break;
    }
    check_coverage(run, op, COVERAGE_INCONCLUSIVE, "never gave a good answer without credentials");
    return false;
}
