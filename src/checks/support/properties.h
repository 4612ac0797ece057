// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_PROPERTIES_H
#define PLUMB_CHECKS_SUPPORT_PROPERTIES_H

#include "checks/run.h"

// Properties of an answer that its readers perhaps should not see, by their names (data/property.yaml), their values and the description of the answer.
// A name alone counts for nothing: the value must look like it.
enum property_kind {
    PROPERTY_CREDENTIAL,
    PROPERTY_WRITE_ONLY, // the description says so
    PROPERTY_RECORD,     // what only a person and who keeps its record know, in the record of a person
    PROPERTY_PERSON,     // personal property of somebody who is named inside of an answer about something else
    PROPERTY_NOTE,
    PROPERTY_ECONOMIC,
    PROPERTY_FLAG,
    PROPERTY_COUNT
};

#define PROPERTY_PEOPLE_MAX 16
struct property_sight {
    struct sv key;
    unsigned count;      // objects
    bool known;          // the description says anything about this place
    bool undocumented;   // it has properties, and this one is not among them
    bool closed;         // it says that there are no others (additionalProperties: false)
    bool about_person;   // stood in the record of a person
    bool recognised;     // the redaction recognised the value
    uint64_t values[PROPERTY_PEOPLE_MAX]; // keyed hashes, distinct
    unsigned distinct;
};
struct properties {
    struct property_sight sights[PROPERTY_COUNT];
};

// Reads one answer. Properties that the description documents are left out, but for credentials and what it calls write-only; masked values too. `op`
// may be NULL. -ENOMEM only; what is not JSON shows nothing.
int properties_read(struct check_run *run, struct arena *a, const struct operation *op, const struct exchange *x, struct properties *ret) MUST_USE;
// "/people" of "/people" and "/people/{id}": the list and its items come out of one serialiser, so they have one cause.
struct sv property_scope_key(struct arena *a, struct sv path);
// Does the text look drawn rather than written?
bool property_looks_drawn(struct sv text);

#endif
