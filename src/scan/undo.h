// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_UNDO_H
#define PLUMB_SCAN_UNDO_H

// Private to src/scan. What the scan owes to the target: every write is promised back before it leaves (checks/run.h, check_write). Promises are
// kept last in, first out: by a probe of the same experiment, when the check asks for it, else when the scan ends, is interrupted or resumed.
// The recording is the journal: it holds each write on disk before the write leaves, and repeating it makes the same promises.

#include <stdbool.h>
#include <stdint.h>

#include "checks/run.h"
#include "model/exchange.h"
#include "model/result.h"

struct engine;
struct slot;

enum obligation_state {
    OBLIGATION_PROMISED, // the write did not leave
    OBLIGATION_OPEN,     // it did, and may have changed something
    OBLIGATION_UNDOING,  // an undo is queued or under way
    OBLIGATION_DONE,
    OBLIGATION_NOTHING,  // the target refused the write
    OBLIGATION_FAILED,
};

#define UNDO_IDS_MAX 4
struct obligation {
    uint32_t id; // from 1
    uint16_t check, identity; // who writes
    uint16_t by;              // who takes it back
    enum obligation_state state;
    bool creates;
    bool answered, refused; // the write, with a 2xx or 3xx; with a 4xx
    struct request write, undo, look; // in the engine's arena; method ptr NULL: none
    const struct operation *remover;
    struct sv marker;
    struct sv ids[UNDO_IDS_MAX]; // candidates for the name of what was created, best first
    size_t id_count, id_tried;
    bool looked, seen; // the target was asked for it; it was seen under its name
    bool doubted; // the undo said yes, and a look at the object says no
    unsigned tries;
    unsigned status; // last answer to an undo, 0: none
};

struct obligation *undo_find(const struct engine *e, uint32_t id); // NULL when there is none
bool undo_is_open(const struct engine *e, uint32_t id);
uint32_t undo_promise(struct engine *e, struct slot *s, uint16_t identity, const struct request *write, const struct undo_plan *plan);
// Refuses (with reason) what a check may not write.
void undo_allows(struct engine *e, const struct slot *s, const struct probe *p, const char **ret_reason);
// Is this the path of something that the scan made?
bool undo_is_ours(const struct engine *e, struct sv target);
// Concrete path of what the write created, SV_NONE while it is not known. In the engine's arena.
struct sv undo_created(struct engine *e, const struct obligation *o);
void undo_note_sent(struct engine *e, const struct probe *p);
void undo_note(struct engine *e, const struct slot *s, const struct exchange *x);
void undo_drop(struct slot *s);                          // leaves the queue unsent
void undo_give_up_slot(struct engine *e, struct slot *s); // an experiment that wrote is not repeated
void undo_now(struct engine *e, struct obligation *o);
bool undo_pump(struct engine *e); // undoes the newest open one; true while something is owed
void undo_resume(struct engine *e);
int undo_judge(struct engine *e, struct slot *s);
int undo_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) MUST_USE;

#endif
