// SPDX-License-Identifier: Apache-2.0
// Requests that say on whose behalf they are made: "X-Tenant-Id: south", "?user_id=7", "?as=bert" (data/additions.yaml, group "subjects"), and page tokens
// that carry a name ("eyJ1c2VyIjo3LCJvZmZzZXQiOjIwfQ"). A asks with what answers about B's caller call B, and gets B's own answer.
//
// Truth condition and rounds: support/added.h. More is: A's answer is equal to the one that B gets without saying anything, A's and B's plain answers
// differ, and a value shows that stands in no view of A's and was not sent. For page tokens: the objects name B as their owner and A's plain ones do not.
#include "checks/support/added.h"
#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"
#include "http/jwt.h"

enum { IDENTITIES_MAX = 32, TAG_SUBJECTS = 0, TAG_CURSOR = 1, TOKEN_MAX = 1024 };

struct subject {
    struct sv user, login, tenant, account;
};
struct state {
    bool ready;
    struct identity_pair pairs[IDENTITY_PAIRS_MAX];
    size_t pair_count;
    struct subject subjects[IDENTITIES_MAX]; // of those in pairs
    struct views *views[IDENTITIES_MAX];
};

// -- who is who ----------------------------------------------------------------------------------------------------------------

static bool is_one_of(struct sv key, const char *const *names, size_t count) {
    struct word w = word_of(key);
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(sv_make(w.text, w.len), sv_from(names[i]))) return true;
    }
    return false;
}

static void take(struct arena *a, struct sv *to, const struct node *n) {
    bool usable = (n->kind == NODE_STRING || n->kind == NODE_NUMBER) && n->text.len > 0 && n->text.len <= 100 && !sv_contains(n->text, SV("{{"));
    for (size_t i = 0; usable && i < n->text.len; i++) usable = (unsigned char)n->text.ptr[i] > ' ' && (unsigned char)n->text.ptr[i] < 0x7f;
    if (to->ptr == NULL && usable) *to = arena_copy_sv(a, n->text);
}

static void read_subject(struct arena *a, const struct node *object, struct subject *s, unsigned depth) {
    static const char *const users[] = {"id", "userid", "uid", "sub", "uuid", "customerid", "memberid"}, *const logins[] = {"login", "username", "handle", "name", "user"};
    static const char *const tenants[] = {"tenant", "tenantid", "org", "orgid", "organization", "organizationid", "organisation", "organisationid", "workspace", "workspaceid", "company", "companyid", "team", "teamid", "group", "groupid"};
    static const char *const accounts[] = {"account", "accountid", "accountnumber", "customeraccount"};
    for (const struct node *n = object->kind == NODE_OBJECT ? object->first : NULL; n != NULL; n = n->next) {
        struct sv key = n->key;
        const struct node *inner = n->kind == NODE_OBJECT ? node_get(n, SV("id")) : NULL;
        const struct node *value = inner != NULL ? inner : n;
        if (is_one_of(key, tenants, sizeof tenants / sizeof tenants[0])) take(a, &s->tenant, value);
        else if (is_one_of(key, accounts, sizeof accounts / sizeof accounts[0])) take(a, &s->account, value);
        else if (n->kind == NODE_OBJECT && depth < 2) read_subject(a, n, s, depth + 1);
        else if (is_one_of(key, users, sizeof users / sizeof users[0])) take(a, &s->user, n);
        else if (is_one_of(key, logins, sizeof logins / sizeof logins[0])) take(a, &s->login, n);
    }
}

// What answers about the caller call it.
static void find_subject(struct check_run *run, uint16_t identity, struct subject *s) {
    const struct api *api = check_api(run);
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, identity);
        if (!ownership_is_about_caller(run, op->path) || b->state != BASELINE_GOOD || b->answer == NULL) continue;
        auto_arena a = {.limit = (size_t)16 << 20};
        struct node *root = NULL;
        if (node_parse_json(&a, b->answer->response.body, &node_limits_response, &root, NULL) == 0 && root->kind == NODE_OBJECT) read_subject(check_arena(run), root, s, 0);
    }
    const struct principal *p = check_identity(run, identity);
    if (s->tenant.ptr == NULL && p->tenant.len > 0) s->tenant = p->tenant;
    if (s->login.ptr == NULL) s->login = s->user;
    if (s->account.ptr == NULL) s->account = s->tenant.ptr != NULL ? s->tenant : s->user;
}

