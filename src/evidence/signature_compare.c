// SPDX-License-Identifier: Apache-2.0
#include "evidence/signature_internal.h"

#include "base/vec.h"

#define VOLATILE_PATHS_MAX 8192
#define ALIKE_SIMILARITY   0.7

static size_t volatility_place(const struct volatility *v, uint64_t path) {
    size_t low = 0, high = v->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->paths[middle] < path)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool volatility_has(const struct volatility *v, uint64_t path) {
    if (v == NULL || v->len == 0)
        return false;
    size_t at = volatility_place(v, path);
    return at < v->len && v->paths[at] == path;
}

static int pair_compare(struct signature_pair x, struct signature_pair y) {
    if (x.path != y.path)
        return x.path < y.path ? -1 : 1;
    return x.value == y.value ? 0 : x.value < y.value ? -1 : 1;
}

static int volatility_add(struct arena *a, struct volatility *v, uint64_t path, struct error *err) {
    size_t at = volatility_place(v, path);
    if ((at < v->len && v->paths[at] == path) || v->len >= VOLATILE_PATHS_MAX)
        return 0;
    uint64_t *paths = vec_grow(a, v->paths, v->len, &v->cap, sizeof *paths);
    if (v->cap <= v->len)
        return error_nomem(err);
    v->paths = paths;
    memmove(paths + at + 1, paths + at, (v->len - at) * sizeof *paths);
    paths[at] = path;
    v->len++;
    return 0;
}

size_t signature_stable_pairs(const struct signature *x, const struct volatility *v) {
    size_t count = 0;
    for (size_t i = 0; i < x->pair_count; i++)
        count += !volatility_has(v, x->pairs[i].path);
    return count;
}

static bool same_frame(const struct signature *x, const struct signature *y) {
    return x->valid && y->valid && x->status == y->status && x->media_type == y->media_type &&
           x->is_json == y->is_json && x->is_html == y->is_html;
}

// Common and all non-volatile pairs of both multisets.
static void count_pairs(const struct signature *x, const struct signature *y, const struct volatility *v,
                        size_t *ret_common, size_t *ret_all) {
    size_t i = 0, j = 0, common = 0, all = 0;
    while (i < x->pair_count || j < y->pair_count) {
        int order = i >= x->pair_count ? 1 : j >= y->pair_count ? -1 : pair_compare(x->pairs[i], y->pairs[j]);
        uint64_t path = order <= 0 ? x->pairs[i].path : y->pairs[j].path;
        if (!volatility_has(v, path)) {
            all++;
            common += order == 0;
        }
        i += order <= 0;
        j += order >= 0;
    }
    *ret_common = common;
    *ret_all = all;
}

bool signature_equal(const struct signature *x, const struct signature *y, const struct volatility *v) {
    if (!same_frame(x, y) || x->location != y->location || x->skeleton != y->skeleton)
        return false;
    bool shingles_count = !x->is_json && (v == NULL || !v->shingles_volatile);
    if (shingles_count && memcmp(x->shingles, y->shingles, sizeof x->shingles) != 0)
        return false;
    size_t common = 0, all = 0;
    count_pairs(x, y, v, &common, &all);
    return common == all;
}

double signature_similarity(const struct signature *x, const struct signature *y) {
    size_t same = 0;
    for (size_t i = 0; i < SIGNATURE_SHINGLES; i++)
        same += x->shingles[i] == y->shingles[i];
    return (double)same / SIGNATURE_SHINGLES;
}

bool signature_alike(const struct signature *x, const struct signature *y) {
    if (!same_frame(x, y) || x->skeleton != y->skeleton)
        return false;
    return x->is_json || x->is_html || signature_similarity(x, y) >= ALIKE_SIMILARITY;
}

double signature_distance(const struct signature *x, const struct signature *y, const struct volatility *v) {
    if (!x->valid || !y->valid || x->is_json != y->is_json || x->is_html != y->is_html)
        return 1;
    size_t common = 0, all = 0;
    count_pairs(x, y, v, &common, &all);
    return all == 0 ? 0 : 1 - (double)common / (double)all;
}

int volatility_learn(struct arena *a, struct volatility *v, const struct signature *x, const struct signature *y,
                     struct error *err) {
    if (!x->valid || !y->valid)
        return 0;
    bool comparable = same_frame(x, y);
    v->learned_from++;
    v->length_volatile |= x->length != y->length;
    v->status_volatile |= x->status != y->status;
    v->form_volatile |= !comparable || x->skeleton != y->skeleton || x->location != y->location;
    // Pairs of a page and of its error page differ everywhere; learning them would leave nothing to compare.
    if (!comparable)
        return 0;
    v->shingles_volatile |= memcmp(x->shingles, y->shingles, sizeof x->shingles) != 0;
    size_t i = 0, j = 0;
    while (i < x->pair_count || j < y->pair_count) {
        int order = i >= x->pair_count ? 1 : j >= y->pair_count ? -1 : pair_compare(x->pairs[i], y->pairs[j]);
        int r = order == 0 ? 0 : volatility_add(a, v, order < 0 ? x->pairs[i].path : y->pairs[j].path, err);
        if (r != 0)
            return r;
        i += order <= 0;
        j += order >= 0;
    }
    return 0;
}
