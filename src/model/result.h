// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_RESULT_H
#define PLUMB_MODEL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/sv.h"
#include "model/api.h"
#include "model/fact.h"
#include "model/finding.h"

// All that a report is made of: plain data, filled by the engine (or read back from a JSON report). Nothing here holds a secret.

struct result_occurrence {
    struct sv method, path; // SV_NONE when host-wide
    struct sv parameter;    // SV_NONE when none
    enum param_in parameter_in;
    struct sv file;         // specification file, SV_NONE when unknown
    unsigned line;
    struct sv fingerprint;  // 32 hex
    bool known;             // stands in the baseline
};

struct result_evidence {
    enum evidence_role role;
    struct sv request, response; // excerpts as text, redacted: start line, headers, blank line, body (cut at 4 KiB with a mark)
    struct sv note;
    const struct request *raw;   // for the curl line; NULL when read back
    uint16_t identity;
};

struct result_finding {
    const char *check;
    const char *check_title;
    struct sv cause;
    enum category category;
    enum severity severity;
    enum confidence confidence;
    struct sv title, reason;
    struct sv method, path, parameter;
    enum param_in parameter_in;
    struct result_occurrence *occurrences;
    size_t occurrence_count; // at least 1
    struct result_evidence *evidence;
    size_t evidence_count;
    const struct finding_effect *effects;
    size_t effect_count;
    uint16_t cwe[4];
    const char *owasp;
    uint32_t *facts;
    size_t fact_count;
    struct sv fingerprint; // of the finding, 32 hex
    struct sv curl;        // filled by the report layer
    bool known;
    double deduction;      // filled by score_compute: points taken off its category
};

enum category_status { CATEGORY_TESTED, CATEGORY_PARTIAL, CATEGORY_UNTESTED, CATEGORY_INCONCLUSIVE, CATEGORY_NOT_APPLICABLE };
struct result_category {
    double score; // 0 to 100
    enum category_status status;
    struct sv reason;
    unsigned operations_tested, operations_total; // that the category applies to
};

struct result_coverage {
    const char *check;
    struct sv method, path;
    enum coverage_status status;
    struct sv reason;
};

struct result_stack_layer {
    struct sv id, name, version, evidence;
    double confidence;
};

struct result_cap {
    unsigned at;
    struct sv because;
};

struct result_step {
    struct sv rule;  // id of the graph rule, or SV_NONE for a leaf
    struct sv text;  // one line for people
    struct sv label; // a few words, for the path in one line; SV_NONE: not shown there
    uint32_t fact;   // leaf: id
    enum fact_source source;
};
struct result_assumption {
    struct sv fact, settle;
};
enum escape_status { ESCAPE_NONE, ESCAPE_NOT_SEEN, ESCAPE_CONDITIONAL, ESCAPE_LIKELY, ESCAPE_CONFIRMED };
struct result_goal {
    struct sv goal;
    enum escape_status status;
    struct result_step *path;
    size_t path_count;
    struct result_assumption *assumptions;
    size_t assumption_count;
};
struct result_fix {
    struct sv leaf, advice;
    unsigned cost;
};
struct result_escape {
    enum escape_status status;
    struct result_goal *goals;
    size_t goal_count;
    struct result_fix *fixes;
    size_t fix_count;
    struct result_assumption *settle; // not_seen: what would settle it
    size_t settle_count;
};

// A request of the scan that may have changed something.
enum write_outcome { WRITE_UNDONE, WRITE_REFUSED /* the target did not take it */, WRITE_LEFT /* what it did is still there */, WRITE_OUTCOME_COUNT };
struct result_write {
    const char *check;
    struct sv method, target; // as sent
    struct sv identity;       // name, SV_NONE for nobody
    enum write_outcome outcome;
    struct sv reason;         // WRITE_LEFT: why; SV_NONE otherwise
    const struct request *undo; // WRITE_LEFT: what would take it back; NULL when that is not known, or when read back
    uint16_t by;              // index of the identity
    struct sv curl;           // filled by the report layer
};

struct scan_result {
    struct sv tool_version;
    struct sv scan_id;       // "20260102-030405-7f3a9c"
    usec_t started, ended;   // realtime
    struct sv mode;          // "safe"
    uint64_t seed;
    unsigned requests;
    unsigned requests_by_purpose[8]; // enum purpose
    uint64_t bytes;
    struct sv spec;          // file or URL, SV_NONE when none
    struct sv *identities;   // names, without nobody
    size_t identity_count;
    struct sv budget;        // as given, SV_NONE when none
    struct sv target_url;
    struct sv *origins;
    size_t origin_count;
    struct result_stack_layer stack[6]; // enum stack_layer
    const struct api *api;   // may be NULL (read back)

    struct result_finding *findings; // worst first
    size_t finding_count;
    struct fact *facts;
    size_t fact_count;
    struct result_coverage *coverage;
    size_t coverage_count;
    struct result_category categories[CATEGORY_COUNT]; // status and counts by the engine, score by score_compute
    struct result_escape escape;                       // by the graph
    struct sv *warnings;
    size_t warning_count;
    struct result_write *writes; // active mode, in the order of sending
    size_t write_count;

    double overall;  // by score_compute
    char grade;      // 'A'..'F' or '?'
    double coverage_percent;
    struct result_cap *caps;
    size_t cap_count;

    int exit_code;
    struct sv *exit_reasons;
    size_t exit_reason_count;
    bool gate_used, gate_passed;
    struct sv *gate_reasons;
    size_t gate_reason_count;
    bool interrupted;
    int interrupt_signal; // SIGINT or SIGTERM; 0 when it is not known
};

#endif