static struct state *state_of(struct check_run *run) {
    struct state *s = check_state(run);
    if (s->ready) return s;
    s->ready = true;
    s->pair_count = identity_pairs(run, s->pairs);
    for (size_t i = 0; i < s->pair_count; i++) {
        const uint16_t both[] = {s->pairs[i].a, s->pairs[i].b};
        for (int k = 0; k < 2; k++) {
            if (both[k] < IDENTITIES_MAX && s->subjects[both[k]].user.ptr == NULL) find_subject(run, both[k], &s->subjects[both[k]]);
        }
    }
    return s;
}

// -- page tokens ---------------------------------------------------------------------------------------------------------------

// The token that an answer gives for its next page: a text under such a key, or in the query of a link.
static struct sv token_in(const struct node *words, const struct node *n, unsigned depth) {
    struct sv found = SV_NONE;
    for (const struct node *c = n->kind == NODE_OBJECT && depth < 3 ? n->first : NULL; c != NULL && found.ptr == NULL; c = c->next) {
        struct word w = word_of(c->key);
        if (c->kind == NODE_OBJECT) found = token_in(words, c, depth + 1);
        else if (c->kind == NODE_STRING && words_have(words, &w) && c->text.len >= 8 && c->text.len <= TOKEN_MAX) found = c->text;
    }
    return found;
}

static struct sv replaced(struct arena *a, struct sv text, struct sv from, struct sv to) {
    size_t at = from.len > 0 && !sv_eq(from, to) ? sv_find(text, from) : SIZE_MAX;
    if (at == SIZE_MAX || to.len == 0) return SV_NONE;
    return arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(text, 0, at)), SV_ARG(to), SV_ARG(sv_from_index(text, at + from.len)));
}

// A's token with B in the place of A; ptr NULL when it does not name A or is not readable.
static struct sv forge(struct arena *a, struct sv token, const struct subject *from, const struct subject *to) {
    struct sv bytes = base64_decode(a, token), out = SV_NONE;
    if (bytes.ptr == NULL || bytes.len < 4) return SV_NONE;
    for (size_t i = 0; i < bytes.len; i++) {
        if ((unsigned char)bytes.ptr[i] < ' ' || (unsigned char)bytes.ptr[i] > 0x7e) return SV_NONE;
    }
    const struct sv pairs[][2] = {{from->user, to->user}, {from->login, to->login}, {from->account, to->account}, {from->tenant, to->tenant}};
    for (size_t i = 0; i < 4 && out.ptr == NULL; i++) out = replaced(a, bytes, pairs[i][0], pairs[i][1]);
    if (out.ptr == NULL) return SV_NONE;
    bool url = sv_find_char(token, '-') != SIZE_MAX || sv_find_char(token, '_') != SIZE_MAX;
    return base64_encode(a, out, url, token.len % 4 == 0);
}

static size_t cursor_parameter(struct check_run *run, const struct operation *op) {
    const struct node *words = node_get(node_get(check_knowledge(run, "additions"), SV("cursor_params")), SV("words"));
    for (size_t i = 0; i < op->parameter_count; i++) {
        struct word w = word_of(op->parameters[i].name);
        if (op->parameters[i].in == PARAM_QUERY && words_have(words, &w)) return i;
    }
    return SIZE_MAX;
}

static bool ask_cursor(struct check_run *run, const struct operation *op, uint16_t a, uint16_t b) {
    const struct state *s = check_state(run);
    const struct node *words = node_get(node_get(check_knowledge(run, "additions"), SV("cursor_params")), SV("words"));
    const struct baseline *own = check_baseline(run, op, a);
    size_t parameter = cursor_parameter(run, op);
    auto_arena scratch = {.limit = (size_t)16 << 20};
    struct node *root = NULL;
    if (parameter == SIZE_MAX || own->answer == NULL || node_parse_json(&scratch, own->answer->response.body, &node_limits_response, &root, NULL) != 0) return false;
    struct sv token = token_in(words, root, 0), forged = token.ptr == NULL ? SV_NONE : forge(&scratch, token, &s->subjects[a], &s->subjects[b]);
    struct additions list = {.len = 1, .ptr = {{.name = op->parameters[parameter].name, .value = forged, .documented = true}}};
    return forged.ptr != NULL && added_begin(run, op, a, &list, TAG_CURSOR | (uint32_t)b << 8);
}

// -- asking --------------------------------------------------------------------------------------------------------------------

// Does each of the two get an answer of its own to the same request?
static bool are_apart(struct check_run *run, const struct operation *op, uint16_t a, uint16_t b) {
    const struct baseline *x = check_baseline(run, op, a), *y = check_baseline(run, op, b);
    if (x->state != BASELINE_GOOD || y->state != BASELINE_GOOD || x->answer == NULL || y->answer == NULL || !sv_eq(x->request.target, y->request.target)) return false;
    return !signature_equal(&x->signature, &y->signature, &x->volatility) && !x->volatility.form_volatile;
}

