// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_REPORT_NAMES_H
#define PLUMB_REPORT_NAMES_H

#include "model/result.h"

// The words of the native report (docs/report.schema.json), in the order of their enums. Writer and reader share them.
enum { REPORT_ROLES = 3, REPORT_CATEGORY_STATUSES = 5, REPORT_ESCAPE_STATUSES = 5, REPORT_VALUES = 3, REPORT_PURPOSES = 5, REPORT_LAYERS = 6 };
extern const char *const report_parameter_places[PARAM_IN_COUNT];
extern const char *const report_roles[REPORT_ROLES];
extern const char *const report_category_statuses[REPORT_CATEGORY_STATUSES];
extern const char *const report_coverage_statuses[COVERAGE_COUNT];
extern const char *const report_write_outcomes[WRITE_OUTCOME_COUNT];
extern const char *const report_escape_statuses[REPORT_ESCAPE_STATUSES];
extern const char *const report_fact_values[REPORT_VALUES];
extern const char *const report_purposes[REPORT_PURPOSES];
extern const char *const report_layers[REPORT_LAYERS];

#endif
