// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_STACK_STACK_INTERNAL_H
#define PLUMB_STACK_STACK_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>

#include "base/random.h"
#include "base/vec.h"
#include "stack/stack.h"

// What was asked, for features that only an answer to our own question shows.
enum stack_probe {
    STACK_PROBE_NONE, // any exchange of the scan
    STACK_PROBE_UNKNOWN_PATH,
    STACK_PROBE_UNKNOWN_PAGE, // the same, asking for HTML
    STACK_PROBE_WRONG_METHOD, // OPTIONS on a known path
    STACK_PROBE_UNKNOWN_METHOD,
    STACK_PROBE_BAD_ESCAPE, // /%zz
    STACK_PROBE_BAD_QUERY,  // ?%zz
    STACK_PROBE_TRAILING_SLASH,
    STACK_PROBE_HEAD,
    STACK_PROBE_COUNT
};

enum feature_special { SPECIAL_NONE, SPECIAL_DYNAMODB_CURSOR };

enum { FEATURE_STATUS_MAX = 8, FEATURE_ABSENT_MAX = 6 };

// All stated conditions must hold. A regular expression is compiled when its literal stood there for the first time.
struct feature {
    double weight;   // -0.9 to 0.75; below 0 it speaks against
    uint32_t probes; // bit per enum stack_probe, 0: any exchange
    uint16_t statuses[FEATURE_STATUS_MAX];
    size_t status_count;
    struct sv method;
    struct sv header;    // must be there
    size_t header_count; // exactly so many lines of it; 0: any
    struct sv absent[FEATURE_ABSENT_MAX];
    size_t absent_count;
    bool lower_case;       // all field names are (HTTP/1 only)
    bool has_empty, empty; // body must be empty, or must not
    struct sv text;        // body holds this literal
    struct sv exact;       // body is this, ptr NULL: no matter
    struct sv regex;       // on the header's value when there is a header, else on the body; group 1 is the version
    enum feature_special special;
    bool in_body; // has conditions on the body's bytes

    pcre2_code *code;
    bool broken, seen;
    struct sv evidence, version; // of the exchange that showed it
};

struct fingerprint {
    enum stack_layer layer;
    struct sv id, name;
    enum stack_layer implies_layer[2];
    struct sv implies[2]; // ids
    size_t implies_count;
    struct feature *features;
    size_t feature_count;
};

struct fingerprint_list {
    struct fingerprint *ptr;
    size_t len, cap;
};

enum { SEEN_SLOTS = 4096, LITERAL_BITS = 1U << 15 };

// Which of many answers were looked at already: forgets when full, never grows.
struct seen_set {
    uint64_t slots[SEEN_SLOTS];
    size_t used;
};

struct stack {
    struct arena *a;
    struct fingerprint_list prints;
    uint64_t seed;
    struct rng rng;
    unsigned next_probe;
    unsigned bodies; // large good answers that were searched
    struct seen_set heads, errors;
    uint8_t literal_bits[LITERAL_BITS / 8]; // hashes of the first four bytes of every literal
    pcre2_match_data *groups;
    pcre2_match_context *limits;
};

int stack_load(struct stack *s, const struct node *document, struct sv list, enum stack_layer layer,
               struct error *err) MUST_USE;
// Judges every feature that was not seen yet.
int stack_judge(struct stack *s, const struct exchange *x, enum stack_probe probe, bool head, bool body,
                struct error *err) MUST_USE;
// Marks a literal; then: may any of the marked ones stand in the text?
void literals_mark(struct stack *s, struct sv literal);
bool literals_may_match(const struct stack *s, struct sv text);
// A page token that is DynamoDB's LastEvaluatedKey: base64 of a JSON object whose members are attribute values.
// Returns the token, SV_NONE when there is none.
struct sv dynamodb_cursor_find(struct sv body);
// 0 to 1, before what other layers imply.
double fingerprint_confidence(const struct fingerprint *f);
double stack_confidence(const struct stack *s, enum stack_layer layer, struct sv id);

#endif
