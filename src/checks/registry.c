// SPDX-License-Identifier: Apache-2.0
#include "checks/check.h"

const struct check *const check_registry[] = {
#define X(name) &check_##name,
    CHECK_LIST(X)
#undef X
    NULL,
};
const size_t check_registry_count = sizeof check_registry / sizeof check_registry[0] - 1;

const struct check *check_find(struct sv id) {
    for (size_t i = 0; i < check_registry_count; i++) {
        if (sv_eq(id, sv_from(check_registry[i]->id))) return check_registry[i];
    }
    return NULL;
}
