// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_EXPOSED_FORMS_H
#define PLUMB_CHECKS_SUPPORT_EXPOSED_FORMS_H

#include "data/node.h"

// Is this the file of an entry of data/exposed-files.yaml, by its content alone?
bool exposed_form_fits(const struct node *entry, struct sv body);
// Does the text begin as a page of markup does?
bool exposed_form_is_page(struct sv body);

#endif
