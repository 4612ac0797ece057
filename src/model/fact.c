// SPDX-License-Identifier: Apache-2.0
#include "model/fact.h"

const char *const fact_source_names[FACT_SOURCE_COUNT] = {"probe", "posture", "declared", "operator", "assumed"};
