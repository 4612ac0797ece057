// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_WRITE_TRIAL_H
#define PLUMB_CHECKS_SUPPORT_WRITE_TRIAL_H

#include "checks/run.h"

// One property of one object is set, read back, set to what it was, and read again (evidence.md: oracle "read-back"). One experiment, one after the
// other, nothing else under way: look, (write by nobody, look,) write, look, undo, look. Nothing is concluded from the answer to the write.
// A text or number is drawn with over 30 bits; a property that changes by itself would have to come to the drawn value and back to the old one, in
// two rounds.
struct write_trial {
    const struct operation *write;   // PUT, PATCH (or POST to the object)
    const struct operation *read;    // GET of the same path
    struct request look;             // as `reader`
    struct sv property;              // a member of the object
    struct sv before, after;         // JSON text
    uint16_t writer, reader, owner;  // owner takes it back
    bool nobody;                     // with a write by nobody as a control
    bool whole;                      // the body is the whole object (PUT), else the property alone
};
enum trial_outcome {
    TRIAL_TROUBLE, // no answer, another value than expected to begin with
    TRIAL_REFUSED,
    TRIAL_IGNORED, // answered well, and nothing changed
    TRIAL_STUCK,   // took, and did not go back
    TRIAL_OPEN,    // nobody's write took
    TRIAL_TOOK,
};

// The GET operation of the same path; NULL when there is none.
const struct operation *trial_reader_of(const struct check_run *run, const struct operation *write);
// Parses the reader's answer; NULL when it is no object. `a` holds the tree.
const struct node *trial_object(struct arena *a, const struct exchange *x);
// Queues the trial; `t` is copied and found again in e->user by trial_of. `object`: the object as it is, for `whole`. False when it cannot be sent.
bool trial_ask(struct check_run *run, const struct write_trial *t, const struct node *object, uint16_t round);
// A text of the object that the operation may set to anything; NULL when there is none. The trial with a random word in its place.
const struct node *trial_free_text(const struct operation *op, const struct node *object);
bool trial_ask_text(struct check_run *run, struct write_trial *t, const struct node *object, const struct node *text, uint16_t round);
const struct write_trial *trial_of(const struct experiment *e);
enum trial_outcome trial_judge(struct check_run *run, const struct experiment *e);
// Evidence of the write and of the look behind it; ret has room for 3.
size_t trial_evidence(const struct experiment *e, struct evidence_item *ret);

#endif
