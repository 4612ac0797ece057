// SPDX-License-Identifier: Apache-2.0
// Who tested what: one entry per check and operation. "Not tested" and "inconclusive" are never shown as passed.
#include "scan/engine_state.h"

struct ledger_entry *ledger_find(struct engine *e, uint16_t check, const struct operation *op) {
    size_t at = op == NULL ? 0 : (size_t)op->id + 1;
    while (e->ledger.len <= at) {
        if (!VEC_PUSH(&e->arena, &e->ledger, NULL)) return NULL;
    }
    struct ledger_entry **row = &e->ledger.ptr[at];
    if (*row == NULL) {
        *row = arena_new_array(&e->arena, struct ledger_entry, check_registry_count);
        if (*row == NULL) return NULL;
        for (size_t i = 0; i < check_registry_count; i++) (*row)[i].status = COVERAGE_COUNT;
    }
    return &(*row)[check];
}

// The worst wins: found, inconclusive, not tested, passed, not applicable.
static unsigned rank_of(unsigned status) {
    static const unsigned char ranks[COVERAGE_COUNT + 1] = {
        [COVERAGE_FOUND] = 5, [COVERAGE_INCONCLUSIVE] = 4, [COVERAGE_NOT_TESTED] = 3, [COVERAGE_PASSED] = 2, [COVERAGE_NOT_APPLICABLE] = 1,
    };
    return ranks[status];
}

void ledger_note(struct engine *e, uint16_t check, const struct operation *op, enum coverage_status status, const char *reason) {
    struct ledger_entry *entry = ledger_find(e, check, op);
    if (entry == NULL || rank_of(status) <= rank_of(entry->status)) return;
    entry->status = (uint8_t)status;
    entry->reason = reason;
}

static const char *stop_text(enum stop_reason why) {
    switch (why) {
    case STOP_SIGNAL:
        return "the scan was interrupted";
    case STOP_BUDGET:
        return "budget spent";
    case STOP_UNREACHABLE:
        return "the target does not answer";
    case STOP_DEGRADED:
        return "stopped because the target degraded";
    case STOP_WALL:
        return "the target answers 429";
    case STOP_BROKEN:
        return "the scan broke off";
    case STOP_SCOPE:
        return "the target's address changed";
    case STOP_NONE:
    case STOP_COUNT:
        break;
    }
    return "not reached";
}

static bool was_asked(struct engine *e, const struct operation *op) {
    for (size_t i = 0; i < e->identity_count; i++) {
        const struct baseline *b = baseline_of(e, op, i);
        if (b != NULL && b->asked > 0) return true;
    }
    return false;
}

// Nothing passes at an operation that never gave an answer, whatever its description says.
static void doubt_entry(struct engine *e, struct ledger_entry *entry, const struct operation *op) {
    bool spoke = op->id < e->spoke.len && e->spoke.ptr[op->id];
    if (entry->status != COVERAGE_PASSED || spoke) return;
    bool asked = was_asked(e, op);
    entry->status = asked ? COVERAGE_INCONCLUSIVE : COVERAGE_NOT_APPLICABLE;
    entry->reason = asked ? "it gave no answer" : "not asked in this mode";
}

// What nobody said anything about: experiments that never ran, passive checks on answers that came.
static void settle_entry(struct engine *e, uint16_t check, const struct operation *op) {
    struct ledger_entry *entry = ledger_find(e, check, op);
    if (entry == NULL) return;
    const struct check_run *run = &e->runs[check];
    if (entry->open > 0 && rank_of(entry->status) < rank_of(COVERAGE_NOT_TESTED)) {
        entry->status = COVERAGE_NOT_TESTED;
        entry->reason = stop_text(e->stop);
    }
    doubt_entry(e, entry, op);
    if (entry->status != COVERAGE_COUNT) return;
    const struct baseline *b = baseline_of(e, op, 0);
    bool answered = b != NULL && b->answer != NULL;
    if (run->check->observe != NULL && answered) {
        entry->status = COVERAGE_PASSED;
        return;
    }
    entry->status = e->stop != STOP_NONE || run->dead || run->check->observe != NULL ? COVERAGE_NOT_TESTED : COVERAGE_NOT_APPLICABLE;
    entry->reason = run->dead ? "the check ended early" : e->stop != STOP_NONE ? stop_text(e->stop) : run->check->observe != NULL ? "no answer was seen" : "nothing to ask";
}

