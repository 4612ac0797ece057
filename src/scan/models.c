// SPDX-License-Identifier: Apache-2.0
// Absence and block models, learned when a verdict first needs them (evidence.md 2).
#include "http/build.h"
#include "scan/engine_state.h"

int slot_signature(struct engine *e, struct slot *s, size_t probe, struct signature *ret, struct error *err) {
    if (probe >= s->e.probe_count || s->e.exchanges[probe] == NULL) {
        *ret = (struct signature){0};
        return 0;
    }
    const struct probe *p = &s->e.probes[probe];
    return signature_make(&s->e.arena, s->e.exchanges[probe], p->markers, p->marker_count, e->key, ret, err);
}

static struct sv path_of(const struct request *rq) {
    size_t q = sv_find_char(rq->target, '?');
    return q == SIZE_MAX ? rq->target : sv_slice(rq->target, 0, q);
}

static struct sv last_segment(struct sv path) {
    size_t slash = sv_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : sv_from_index(path, slash + 1);
}

static struct sv model_key(struct arena *a, struct sv method, struct sv path, uint16_t identity) {
    struct sv dir = path_directory(path);
    return arena_printf(a, SV_FMT " " SV_FMT " %u %d", SV_ARG(method), SV_ARG(dir), (unsigned)identity,
                        (int)segment_shape_of(last_segment(path)));
}

static void mark_failed(struct engine *e, struct sv key) {
    ignore_result(!map_set(&e->arena, &e->absence_failed, key, e));
}

static bool ask_controls(struct engine *e, const struct request *rq, uint16_t identity, struct sv key) {
    struct slot *s = slot_new(e, OWNER_ABSENCE, CHECK_NONE);
    if (s == NULL) return false;
    struct rng rng;
    rng_derive(&rng, e->seed, key, 1);
    struct sv paths[2];
    struct sv path = path_of(rq);
    if (absence_controls(&s->e.arena, &rng, path, paths, NULL) != 0) return false;
    s->e.purpose = PURPOSE_MODEL;
    s->e.phase = PHASE_DISCOVERY; // before everything else: somebody waits for it
    s->e.value = 1000;
    s->absence_method = arena_copy_sv(&e->arena, rq->method);
    s->absence_path = arena_copy_sv(&e->arena, path);
    s->absence_identity = identity;
    for (size_t i = 0; i < 2; i++) {
        struct request control = *rq;
        control.target = paths[i];
        struct probe *p = slot_add_probe(s, ROLE_CONTROL, identity, &control);
        if (p == NULL) return false;
        p->markers = arena_new_array(&s->e.arena, struct sv, 1);
        if (p->markers == NULL) return false;
        p->markers[0] = last_segment(p->request.target);
        p->marker_count = 1;
    }
    const char *reason;
    return slot_submit(e, s, &reason);
}

static int signature_of_place(struct engine *e, struct slot *s, size_t probe, struct sv name, struct signature *ret, struct error *err) {
    const struct probe *p = &s->e.probes[probe];
    struct sv *markers = arena_new_array(&s->e.arena, struct sv, p->marker_count + 1);
    if (markers == NULL) return error_nomem(err);
    if (p->marker_count > 0) memcpy(markers, p->markers, p->marker_count * sizeof *markers);
    markers[p->marker_count] = name;
    *ret = (struct signature){0};
    if (s->e.exchanges[probe] == NULL) return 0;
    return signature_make(&s->e.arena, s->e.exchanges[probe], markers, p->marker_count + (name.len > 0), e->key, ret, err);
}

enum presence model_presence(struct engine *e, struct slot *s, size_t probe, struct error *err) {
    // The controls' random names are masked where they are echoed; so must this one's be, or every echo would look like something.
    struct signature sig;
    const struct probe *p = &s->e.probes[probe];
    struct sv path = path_of(&p->request);
    if (signature_of_place(e, s, probe, last_segment(path), &sig, err) != 0 || !sig.valid) return PRESENCE_NOTHING;
    enum presence known = absence_judge(e->absence, p->request.method, path, p->identity, &sig);
    if (known != PRESENCE_UNKNOWN) return known;
    struct sv key = model_key(&e->arena, p->request.method, path, p->identity);
    if (key.ptr == NULL || e->models_final || map_has(&e->absence_failed, key)) return PRESENCE_NOTHING;
    if (map_has(&e->absence_pending, key)) return PRESENCE_UNKNOWN;
    if (!ask_controls(e, &p->request, p->identity, key)) {
        mark_failed(e, key);
        return PRESENCE_NOTHING;
    }
    ignore_result(!map_set(&e->arena, &e->absence_pending, key, e));
    return PRESENCE_UNKNOWN;
}

