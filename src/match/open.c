// SPDX-License-Identifier: Apache-2.0
#include "match/embedded.h"
#include "match/set.h"

int match_open(struct arena *a, struct match_set **ret, struct error *err) {
    hs_database_t *database = NULL;
    hs_error_t r = hs_deserialize_database((const char *)embedded_database, embedded_database_size, &database);
    if (r == HS_NOMEM)
        return error_nomem(err);
    if (r != HS_SUCCESS) {
        // Another version of the library, or a CPU that the build machine's copy does not fit.
        int code = pattern_compile(embedded_patterns, embedded_pattern_count, /* portable= */ false, &database, err);
        if (code < 0)
            return code;
    }
    return match_set_new(a, embedded_patterns, embedded_pattern_count, database, ret, err);
}
