// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_CREATED_H
#define PLUMB_CHECKS_SUPPORT_CREATED_H

#include "checks/run.h"

// Objects that a check makes for itself: an ordinary POST to a collection from which a described DELETE can remove them.

// The POST that makes what `item` names ("/notes" for "/notes/{id}"); NULL when there is none that could be undone.
const struct operation *created_by(const struct check_run *run, const struct operation *item);
// A free text of the object (title, description …): may anything stand there?
bool text_is_free(const struct schema *schema, struct sv key, struct sv value);
// Adds the POST with a new random text in a free place to `e`. Returns the promise, 0 when it cannot be made. *ret_marker lives in e->arena.
uint32_t created_ask(struct check_run *run, struct experiment *e, const struct operation *create, size_t identity, struct sv *ret_marker);

#endif
