// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_ADDED_H
#define PLUMB_CHECKS_SUPPORT_ADDED_H

#include "checks/support/access.h"

// Parameters and headers that a caller may add to a request and that should change nothing for him (data/additions.yaml): what is shown with them and
// not without. A group is asked whole in one request. Where that shows more, each of the group is asked alone, and the one that does it goes through
// two rounds that run alone:
//   plain · with it · with it again · plain · the same value under a random name      (the second: with it · plain · plain · with it · random name)
// Truth condition of a round: both answers with it show more than both plain ones and than the control. A server whose answers depend on something else
// than the addition shows more in 4 of 10 answers exactly where it should with at most 2^-10, and with the two sightings below 2^-12 for fair coins;
// servers that take turns are out of step, because the places of the additions are of both parities in each round.

#define ADDED_MAX 40
struct addition {
    struct sv name, value; // as it shall arrive
    bool header;
    bool acts;       // says outright that somebody acts for another
    bool documented; // the operation has such a parameter
};
struct additions {
    struct addition ptr[ADDED_MAX];
    size_t len;
};

// Values for {user}, {login}, {tenant}, {account}, {refs}; additions whose place has no value are left out.
struct added_values {
    struct sv user, login, tenant, account, refs;
};
// The additions of a group. Documented parameters whose description does not allow the value are left out. Texts live as long as `values` and the data.
void added_load(struct check_run *run, const struct operation *op, struct sv group, const struct added_values *values, struct additions *ret);

struct added_answer {
    const struct exchange *exchange;
    struct signature signature;
    struct signs signs;
};
// What an experiment asks; `user` of its experiment.
struct added_hunt {
    uint16_t identity;
    struct additions additions;
    size_t chosen; // SIZE_MAX: all together
    bool reduced;  // the whole group was refused as malformed: headers and documented parameters only
};
// Does `more` show what `plain` does not, because of the additions? Scratch memory in e->arena.
typedef int (*added_judgement)(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, bool *ret,
                               struct error *err);

// Queues the first request of a hunt, on top of the identity's ordinary request. False when it cannot be asked.
bool added_begin(struct check_run *run, const struct operation *op, uint16_t identity, const struct additions *additions, uint32_t tag);
// Goes on with a hunt. *ret_proven: the second round held; probes ADDED_PLAIN, ADDED_MORE and ADDED_CONTROL of `e` show it.
int added_judge(struct check_run *run, struct experiment *e, added_judgement shows_more, bool *ret_proven, struct error *err) MUST_USE;
enum { ADDED_MORE, ADDED_PLAIN, ADDED_PLAIN_AGAIN, ADDED_MORE_AGAIN, ADDED_CONTROL };
// One answer, read.
int added_read(struct check_run *run, struct experiment *e, size_t i, struct added_answer *ret, struct error *err) MUST_USE;
// The addition that does it; NULL: all together.
const struct addition *added_chosen(const struct added_hunt *h);
// Operation, parameter and evidence of what a hunt has proven. `evidence` has room for three.
void added_place(const struct experiment *e, struct evidence_item evidence[3], struct finding *f);
// "the header X-Role: admin" or "the parameter view=full", cut to a line.
struct sv added_text(struct arena *a, const struct added_hunt *h);
// Names that the answer's keys refer to: "owner_id", "authorId" give "owner,author"; "all" when there are none.
struct sv added_refs(struct arena *a, const struct exchange *x);

#endif