// What would be the same for both changes nothing.
static void keep_different(const struct subject *mine, struct additions *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->len; i++) {
        struct sv v = list->ptr[i].value;
        bool same = sv_eq(v, mine->user) || sv_eq(v, mine->login) || sv_eq(v, mine->tenant) || sv_eq(v, mine->account);
        if (!same) list->ptr[kept++] = list->ptr[i];
    }
    list->len = kept;
}

static bool ask_subjects(struct check_run *run, const struct operation *op, uint16_t a, uint16_t b) {
    const struct state *s = check_state(run);
    const struct subject *theirs = &s->subjects[b];
    struct added_values values = {.user = theirs->user, .login = theirs->login, .tenant = theirs->tenant, .account = theirs->account};
    struct additions list;
    added_load(run, op, SV("subjects"), &values, &list);
    keep_different(&s->subjects[a], &list);
    return added_begin(run, op, a, &list, TAG_SUBJECTS | (uint32_t)b << 8);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    const struct state *s = state_of(run);
    if (!(sv_eq(op->method, SV("GET")) || op->read_only) || check_baseline(run, op, 0)->state == BASELINE_GOOD) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no read that needs credentials");
        return 0;
    }
    bool asked = false, apart = false;
    for (size_t i = 0; i < s->pair_count && !asked; i++) {
        uint16_t a = s->pairs[i].a, b = s->pairs[i].b;
        if (a >= IDENTITIES_MAX || b >= IDENTITIES_MAX || !are_apart(run, op, a, b)) continue;
        apart = true;
        asked = ask_subjects(run, op, a, b);
        asked = ask_cursor(run, op, a, b) || asked;
    }
    if (asked) check_coverage(run, op, COVERAGE_PASSED, NULL);
    else if (apart) check_coverage(run, op, COVERAGE_NOT_TESTED, "no answer about the caller says what the other identity is called");
    else check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no two ordinary identities get answers of their own to the same request");
    return 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------

static int views_of(struct check_run *run, uint16_t identity, const struct views **ret, struct error *err) {
    struct state *s = check_state(run);
    return ownership_views_once(run, identity, &s->views[identity], ret, err);
}

static bool names(struct check_run *run, const struct signs *s, const struct subject *who) {
    const struct sv texts[] = {who->user, who->login, who->account, who->tenant};
    for (size_t i = 0; i < 4; i++) {
        uint64_t h = texts[i].len == 0 ? 0 : signs_owner_hash(run, texts[i]);
        for (size_t k = 0; texts[i].len > 0 && k < s->owner_count; k++) {
            if (s->owner_values[k] == h) return true;
        }
    }
    return false;
}

// Does a value show that B's answer shows at the same place, that no view of A's has, and that was not sent?
static int shows_news(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, uint16_t b, bool *ret, struct error *err) {
    const struct added_hunt *h = e->user;
    const struct state *s = check_state(run);
    const struct subject *theirs = &s->subjects[b];
    struct value_set ours = {0};
    const struct views *views = NULL;
    const struct sv sent[] = {theirs->user, theirs->login, theirs->tenant, theirs->account};
    int r = views_of(run, h->identity, &views, err);
    if (r != 0) return r;
    bool ok = value_set_add(&e->arena, &ours, &plain->signature);
    for (size_t i = 0; i < 4 && ok; i++) ok = sent[i].len == 0 || value_set_add_text(&e->arena, &ours, check_key(run), sent[i]);
    if (!ok) return error_nomem(err);
    value_set_sort(&ours);
    const struct value_set *none_of[] = {&ours, &views->values};
    const struct baseline *y = check_baseline(run, e->operation, b);
    *ret = markers_common(&y->signature, &more->signature, &y->volatility, check_key(run), none_of, 2) > 0;
    return 0;
}

static int shows_more(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, bool *ret, struct error *err) {
    const struct state *s = check_state(run);
    uint16_t b = (uint16_t)(e->tag >> 8);
    *ret = false;
    if (!more->signs.good || more->signs.cached || !plain->signs.good) return 0;
    if ((e->tag & 0xff) == TAG_CURSOR) {
        *ret = names(run, &more->signs, &s->subjects[b]) && !names(run, &plain->signs, &s->subjects[b]);
        return 0;
    }
    const struct baseline *y = check_baseline(run, e->operation, b);
    if (!signature_equal(&more->signature, &y->signature, &y->volatility) || signature_equal(&plain->signature, &y->signature, &y->volatility)) return 0;
    return shows_news(run, e, plain, more, b, ret, err);
}

