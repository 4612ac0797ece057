// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_DEBUG_PAGES_H
#define PLUMB_CHECKS_SUPPORT_DEBUG_PAGES_H

#include "checks/run.h"

// Pages that frameworks offer for debugging (data/debug-routes.yaml).

// Do the texts by which this entry's page is known stand in the body?
bool debug_page_shows(const struct node *route, struct sv body);
// Does the path lie below a page with a name of at least two segments ("/debug/pprof/heap" below "/debug/pprof/")? What stands there is that page's
// business, whatever it holds.
bool debug_page_covers(struct check_run *run, struct sv path);
// The entry whose page this answer is: the path ends with the entry's and the texts stand there. NULL when it is none.
const struct node *debug_page_find(struct check_run *run, struct sv path, struct sv body);

#endif
