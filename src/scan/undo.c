// SPDX-License-Identifier: Apache-2.0
// promised ──write leaves──> open ──undo leaves──> undoing ──2xx──> done
//                             │                      └─> open again, at last failed
//                             └──target refused it──> nothing
//
// What a write created is removed by its own name, taken from the answer (Location, the id in the body). When that answer is lost, the collection is
// read and searched for the random text that went in with the write.
#include "scan/undo.h"

#include <errno.h>

#include "base/escape.h"
#include "checks/support/identities.h"
#include "data/node.h"
#include "http/header.h"
#include "scan/engine_state.h"

enum { TRIES_MAX = 3, SEARCH_DEPTH = 4, VALUE_UNDO = 1000000000 };

struct obligation *undo_find(const struct engine *e, uint32_t id) {
    return id == 0 || id > e->obligations.len ? NULL : e->obligations.ptr[id - 1];
}

static bool is_owed(const struct obligation *o) {
    return o->state == OBLIGATION_OPEN || o->state == OBLIGATION_UNDOING;
}

bool undo_is_open(const struct engine *e, uint32_t id) {
    const struct obligation *o = undo_find(e, id);
    return o != NULL && is_owed(o);
}

uint32_t undo_promise(struct engine *e, struct slot *s, uint16_t identity, const struct request *write, const struct undo_plan *plan) {
    struct obligation *o = arena_new(&e->arena, struct obligation);
    if (o == NULL || (plan->undo == NULL && plan->remover == NULL)) return 0;
    *o = (struct obligation){.id = (uint32_t)e->obligations.len + 1, .check = s->e.check, .identity = identity, .by = (uint16_t)(plan->by != 0 ? plan->by : identity), .creates = plan->undo == NULL, .remover = plan->remover};
    if (request_copy(&e->arena, write, &o->write) != 0) return 0;
    if (plan->undo != NULL && request_copy(&e->arena, plan->undo, &o->undo) != 0) return 0;
    if (plan->look != NULL && request_copy(&e->arena, plan->look, &o->look) != 0) return 0;
    if (plan->marker.len > 0) o->marker = arena_copy_sv(&e->arena, plan->marker);
    return VEC_PUSH(&e->arena, &e->obligations, o) ? o->id : 0;
}

static bool has_failed(const struct engine *e) {
    for (size_t i = 0; i < e->obligations.len; i++) {
        if (e->obligations.ptr[i]->state == OBLIGATION_FAILED) return true;
    }
    return false;
}

void undo_allows(struct engine *e, const struct slot *s, const struct probe *p, const char **ret_reason) {
    const struct operation *op = s->e.operation;
    if (s->owner != OWNER_CHECK || !guard_writes(e, op, &p->request) || sv_eq(p->request.method, SV("DELETE"))) return;
    const struct obligation *o = undo_find(e, p->promise);
    if (o == NULL) *ret_reason = "a write is not sent without a promise to undo it";
    else if (identity_is_privileged(&e->runs[s->e.check], p->identity) && !guard_names_write(e, op, &p->request))
        *ret_reason = "a privileged identity only reads unless --allow-write names the operation";
    else if (e->stage >= STAGE_LINGER) *ret_reason = "the scan is ending";
    else if (has_failed(e)) *ret_reason = "an earlier write could not be undone, so nothing more is written";
}

// -- what was created ----------------------------------------------------------------------------------------------------------

static struct sv path_of(struct sv target) {
    return sv_slice(target, 0, sv_find_char(target, '?'));
}

static void add_id(struct engine *e, struct obligation *o, struct sv text) {
    for (size_t i = 0; i < o->id_count; i++) {
        if (sv_eq(o->ids[i], text)) return;
    }
    struct sv copy = text.len == 0 || text.len > 200 || sv_find_char(text, '/') != SIZE_MAX ? SV_NONE : arena_copy_sv(&e->arena, text);
    if (copy.ptr != NULL && o->id_count < UNDO_IDS_MAX) o->ids[o->id_count++] = copy;
}

// "…/notes/17" where "/notes" was asked to create.
static void take_location(struct engine *e, struct obligation *o, const struct response *p) {
    struct sv path = path_of(header_find(&p->headers, SV("Location"))), base = path_of(o->write.target);
    if (sv_ends_with(path, SV("/"))) path = sv_slice(path, 0, path.len - 1);
    size_t slash = sv_rfind_char(path, '/');
    if (slash == SIZE_MAX || !sv_ends_with(sv_slice(path, 0, slash), base)) return;
    add_id(e, o, url_decode(&e->arena, sv_from_index(path, slash + 1), false));
}

static bool is_scalar(const struct node *n) {
    return n != NULL && (n->kind == NODE_STRING || n->kind == NODE_NUMBER) && n->text.len > 0;
}

