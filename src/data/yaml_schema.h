// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_YAML_SCHEMA_H
#define PLUMB_DATA_YAML_SCHEMA_H

#include "data/node.h"

// The kind of a scalar by the core schema (YAML 1.2.2, 10.3): quoted ones are strings, `tag` (ptr NULL: none)
// overrules.
enum node_kind yaml_scalar_kind(struct sv text, bool plain, struct sv tag);
// What node.text is for it: "true" and "false" in one spelling, nothing for null.
struct sv yaml_scalar_text(struct sv text, enum node_kind kind);

#endif
