// SPDX-License-Identifier: Apache-2.0
#include "model/finding.h"

const struct category_info category_infos[CATEGORY_COUNT] = {
#define X(name, key_text, title_text, points) {.key = key_text, .title = title_text, .weight = points},
    CATEGORY_LIST(X)
#undef X
};

const char *const severity_names[SEVERITY_COUNT] = {"info", "low", "medium", "high", "critical"};
const char *const confidence_names[CONFIDENCE_COUNT] = {"tentative", "firm", "confirmed"};

// The published table (docs/severity.md): rows what is exposed or changed, columns who can do it (with luck, any user, anyone).
enum severity severity_of(enum impact impact, enum who who) {
    static const unsigned char table[IMPACT_COUNT][WHO_COUNT] = {
        [IMPACT_NOTE] = {SEVERITY_INFO, SEVERITY_INFO, SEVERITY_INFO},
        [IMPACT_HARDENING] = {SEVERITY_INFO, SEVERITY_LOW, SEVERITY_LOW},
        [IMPACT_INTERNAL] = {SEVERITY_LOW, SEVERITY_LOW, SEVERITY_MEDIUM},
        [IMPACT_COST] = {SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_MEDIUM},
        [IMPACT_PERSONAL] = {SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH},
        [IMPACT_ADMIN] = {SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH},
        [IMPACT_DATA] = {SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH},
        [IMPACT_SECRET] = {SEVERITY_HIGH, SEVERITY_HIGH, SEVERITY_CRITICAL},
        [IMPACT_CODE] = {SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_CRITICAL},
    };
    return (enum severity)table[impact][who];
}