static void take_ids(struct engine *e, struct obligation *o, const struct node *object) {
    static const struct sv keys[] = {SV_INIT("id"), SV_INIT("_id"), SV_INIT("Id"), SV_INIT("ID"), SV_INIT("uuid"), SV_INIT("guid"), SV_INIT("uid"), SV_INIT("slug"), SV_INIT("key"), SV_INIT("number")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *n = node_get(object, keys[i]);
        if (is_scalar(n)) add_id(e, o, n->text);
    }
    for (const struct node *n = object->first; n != NULL; n = n->next) { // "noteId", "note_id", "invoice_number"
        bool names = n->key.len > 2 && (sv_ends_with(n->key, SV("Id")) || sv_ends_with(n->key, SV("_id")) || sv_ends_with(n->key, SV("_number")) || sv_ends_with(n->key, SV("Uuid")));
        if (is_scalar(n) && names) add_id(e, o, n->text);
    }
}

// The object itself, or what wraps it: {"data": {…}}, {"note": {…}}.
static const struct node *created_object(const struct node *root) {
    for (unsigned depth = 0; depth < 2 && node_is(root, NODE_OBJECT); depth++) {
        if (is_scalar(node_get(root, SV("id"))) || is_scalar(node_get(root, SV("_id")))) return root;
        const struct node *inner = NULL;
        unsigned count = 0;
        for (const struct node *n = root->first; n != NULL; n = n->next) {
            if (n->kind == NODE_OBJECT && count++ == 0) inner = n;
        }
        if (count != 1) return root;
        root = inner;
    }
    return root;
}

static void take_created(struct engine *e, struct obligation *o, const struct exchange *x) {
    auto_arena a = {.limit = (size_t)16 << 20};
    struct node *root = NULL;
    if (node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL) == 0) {
        const struct node *object = created_object(root);
        if (node_is(object, NODE_OBJECT)) take_ids(e, o, object);
    }
    take_location(e, o, &x->response);
}

static bool holds_marker(const struct node *object, struct sv marker) {
    for (const struct node *n = object->first; n != NULL; n = n->next) {
        if (n->kind == NODE_STRING && sv_contains(n->text, marker)) return true;
    }
    return false;
}

static void search_marker(struct engine *e, struct obligation *o, const struct node *n, unsigned depth) {
    if (depth > SEARCH_DEPTH) return;
    if (n->kind == NODE_OBJECT && holds_marker(n, o->marker)) take_ids(e, o, n);
    for (const struct node *c = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) search_marker(e, o, c, depth + 1);
}

static struct sv created_path(struct arena *a, const struct obligation *o) {
    if (!o->creates || o->id_tried >= o->id_count) return SV_NONE;
    struct sv base = path_of(o->write.target);
    auto_buf b = BUF_INIT((size_t)64 * 1024);
    buf_add(&b, base);
    if (!sv_ends_with(base, SV("/"))) buf_add_char(&b, '/');
    esc_url(&b, o->ids[o->id_tried], "");
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

struct sv undo_created(struct engine *e, const struct obligation *o) {
    return created_path(&e->arena, o);
}

bool undo_is_ours(const struct engine *e, struct sv target) {
    auto_arena a = {.limit = (size_t)1 << 20};
    for (size_t i = 0; i < e->obligations.len; i++) {
        struct sv path = created_path(&a, e->obligations.ptr[i]);
        if (path.ptr != NULL && sv_eq(path, path_of(target))) return true;
    }
    return false;
}

// -- keeping promises ------------------------------------------------------------------------------------------------------------

void undo_note_sent(struct engine *e, const struct probe *p) {
    struct obligation *o = undo_find(e, p->promise);
    if (o == NULL) return;
    if (p->role == ROLE_UNDO && p->identity == o->by) o->tries++;
    if (p->role == ROLE_UNDO && o->state == OBLIGATION_OPEN) o->state = OBLIGATION_UNDOING;
    else if (p->role != ROLE_UNDO) o->state = OBLIGATION_OPEN;
}

static void note_write(struct engine *e, struct obligation *o, const struct exchange *x) {
    if (!exchange_answered(x)) return;
    unsigned status = x->response.status;
    o->refused = (status >= 400 && status < 500 && status != 408) || status == 501 || status == 503;
    o->answered = status < 400;
    if (o->answered && o->creates) take_created(e, o, x);
    if (o->refused && o->state == OBLIGATION_OPEN) o->state = OBLIGATION_NOTHING;
}

// It was there under this name, and is no longer: an undo whose answer was lost had worked.
static bool is_gone(const struct obligation *o, unsigned status) {
    return o->creates && o->seen && (status == 404 || status == 410);
}

static void note_undo(struct obligation *o, const struct exchange *x) {
    if (o->state != OBLIGATION_UNDOING || x == NULL) return;
    unsigned status = exchange_answered(x) ? x->response.status : 0;
    if (x->identity != o->by) { // somebody else's try, whatever the answer says
        o->state = OBLIGATION_OPEN;
        return;
    }
    o->status = status;
    if (o->status >= 200 && o->status < 300) o->state = OBLIGATION_DONE;
    else if (is_gone(o, o->status)) o->state = OBLIGATION_DONE;
    else o->state = o->tries < TRIES_MAX + o->id_count ? OBLIGATION_OPEN : OBLIGATION_FAILED;
    if (o->state == OBLIGATION_OPEN && o->status == 404 && o->id_tried + 1 < o->id_count) o->id_tried++;
}

// A good answer under the name that was taken from the answer: it is the right one.
static void note_seen(struct engine *e, const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status >= 300 || !sv_eq(x->request.method, SV("GET"))) return;
    VEC_EACH(struct obligation *, o, &e->obligations) {
        struct sv path = (*o)->creates && !(*o)->seen && is_owed(*o) ? undo_created(e, *o) : SV_NONE;
        (*o)->seen = (*o)->seen || (path.ptr != NULL && sv_eq(path, path_of(x->request.target)));
    }
}

