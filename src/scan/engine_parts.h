// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_ENGINE_PARTS_H
#define PLUMB_SCAN_ENGINE_PARTS_H

// Private to src/scan: what the parts of the engine call of each other, file by file. Types: scan/engine_state.h, which includes this at its end.
#include "scan/engine_state.h"

// queue.c
bool queue_push(struct engine *e, struct slot *s);
struct slot *queue_top(const struct engine *e);
void queue_pop(struct engine *e);

// slots.c
struct slot *slot_new(struct engine *e, enum owner owner, uint16_t check);
void slot_release(struct slot *s); // frees its arena; the slot itself stays
struct probe *slot_add_probe(struct slot *s, enum probe_role role, size_t identity, const struct request *rq);
// Reserves the budget and queues. False (with reason) when the guard or the budget refuses.
bool slot_submit(struct engine *e, struct slot *s, const char **ret_reason);
int request_copy(struct arena *a, const struct request *from, struct request *ret);

// engine.c
bool operation_is_closed(const struct engine *e, const struct slot *s); // it answered 429 again and again: not asked any more, but about its limit
void slot_restart(struct engine *e, struct slot *s);
void engine_leave_running(struct engine *e, struct slot *s);
// routes.c: waits that one route asked for.
bool route_asks_to_wait(const struct engine *e, const struct slot *s); // an answer of it was 429 with Retry-After
bool route_parks(struct engine *e, struct slot *s, usec_t now); // void by 429 with a Retry-After
bool route_is_held(const struct engine *e, const struct slot *s);
bool route_park(struct engine *e, struct slot *s);            // an experiment whose route is held
int routes_pump(struct engine *e);                             // those whose time came go back to the queue
bool routes_block(const struct engine *e, const struct slot *top);
void routes_release(struct engine *e);                         // all of them, at once
int engine_give_up(struct engine *e, struct error *err) MUST_USE; // after a stop: what was not sent yet

// stages.c
int engine_pump(struct engine *e, struct error *err) MUST_USE; // the only place where the engine makes itself work
int engine_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;
int engine_rejudge_waiting(struct engine *e, bool force, struct error *err) MUST_USE;

// discovery.c
int discovery_begin(struct engine *e, struct error *err) MUST_USE;
// --spec URL is the first thing that is asked for, unless somebody has to sign in for it.
bool discovery_asks_first(const struct engine *e);
int discovery_ask_first(struct engine *e, struct error *err) MUST_USE;
int discovery_pump(struct engine *e, bool *ret_idle, struct error *err) MUST_USE;
int discovery_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE; // may return JUDGE_WAIT
// Follows links that later answers held, within what is left of discovery's requests. *ret_idle: nothing under way.
int discovery_follow(struct engine *e, bool *ret_idle, struct error *err) MUST_USE;
// Names origins that the target leads to and that are not scanned.
void discovery_hint(struct engine *e, const struct slot *s, const struct exchange *x);
int stack_pump(struct engine *e, bool *ret_idle, struct error *err) MUST_USE;

// baselines.c
struct baseline *baseline_of(struct engine *e, const struct operation *op, size_t identity);
int baselines_pump(struct engine *e, bool *ret_idle, struct error *err) MUST_USE;
int baselines_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;

// reading_posts.c: in active mode operations that are POST and only compute or look up are marked as reading.
int reading_posts_mark(struct engine *e, struct error *err) MUST_USE;
bool reading_post_is_login(struct engine *e, const struct operation *op);

// models.c
enum presence model_presence(struct engine *e, struct slot *s, size_t probe, struct error *err);
int model_blocked(struct engine *e, struct slot *s, size_t probe, struct error *err);
int models_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;
int slot_signature(struct engine *e, struct slot *s, size_t probe, struct signature *ret, struct error *err) MUST_USE;

// health.c
int health_pump(struct engine *e, struct error *err) MUST_USE;
int health_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE;
void health_note(struct engine *e, const struct slot *s, const struct exchange *x, struct sv detail);
// "127.0.0.1:8080" of the target, as people know it. In the engine's arena.
struct sv target_place(struct engine *e);

// ledger.c
void ledger_note(struct engine *e, uint16_t check, const struct operation *op, enum coverage_status status, const char *reason);
struct ledger_entry *ledger_find(struct engine *e, uint16_t check, const struct operation *op);
int ledger_finish(struct engine *e, struct error *err) MUST_USE;
int ledger_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) MUST_USE;

// findings.c
int findings_new(struct engine *e, struct error *err) MUST_USE;
int findings_add(struct engine *e, uint16_t check, const struct finding *f, struct error *err) MUST_USE;
// Is there an occurrence of one of these checks (ids, ended by NULL) at that place? `parameter` SV_NONE: any.
bool findings_have(const struct engine *e, struct sv method, struct sv path, struct sv parameter, const char *const *checks);
int findings_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) MUST_USE;

// knowledge and checks
const struct node *engine_knowledge(struct engine *e, struct sv name);
int checks_begin(struct engine *e, struct error *err) MUST_USE;
int checks_observe(struct engine *e, const struct exchange *x, struct error *err) MUST_USE;
int checks_plan(struct engine *e, struct error *err) MUST_USE;
int checks_judge(struct engine *e, struct slot *s, struct error *err) MUST_USE; // may return JUDGE_WAIT
int checks_finish(struct engine *e, struct error *err) MUST_USE;
bool check_selected(const struct scan_options *o, const struct check *c, struct sv *ret_reason);

#endif
