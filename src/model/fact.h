// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_FACT_H
#define PLUMB_MODEL_FACT_H

#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

enum fact_value { FACT_NO, FACT_YES, FACT_UNKNOWN };
enum fact_source { FACT_PROBE, FACT_POSTURE, FACT_DECLARED, FACT_OPERATOR, FACT_ASSUMED, FACT_SOURCE_COUNT };
extern const char *const fact_source_names[FACT_SOURCE_COUNT]; // "probe" …

#define FACT_ARGS_MAX 4
struct fact_arg {
    struct sv name, value;
};

// A ground atom (DESIGN 5): `kind` stands in data/facts.yaml with its argument types.
struct fact {
    uint32_t id; // given by the engine, from 1
    struct sv kind;
    struct sv subject_type, subject; // "endpoint" "GET /fetch", "api" "", "container" "api"
    struct fact_arg args[FACT_ARGS_MAX];
    size_t arg_count;
    enum fact_value value;
    enum fact_source source;
    struct sv evidence;   // finding fingerprint or one sentence
    uint8_t confidence;   // enum confidence
};

#endif