void undo_note(struct engine *e, const struct slot *s, const struct exchange *x) {
    const struct probe *p = &s->e.probes[x->probe];
    note_seen(e, x);
    struct obligation *o = undo_find(e, p->promise);
    if (o == NULL || s->owner == OWNER_UNDO) return;
    if (p->role == ROLE_UNDO) note_undo(o, x);
    else note_write(e, o, x);
}

static bool has_placeholder(const struct obligation *o) {
    return sv_contains(o->undo.body, SV("{{")) || sv_contains(o->undo.target, SV("{{"));
}

// What is to be sent next for it: a look at the target first where something has to be learned. False when nothing can be done.
static bool next_request(struct engine *e, struct obligation *o, struct request *ret) {
    bool lost = o->creates && o->id_tried >= o->id_count, masked = e->resumed && has_placeholder(o);
    if ((lost || masked) && !o->looked && o->look.method.ptr != NULL) {
        *ret = o->look;
        return true;
    }
    if (lost) return false;
    *ret = o->undo;
    if (!o->creates) return true;
    *ret = (struct request){.method = SV("DELETE"), .target = undo_created(e, o), .origin = o->write.origin};
    return ret->target.ptr != NULL;
}

static void fail(struct obligation *o) {
    // Without an answer to the write, nothing found means that nothing was made.
    o->state = o->creates && !o->answered && o->looked && o->id_count == 0 ? OBLIGATION_NOTHING : OBLIGATION_FAILED;
}

void undo_now(struct engine *e, struct obligation *o) {
    struct request rq;
    if (o->state != OBLIGATION_OPEN) return;
    if (e->undo_closed || !next_request(e, o, &rq)) {
        fail(o);
        return;
    }
    struct slot *s = slot_new(e, OWNER_UNDO, CHECK_NONE);
    struct probe *p = s == NULL ? NULL : slot_add_probe(s, ROLE_UNDO, o->by, &rq);
    if (p == NULL) {
        fail(o);
        return;
    }
    bool looks = sv_eq(rq.method, SV("GET"));
    s->e.schedule = SCHEDULE_ALONE;
    s->e.purpose = PURPOSE_CONFIRM;
    s->e.value = VALUE_UNDO + (double)o->id;
    s->obligation = o;
    p->promise = looks ? 0 : o->id;
    const char *reason;
    if (looks) o->looked = true;
    o->state = slot_submit(e, s, &reason) ? OBLIGATION_UNDOING : OBLIGATION_FAILED;
}

int undo_judge(struct engine *e, struct slot *s) {
    struct obligation *o = s->obligation;
    const struct exchange *x = s->e.exchanges[0];
    if (s->e.probes[0].promise != 0) {
        note_undo(o, x);
    } else {
        auto_arena a = {.limit = (size_t)16 << 20};
        struct node *root = NULL;
        bool found = exchange_answered(x) && o->marker.len > 0 && node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL) == 0;
        if (!found && o->creates) { // what could not be seen is not known to be absent
            o->looked = ++o->tries > 2;
            o->answered = o->answered || o->looked;
        }
        if (found && o->creates) search_marker(e, o, root, 0);
        o->state = OBLIGATION_OPEN;
    }
    if (o->state == OBLIGATION_OPEN) undo_now(e, o);
    return 0;
}

