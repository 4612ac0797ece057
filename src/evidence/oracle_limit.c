// SPDX-License-Identifier: Apache-2.0
/*
 * Limit. This oracle only counts: what is claimed is what was seen, so there is no chance of a wrong claim beside
 * misreading an answer as "limited". That is 429, or a 4xx or 503 which none of the first answers of the burst had: a
 * limiter starts late, a broken request fails from the start.
 */
#include "base/numbers.h"
#include "evidence/oracle_internal.h"
#include "http/header.h"

#define FIRST_ANSWERS 5

static bool was_sent(const struct exchange *x) {
    return x != NULL && x->outcome != OUTCOME_OUT_OF_SCOPE && x->outcome != OUTCOME_POLICY &&
           x->outcome != OUTCOME_BUDGET;
}

// The number that a field value begins with: "100", "100, 100;w=60".
static bool leading_number(struct sv value, uint64_t *ret) {
    value = sv_trim(value);
    size_t n = 0;
    while (n < value.len && value.ptr[n] >= '0' && value.ptr[n] <= '9')
        n++;
    return number_parse_u64(sv_slice(value, 0, n), ret) == 0;
}

// Parameter of a structured field: `"default";q=100;w=60`, "limit=10, remaining=4".
static bool field_parameter(struct sv value, struct sv name, uint64_t *ret) {
    for (size_t at = 0; at + name.len < value.len; at++) {
        bool begins = at == 0 || value.ptr[at - 1] == ';' || value.ptr[at - 1] == ',' || value.ptr[at - 1] == ' ';
        if (begins && sv_starts_with_nocase(sv_from_index(value, at), name) && value.ptr[at + name.len] == '=')
            return leading_number(sv_from_index(value, at + name.len + 1), ret);
    }
    return false;
}

static bool any_number(const struct header_list *list, const struct sv *names, size_t count, uint64_t *ret) {
    for (size_t i = 0; i < count; i++)
        if (leading_number(header_find(list, names[i]), ret))
            return true;
    return false;
}

static void read_announcement(const struct exchange *x, struct burst_result *r) {
    static const struct sv limits[] = {SV_INIT("ratelimit-limit"), SV_INIT("x-ratelimit-limit"),
                                       SV_INIT("x-rate-limit-limit")};
    static const struct sv rests[] = {SV_INIT("ratelimit-remaining"), SV_INIT("x-ratelimit-remaining"),
                                      SV_INIT("x-rate-limit-remaining")};
    const struct header_list *list = &x->response.headers;
    struct sv field = header_find(list, SV("ratelimit")), policy = header_find(list, SV("ratelimit-policy"));
    uint64_t limit = 0, rest = 0;
    bool has_limit = any_number(list, limits, 3, &limit) || field_parameter(policy, SV("q"), &limit) ||
                     field_parameter(field, SV("limit"), &limit);
    bool has_rest = any_number(list, rests, 3, &rest) || field_parameter(field, SV("r"), &rest) ||
                    field_parameter(field, SV("remaining"), &rest);
    if (has_limit)
        r->announced_limit = limit;
    if (has_rest)
        r->announced_remaining_last = rest;
    r->announced = r->announced || has_limit || has_rest || header_has(list, SV("retry-after"));
}

// Statuses of the answers that began first.
static size_t first_statuses(struct exchange *const *exchanges, size_t count, uint16_t ret[FIRST_ANSWERS]) {
    usec_t begun[FIRST_ANSWERS];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!exchange_answered(exchanges[i]))
            continue;
        size_t at = len;
        while (at > 0 && begun[at - 1] > exchanges[i]->started)
            at--;
        if (at == FIRST_ANSWERS)
            continue;
        len += len < FIRST_ANSWERS;
        for (size_t j = len - 1; j > at; j--) {
            begun[j] = begun[j - 1];
            ret[j] = ret[j - 1];
        }
        begun[at] = exchanges[i]->started;
        ret[at] = exchanges[i]->response.status;
    }
    return len;
}

static bool is_limited(unsigned status, const uint16_t *first, size_t count) {
    if (status == 429)
        return true;
    if (status != 503 && (status < 400 || status >= 500))
        return false;
    for (size_t i = 0; i < count; i++)
        if (first[i] == status)
            return false;
    return true;
}

int burst_measure(struct exchange *const *exchanges, size_t count, struct burst_result *ret) {
    struct burst_result r = {0};
    uint16_t first[FIRST_ANSWERS] = {0};
    size_t first_count = first_statuses(exchanges, count, first);
    usec_t begin = UINT64_MAX, end = 0, last = 0;
    for (size_t i = 0; i < count; i++) {
        const struct exchange *x = exchanges[i];
        if (!was_sent(x))
            continue;
        r.sent++;
        begin = x->started < begin ? x->started : begin;
        if (!exchange_answered(x))
            continue;
        end = x->started + x->response.total > end ? x->started + x->response.total : end;
        r.limited += is_limited(x->response.status, first, first_count);
        r.good += x->response.status >= 200 && x->response.status < 300;
        struct burst_result seen = {0};
        read_announcement(x, &seen);
        r.announced = r.announced || seen.announced;
        r.announced_limit = seen.announced_limit != 0 ? seen.announced_limit : r.announced_limit;
        if (seen.announced && x->started >= last) {
            last = x->started;
            r.announced_remaining_last = seen.announced_remaining_last;
        }
    }
    r.duration = end > begin ? end - begin : 0;
    *ret = r;
    return 0;
}
