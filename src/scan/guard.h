// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_GUARD_H
#define PLUMB_SCAN_GUARD_H

#include "scan/scan.h"

// Private to src/scan: what may leave (DESIGN 7.1, 7.2). *ret_reason is static text, may be NULL.
struct engine;

bool guard_allows(const struct engine *e, const struct operation *op, const struct request *rq, const char **ret_reason);
// Does it more than read, whatever the mode permits?
bool guard_writes(const struct engine *e, const struct operation *op, const struct request *rq);
// Does --allow-write name it?
bool guard_names_write(const struct engine *e, const struct operation *op, const struct request *rq);
// Text to a recognised language model changes nothing, but it costs: asked by the checks of that category alone, also in safe mode.
bool guard_allows_text(struct engine *e, const struct operation *op, const struct request *rq);
// Operations that --read-only-post names read, whatever their names say.
void guard_mark_reads(struct engine *e);
bool guard_in_scope(const struct engine *e, const struct url *u);
bool pattern_matches(const struct operation_pattern *p, struct sv method, struct sv path);
bool operation_selected(const struct engine *e, const struct operation *op);

#endif