void undo_drop(struct slot *s) {
    if (s->owner != OWNER_UNDO || s->obligation->state != OBLIGATION_UNDOING) return;
    s->obligation->state = OBLIGATION_OPEN;
    if (s->e.probe_count > 0 && s->e.probes[0].promise == 0) s->obligation->looked = false; // the look did not leave
}

bool undo_pump(struct engine *e) {
    bool owed = false;
    VEC_EACH(struct obligation *, o, &e->obligations) owed = owed || (*o)->state == OBLIGATION_UNDOING;
    for (size_t i = e->obligations.len; i-- > 0 && !owed;) {
        undo_now(e, e->obligations.ptr[i]);
        owed = e->obligations.ptr[i]->state == OBLIGATION_UNDOING;
    }
    return owed;
}

void undo_give_up_slot(struct engine *e, struct slot *s) {
    for (size_t i = s->e.probe_count; i-- > 0;) {
        struct obligation *o = undo_find(e, s->e.probes[i].promise);
        if (o == NULL || !is_owed(o)) continue;
        o->state = OBLIGATION_OPEN;
        undo_now(e, o);
    }
    ledger_note(e, s->e.check, s->e.operation, COVERAGE_INCONCLUSIVE, "interrupted while it wrote; the write was taken back, and is not repeated");
    struct ledger_entry *entry = ledger_find(e, s->e.check, s->e.operation);
    if (entry != NULL && entry->open > 0) entry->open--;
    s->state = SLOT_DONE;
}

// What was under way when the scan broke off is void; what could not be undone is tried once more.
void undo_resume(struct engine *e) {
    e->resumed = true;
    e->undo_closed = false;
    VEC_EACH(struct obligation *, o, &e->obligations) {
        if ((*o)->state != OBLIGATION_FAILED) continue;
        (*o)->state = OBLIGATION_OPEN;
        (*o)->tries = 0;
        (*o)->looked = false;
        if (e->stage >= STAGE_LINGER) undo_now(e, *o);
    }
}

bool engine_has_undos(const struct engine *e) {
    for (size_t i = 0; i < e->obligations.len; i++) {
        if (is_owed(e->obligations.ptr[i])) return true;
    }
    return false;
}

int engine_abandon_undos(struct engine *e, struct error *err) {
    e->undo_closed = true;
    VEC_EACH(struct obligation *, o, &e->obligations) {
        if (is_owed(*o)) (*o)->state = OBLIGATION_FAILED;
    }
    return engine_pump(e, err);
}

// -- telling ---------------------------------------------------------------------------------------------------------------------

static struct sv why_left(struct arena *a, const struct engine *e, const struct obligation *o) {
    if (o->creates && o->id_count == 0) return SV("the answer does not name what was created, and it was not found again");
    if (o->doubted) return SV("the undo was answered with success, but the old value is not back");
    if (o->status != 0) return arena_printf(a, "the undo was answered with %u", o->status);
    return e->undo_closed ? SV("no time was left to undo it") : SV("the undo was not answered");
}

static int tell_write(struct engine *e, struct arena *a, const struct obligation *o, struct result_write *w) {
    *w = (struct result_write){.check = check_registry[o->check]->id, .method = o->write.method, .target = o->write.target, .by = o->by,
                               .identity = o->identity == 0 ? SV_NONE : e->labels[o->identity].name};
    w->outcome = o->state == OBLIGATION_NOTHING || (o->refused && o->state != OBLIGATION_DONE) ? WRITE_REFUSED : o->state == OBLIGATION_DONE ? WRITE_UNDONE : WRITE_LEFT;
    if (w->outcome != WRITE_LEFT) return 0;
    struct request *undo = arena_new(a, struct request);
    w->reason = why_left(a, e, o);
    if (undo == NULL || w->reason.ptr == NULL) return -ENOMEM;
    *undo = o->undo;
    if (o->creates) *undo = (struct request){.method = SV("DELETE"), .target = undo_created(e, o), .origin = o->write.origin};
    w->undo = undo->target.ptr != NULL ? undo : NULL;
    engine_warn(e, SV_FMT " " SV_FMT " was not undone (" SV_FMT "); it is listed under \"writes\"", SV_ARG(w->method), SV_ARG(w->target), SV_ARG(w->reason));
    return 0;
}

int undo_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    r->writes = arena_new_array(a, struct result_write, e->obligations.len + 1);
    if (r->writes == NULL) return error_nomem(err);
    VEC_EACH(struct obligation *, o, &e->obligations) {
        if ((*o)->state == OBLIGATION_PROMISED) continue;
        if (tell_write(e, a, *o, &r->writes[r->write_count++]) != 0) return error_nomem(err);
    }
    r->warnings = e->warnings.ptr; // it may have grown
    r->warning_count = e->warnings.len;
    return 0;
}