// How sure is it that what shows was not meant for the caller? What acts for somebody, or carries its tenant, is never a filter of public things; what is
// a filter needs a sign that what it finds is somebody's: private values, or at least B named as the owner of what each otherwise gets of its own only.
enum certainty { CERTAINTY_NONE, CERTAINTY_OWNED, CERTAINTY_PRIVATE };
static enum certainty certainty_of(struct check_run *run, const struct experiment *e, const struct added_answer *more, uint16_t b) {
    const struct added_hunt *h = e->user;
    const struct addition *x = h->chosen == SIZE_MAX ? NULL : &h->additions.ptr[h->chosen];
    if (identity_tenants_differ(run, h->identity, b) || ownership_is_described(run, e->operation)) return CERTAINTY_PRIVATE;
    if ((x != NULL && (x->acts || x->header)) || (e->tag & 0xff) == TAG_CURSOR) return CERTAINTY_PRIVATE;
    if (access_is_private(run, e->operation, &more->signs, e->operation->path)) return CERTAINTY_PRIVATE;
    const struct state *s = check_state(run);
    return names(run, &more->signs, &s->subjects[b]) ? CERTAINTY_OWNED : CERTAINTY_NONE;
}

static void weigh(struct check_run *run, const struct experiment *e, const struct added_answer *more, struct finding *f) {
    const struct added_hunt *h = e->user;
    const struct addition *x = added_chosen(h);
    uint16_t b = (uint16_t)(e->tag >> 8);
    enum certainty certainty = certainty_of(run, e, more, b);
    bool proven = check_identity_state(run, h->identity) == IDENTITY_PROVEN && check_identity_state(run, b) == IDENTITY_PROVEN;
    enum id_shape shape = x == NULL || (e->tag & 0xff) == TAG_CURSOR ? ID_SLUG : id_shape_of(x->value);
    f->impact = signs_impact(&more->signs, true, IMPACT_PERSONAL);
    f->who = certainty != CERTAINTY_OWNED && (shape == ID_INTEGER || shape == ID_SLUG) ? WHO_USER : WHO_LUCK;
    f->confidence = proven && certainty == CERTAINTY_PRIVATE ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
}

static int report(struct check_run *run, struct experiment *e, const struct added_answer *more, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 359}};
    const struct addition *x = added_chosen(e->user);
    bool cursor = (e->tag & 0xff) == TAG_CURSOR, everywhere = x != NULL && (x->header || x->acts);
    struct sv what = added_text(&e->arena, e->user);
    struct evidence_item evidence[3];
    struct finding f = {
        .category = CATEGORY_BOLA,
        .cause = cursor ? SV("page-token-names-owner") : SV("caller-chooses-subject"),
        // Whose request it is, is read in one place for all operations; a filter and a page token, in the handler.
        .scope = everywhere ? SCOPE_HOST : SCOPE_OPERATION,
        .scope_key = everywhere ? x->name : access_key(&e->arena, e->operation->method, e->operation->path),
        .title = cursor ? SV("A page token that callers can write chooses whose objects are listed") : SV("Callers choose on whose behalf they ask"),
        .reason = arena_printf(&e->arena, "with " SV_FMT " an ordinary identity got %s, in each of two rounds; without it, and with the same value under a random name, its own", SV_ARG(what),
                               cursor ? "objects that name another one as their owner" : "the own answer of another one"),
        .effects = effects,
        .effect_count = signs_are_sensitive(&more->signs),
        .cwe = {639},
    };
    weigh(run, e, more, &f);
    added_place(e, evidence, &f);
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL || what.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    bool proven;
    int r = added_judge(run, e, shows_more, &proven, err);
    if (r != 0 || !proven || check_operation_has_finding_in(run, e->operation, CATEGORY_BOLA)) return r;
    if (ownership_is_shared(run, e->operation, identity_tenants_differ(run, ((const struct added_hunt *)e->user)->identity, (size_t)(e->tag >> 8)))) return 0;
    struct added_answer more;
    r = added_read(run, e, ADDED_MORE, &more, err);
    // A filter of what may well be public: nothing to tell.
    if (r != 0 || certainty_of(run, e, &more, (uint16_t)(e->tag >> 8)) == CERTAINTY_NONE) return r;
    return report(run, e, &more, err);
}

const struct check check_bola_subject = {
    .id = "bola-subject",
    .title = "Requests that choose on whose behalf they are made",
    .category = CATEGORY_BOLA,
    .owasp = "API1:2023",
    .cwe = 639,
    .traits = CHECK_READ_ONLY | CHECK_TWO_IDENTITIES,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