// One question for the whole scan: does something in front of the API dislike attack words in a parameter that nobody reads?
static bool ask_block(struct engine *e) {
    struct slot *s = slot_new(e, OWNER_BLOCK, CHECK_NONE);
    if (s == NULL) return false;
    struct request rq = {.method = SV("GET"), .target = e->scan->target.path};
    VEC_EACH(struct baseline *, b, &e->baselines) {
        if (*b != NULL && (*b)->state == BASELINE_GOOD && (*b)->identity == 0 && sv_eq((*b)->request.method, SV("GET"))) {
            rq = (*b)->request;
            break;
        }
    }
    struct rng rng;
    rng_derive(&rng, e->seed, SV("block"), 1);
    struct sv name = rng_word(&rng, &s->e.arena, 8);
    const char *join = sv_find_char(rq.target, '?') == SIZE_MAX ? "?" : "&";
    struct request plain = rq, hostile = rq;
    plain.target = arena_printf(&s->e.arena, SV_FMT "%s" SV_FMT "=plain%%20words%%20of%%20no%%20weight", SV_ARG(rq.target), join, SV_ARG(name));
    hostile.target = arena_printf(&s->e.arena, SV_FMT "%s" SV_FMT "=%%27%%20OR%%201%%3D1--%%20%%3Cscript%%3E..%%2F..%%2Fetc%%2Fpasswd",
                                  SV_ARG(rq.target), join, SV_ARG(name));
    s->e.purpose = PURPOSE_MODEL;
    s->e.phase = PHASE_DISCOVERY;
    s->e.value = 1000;
    const char *reason;
    return plain.target.ptr != NULL && hostile.target.ptr != NULL && slot_add_probe(s, ROLE_REFERENCE, 0, &plain) != NULL &&
           slot_add_probe(s, ROLE_CONTROL, 0, &hostile) != NULL && slot_add_probe(s, ROLE_REFERENCE, 0, &plain) != NULL && slot_submit(e, s, &reason);
}

int model_blocked(struct engine *e, struct slot *s, size_t probe, struct error *err) {
    if (e->block_state == 0) e->block_state = ask_block(e) ? 1 : 2;
    if (e->block_state == 1 && !e->models_final) return -1;
    if (!e->block_page.valid) return 0;
    struct signature sig;
    if (slot_signature(e, s, probe, &sig, err) != 0) return 0;
    return signature_alike(&sig, &e->block_page) && sig.length * 10 >= e->block_page.length * 8 &&
           sig.length * 8 <= e->block_page.length * 10 + 80;
}

static int copy_signature(struct engine *e, const struct signature *from, struct signature *ret) {
    *ret = *from;
    ret->pairs = arena_new_array(&e->arena, struct signature_pair, from->pair_count);
    if (ret->pairs == NULL) return -ENOMEM;
    if (from->pair_count > 0) memcpy(ret->pairs, from->pairs, from->pair_count * sizeof *ret->pairs);
    return 0;
}

static int judge_block(struct engine *e, struct slot *s, struct error *err) {
    struct signature plain, hostile, again;
    int r = slot_signature(e, s, 0, &plain, err);
    if (r == 0) r = slot_signature(e, s, 1, &hostile, err);
    if (r == 0) r = slot_signature(e, s, 2, &again, err);
    if (r != 0) return r;
    e->block_state = 2;
    bool steady = plain.valid && again.valid && plain.status == again.status && signature_alike(&plain, &again);
    if (!steady || !hostile.valid || signature_alike(&plain, &hostile)) return 0;
    engine_warn(e, "something in front of the API blocks requests that look hostile (status %u); what it blocked counts as not tested",
                (unsigned)hostile.status);
    return copy_signature(e, &hostile, &e->block_page);
}

int models_judge(struct engine *e, struct slot *s, struct error *err) {
    if (s->owner == OWNER_BLOCK) return judge_block(e, s, err);
    struct signature answers[2];
    for (size_t i = 0; i < 2; i++) {
        int r = slot_signature(e, s, i, &answers[i], err);
        if (r != 0) return r;
    }
    struct sv key = model_key(&e->arena, s->absence_method, s->absence_path, s->absence_identity);
    if (key.ptr == NULL) return error_nomem(err);
    if (!answers[0].valid && !answers[1].valid) {
        mark_failed(e, key);
        return 0;
    }
    int r = absence_learn(&e->arena, e->absence, s->absence_method, s->absence_path, s->absence_identity, answers, err);
    if (r == 0 && !absence_knows(e->absence, s->absence_method, s->absence_path, s->absence_identity)) mark_failed(e, key);
    return r;
}
