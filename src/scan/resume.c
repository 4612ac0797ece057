// SPDX-License-Identifier: Apache-2.0
// May this recording be continued with these options? The engine repeats what stands in it, so all that decides what is asked must be the same.
#include "scan/startup.h"

static bool same_patterns(const struct operation_pattern *x, size_t x_count, const struct operation_pattern *y, size_t y_count) {
    if (x_count != y_count) return false;
    for (size_t i = 0; i < x_count; i++) {
        if (!sv_eq(x[i].method, y[i].method) || !sv_eq(x[i].pattern, y[i].pattern)) return false;
    }
    return true;
}

static bool same_words(const struct sv *x, size_t x_count, const struct sv *y, size_t y_count) {
    if (x_count != y_count) return false;
    for (size_t i = 0; i < x_count; i++) {
        if (!sv_eq(x[i], y[i])) return false;
    }
    return true;
}

static bool same_origins(const struct scan_options *x, const struct scan_options *y) {
    if (x->allow_origin_count != y->allow_origin_count) return false;
    for (size_t i = 0; i < x->allow_origin_count; i++) {
        if (!url_same_origin(&x->allow_origins[i], &y->allow_origins[i])) return false;
    }
    return true;
}

static bool same_identities(const struct scan_options *x, const struct scan_options *y) {
    if (x->identity_count != y->identity_count) return false;
    for (size_t i = 0; i < x->identity_count; i++) {
        if (!sv_eq(x->identities[i].name, y->identities[i].name)) return false;
    }
    return true;
}

const char *resume_difference(const struct scan_options *x, const struct scan_options *y) {
    if (x->mode != y->mode) return "--mode";
    if (!sv_eq(x->spec_bytes, y->spec_bytes) || !sv_eq(x->spec_url, y->spec_url)) return "--spec";
    if (!same_patterns(x->include, x->include_count, y->include, y->include_count)) return "--include";
    if (!same_patterns(x->exclude, x->exclude_count, y->exclude, y->exclude_count)) return "--exclude";
    if (!same_patterns(x->read_only_post, x->read_only_post_count, y->read_only_post, y->read_only_post_count)) return "--read-only-post";
    if (!same_patterns(x->allow_write, x->allow_write_count, y->allow_write, y->allow_write_count)) return "--allow-write";
    if (!same_patterns(x->allow_delete, x->allow_delete_count, y->allow_delete, y->allow_delete_count)) return "--allow-delete";
    if (!same_words(x->checks, x->check_count, y->checks, y->check_count)) return "--checks";
    if (!same_words(x->skip_checks, x->skip_check_count, y->skip_checks, y->skip_check_count)) return "--skip-checks";
    if (!same_origins(x, y)) return "--allow-origin";
    if (!same_identities(x, y)) return "--as or --as-file";
    if (x->budget_requests != y->budget_requests) return "--budget";
    if (x->lockout_budget != y->lockout_budget) return "--lockout-budget";
    if (x->metadata != y->metadata) return "--metadata";
    if (y->has_seed && x->seed != y->seed) return "--seed";
    return NULL;
}