int ledger_finish(struct engine *e, struct error *err) {
    (void)err;
    for (size_t c = 0; c < check_registry_count; c++) {
        if (!e->runs[c].on || e->runs[c].silent) continue;
        for (size_t i = 0; i < e->api.operation_count; i++) {
            const struct operation *op = e->api.operations[i];
            if (operation_selected(e, op)) settle_entry(e, (uint16_t)c, op);
        }
    }
    return 0;
}

static void count_category(struct engine *e, struct result_category *c, const struct operation *op, enum category category) {
    bool applies = false, tested = false, inconclusive = false;
    for (size_t i = 0; i < check_registry_count; i++) {
        if (e->runs[i].check->category != category || !e->runs[i].on || e->runs[i].silent) continue;
        const struct ledger_entry *l = ledger_find(e, (uint16_t)i, op);
        if (l == NULL || l->status == COVERAGE_COUNT) continue;
        applies = applies || l->status != COVERAGE_NOT_APPLICABLE;
        tested = tested || l->status == COVERAGE_PASSED || l->status == COVERAGE_FOUND;
        inconclusive = inconclusive || l->status == COVERAGE_INCONCLUSIVE;
    }
    c->operations_total += applies;
    c->operations_tested += tested;
    if (inconclusive && !tested) c->status = CATEGORY_INCONCLUSIVE;
}

static void set_category(struct result_category *c, enum category_status status, struct sv reason) {
    c->status = status;
    c->reason = reason;
}

// Checks of the category that take part; *ret_off says why one does not.
static void count_checks(const struct engine *e, enum category category, size_t *ret_known, size_t *ret_on, struct sv *ret_off) {
    for (size_t i = 0; i < check_registry_count; i++) {
        if (e->runs[i].check->category != category) continue;
        ++*ret_known;
        *ret_on += e->runs[i].on;
        if (!e->runs[i].on) *ret_off = e->runs[i].off_reason;
    }
}

// Why there is nothing of the API that the category could be tested on, SV_NONE when there is.
static struct sv why_nothing_to_test(const struct result_category *c, const struct engine *e) {
    if (e->unreachable || e->answered == 0) return SV("the target does not answer");
    if (c->operations_total == 0 && e->stop != STOP_NONE) return sv_from(stop_text(e->stop));
    if (e->api.operation_count > 0) return SV_NONE;
    if (e->closed_off && e->identity_count == 1) return SV("everything is refused without credentials; give some with --as");
    return SV("no operation was found; describe the API with --spec, or name the place where it begins");
}

static void settle_category(struct result_category *c, const struct engine *e, enum category category) {
    size_t known = 0, on = 0;
    struct sv off = SV_NONE, nothing = why_nothing_to_test(c, e);
    count_checks(e, category, &known, &on, &off);
    bool inconclusive = c->status == CATEGORY_INCONCLUSIVE;
    if (known == 0) set_category(c, CATEGORY_UNTESTED, SV("no check of this category is built in yet"));
    else if (on == 0) set_category(c, CATEGORY_UNTESTED, off);
    else if (nothing.ptr != NULL) set_category(c, CATEGORY_UNTESTED, nothing);
    else if (c->operations_total == 0) set_category(c, CATEGORY_NOT_APPLICABLE, SV("nothing of this API falls under it"));
    else if (c->operations_tested == 0 && inconclusive) set_category(c, CATEGORY_INCONCLUSIVE, SV("every test was inconclusive"));
    else if (c->operations_tested == 0) set_category(c, CATEGORY_UNTESTED, SV("no operation gave an answer that could be judged"));
    else if (c->operations_tested * 2 >= c->operations_total) set_category(c, CATEGORY_TESTED, SV_NONE);
    else set_category(c, CATEGORY_PARTIAL, SV("fewer than half of the operations could be tested"));
}

// Operations that a check did not come to, all for the same reason; more than ROWS_MAX of them are one row.
enum { ROWS_MAX = 500 };

