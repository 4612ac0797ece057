// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_FINDING_H
#define PLUMB_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"
#include "model/api.h"
#include "model/exchange.h"

// The twelve categories in the order and with the keys of the documented API.
#define CATEGORY_LIST(X)                                                    \
    X(AUTHENTICATION, "authentication", "Authentication", 15)               \
    X(BOLA, "bolaAuthorization", "Object authorization", 15)                \
    X(BFLA, "bflaAuthorization", "Function authorization", 10)              \
    X(PROPERTY, "propertyAuthorization", "Property authorization", 8)       \
    X(INPUT, "inputValidation", "Input validation", 10)                     \
    X(RATE, "rateLimiting", "Rate limiting", 6)                             \
    X(EXPOSURE, "dataExposure", "Data exposure", 12)                        \
    X(ENCRYPTION, "encryption", "Encryption", 8)                            \
    X(SSRF, "ssrf", "Server-side request forgery", 8)                       \
    X(INVENTORY, "inventoryManagement", "Inventory management", 3)          \
    X(CONSUMPTION, "unsafeConsumption", "Unsafe consumption", 3)            \
    X(LLM, "llmSecurity", "Language model security", 2)
enum category {
#define X(name, key, title, weight) CATEGORY_##name,
    CATEGORY_LIST(X)
#undef X
    CATEGORY_COUNT
};
struct category_info {
    const char *key, *title;
    unsigned weight;
};
extern const struct category_info category_infos[CATEGORY_COUNT];

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_COUNT };
enum confidence { CONFIDENCE_TENTATIVE, CONFIDENCE_FIRM, CONFIDENCE_CONFIRMED, CONFIDENCE_COUNT };
extern const char *const severity_names[SEVERITY_COUNT];     // "info" … "critical"
extern const char *const confidence_names[CONFIDENCE_COUNT]; // "tentative" …

// What is exposed or changed, and who can do it. Severity follows from both (severity_of); a check cannot choose it.
enum impact {
    IMPACT_NOTE,      // worth knowing, nothing exposed
    IMPACT_HARDENING, // a protection is missing, nothing shown to be lost
    IMPACT_INTERNAL,  // internals of the service: traces, versions, table names
    IMPACT_COST,      // unbounded use of something that costs or guards (login, export)
    IMPACT_PERSONAL,  // data of people
    IMPACT_ADMIN,     // functions or settings that only administrators should have
    IMPACT_DATA,      // reads or steers the datastore or the network position of the server
    IMPACT_SECRET,    // credentials, keys, tokens
    IMPACT_CODE,      // infrastructure credentials or code execution within reach
    IMPACT_COUNT
};
enum who { WHO_LUCK, WHO_USER, WHO_ANYONE, WHO_COUNT };
enum severity severity_of(enum impact impact, enum who who);

enum finding_scope { SCOPE_OPERATION, SCOPE_GROUP, SCOPE_HOST };
enum evidence_role { EVIDENCE_REFERENCE, EVIDENCE_PROBE, EVIDENCE_CONTROL };

struct evidence_item {
    enum evidence_role role;
    const struct exchange *exchange; // redacted view; copied by check_report, so it may be the experiment's
    struct sv note;                  // one short sentence, may be absent
};

struct finding_effect {
    enum category category;
    uint16_t cwe;
};

// One occurrence of a root cause. The engine groups occurrences with equal check, cause and scope key into one finding.
struct finding {
    const char *check;       // check id
    enum category category;
    struct sv cause;         // stable machine word: "missing-authentication", "table-name-control"; part of both fingerprints
    struct sv scope_key;     // what the root cause covers: "" host, "/admin" group, "GET /x/{}" operation (nameless template)
    enum finding_scope scope;
    enum impact impact;
    enum who who;
    enum severity severity;  // set by the engine from impact and who
    enum confidence confidence;
    struct sv title;         // what is wrong, without ids, hosts, times
    struct sv reason;        // one sentence: what was seen that proves it
    struct sv method, path;  // template; SV_NONE for host-wide
    struct sv parameter;     // name, SV_NONE when none
    enum param_in parameter_in;
    const struct operation *operation; // may be NULL
    const struct evidence_item *evidence;
    size_t evidence_count;
    const struct finding_effect *effects;
    size_t effect_count;
    uint16_t cwe[4];         // 0-terminated when fewer
    const char *owasp;       // "API1:2023"
    uint32_t facts[4];       // ids returned by check_fact, 0-terminated when fewer
};

enum coverage_status { COVERAGE_PASSED, COVERAGE_FOUND, COVERAGE_NOT_APPLICABLE, COVERAGE_NOT_TESTED, COVERAGE_INCONCLUSIVE, COVERAGE_COUNT };

#endif
