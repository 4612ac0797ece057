// SPDX-License-Identifier: Apache-2.0
#include "report/names.h"

const char *const report_parameter_places[PARAM_IN_COUNT] = {"path", "query", "header", "cookie", "body"};
const char *const report_roles[REPORT_ROLES] = {"reference", "probe", "control"};
const char *const report_category_statuses[REPORT_CATEGORY_STATUSES] = {"tested", "partial", "untested", "inconclusive",
                                                                        "not_applicable"};
const char *const report_coverage_statuses[COVERAGE_COUNT] = {"passed", "found", "not_applicable", "not_tested",
                                                              "inconclusive"};
const char *const report_write_outcomes[WRITE_OUTCOME_COUNT] = {"undone", "refused", "left"};
const char *const report_escape_statuses[REPORT_ESCAPE_STATUSES] = {"none", "not_seen", "conditional", "likely",
                                                                    "confirmed"};
const char *const report_fact_values[REPORT_VALUES] = {"no", "yes", "unknown"};
const char *const report_purposes[REPORT_PURPOSES] = {"health", "discovery", "models", "checks", "confirmation"};
const char *const report_layers[REPORT_LAYERS] = {"framework", "language", "datastore", "cloud", "proxy",
                                                  "credentials"};