struct tally {
    uint16_t check;
    enum coverage_status status;
    const char *reason;
    size_t count;
    bool told;
};

static bool is_bulk(const struct ledger_entry *l) {
    return l->reason != NULL && (l->status == COVERAGE_NOT_TESTED || l->status == COVERAGE_NOT_APPLICABLE);
}

struct tallies {
    VEC_OF(struct tally) list;
    size_t entries; // that say anything
};

static struct tally *tally_of(struct tallies *t, size_t check, const struct ledger_entry *l) {
    VEC_EACH(struct tally, one, &t->list) {
        if (one->check == check && one->status == l->status && one->reason == l->reason) return one;
    }
    return NULL;
}

// Row of an operation, NULL when nothing was said of it.
static const struct ledger_entry *row_of(const struct engine *e, size_t operation) {
    return operation + 1 < e->ledger.len ? e->ledger.ptr[operation + 1] : NULL;
}

static int count_entries(const struct engine *e, struct arena *a, struct tallies *t, struct error *err) {
    for (size_t i = 0; i < e->api.operation_count; i++) {
        const struct ledger_entry *row = row_of(e, i);
        for (size_t c = 0; row != NULL && c < check_registry_count; c++) {
            if (row[c].status == COVERAGE_COUNT) continue;
            t->entries++;
            if (e->api.operation_count <= ROWS_MAX || !is_bulk(&row[c])) continue;
            struct tally *one = tally_of(t, c, &row[c]);
            const struct tally fresh = {.check = (uint16_t)c, .status = row[c].status, .reason = row[c].reason, .count = 1};
            if (one != NULL) one->count++;
            else if (!VEC_PUSH(a, &t->list, fresh)) return error_nomem(err);
        }
    }
    // Those that share a row take one place together.
    VEC_EACH(const struct tally, one, &t->list) t->entries -= one->count > ROWS_MAX ? one->count - 1 : 0;
    return 0;
}

// A row for all of them at the first, none at the others. False: the entry has a row of its own.
static bool add_bulk(const struct engine *e, struct arena *a, struct tallies *t, size_t check, const struct ledger_entry *l, struct scan_result *r) {
    struct tally *one = is_bulk(l) ? tally_of(t, check, l) : NULL;
    if (one == NULL || one->count <= ROWS_MAX) return false;
    if (!one->told)
        r->coverage[r->coverage_count++] = (struct result_coverage){
            .check = e->runs[check].check->id, .status = one->status, .reason = arena_printf(a, "%s (%zu operations)", l->reason, one->count)};
    one->told = true;
    return true;
}

static void add_row(const struct engine *e, struct arena *a, struct tallies *t, const struct operation *op, const struct ledger_entry *row, struct scan_result *r) {
    for (size_t c = 0; c < check_registry_count; c++) {
        const struct ledger_entry *l = &row[c];
        if (l->status == COVERAGE_COUNT || add_bulk(e, a, t, c, l, r)) continue;
        r->coverage[r->coverage_count++] = (struct result_coverage){
            .check = e->runs[c].check->id,
            .method = op->method,
            .path = op->path,
            .status = (enum coverage_status)l->status,
            .reason = l->reason != NULL ? sv_from(l->reason) : SV_NONE,
        };
    }
}

int ledger_result(struct engine *e, struct arena *a, struct scan_result *r, struct error *err) {
    struct tallies tallies = {0};
    int code = count_entries(e, a, &tallies, err);
    if (code != 0) return code;
    r->coverage = arena_new_array(a, struct result_coverage, tallies.entries);
    if (r->coverage == NULL) return error_nomem(err);
    for (size_t i = 0; i < e->api.operation_count; i++) {
        const struct ledger_entry *row = row_of(e, i);
        if (row != NULL) add_row(e, a, &tallies, e->api.operations[i], row, r);
    }
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        r->categories[c] = (struct result_category){.status = CATEGORY_UNTESTED};
        for (size_t i = 0; i < e->api.operation_count; i++) count_category(e, &r->categories[c], e->api.operations[i], (enum category)c);
        settle_category(&r->categories[c], e, (enum category)c);
    }
    return 0;
}
