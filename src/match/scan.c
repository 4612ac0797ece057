// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/vec.h"
#include "match/set.h"

// vectorscan says "pattern i ended at byte t"; PCRE2 then searches the value in the few hundred bytes where it can
// begin, and a validator decides. `resume` remembers per pattern up to where values were looked for, so that a
// pattern's searches start at most once at each byte however often the prefilter fires.

#define HITS_MAX             10000
#define VALUES_PER_CANDIDATE 16
#define BLOCK_MAX            ((size_t)256 << 20)
// Work of one PCRE2 search; patterns that need more on hostile text do not match.
#define SEARCH_LIMIT  20000
#define JIT_STACK_MAX ((size_t)512 << 10)
// Searches allowed for a text: this many, and one more for each 4 bytes.
#define SEARCHES_FREE 4096

struct match_scratch {
    hs_scratch_t *vector;
    pcre2_match_data *groups;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    pcre2_code **codes; // by entry, made when first needed
    size_t count;
    size_t *resume;
};

struct pass {
    const struct match_set *set;
    struct match_scratch *scratch;
    struct arena *a;
    struct sv text;
    size_t base; // of the current block
    unsigned kinds;
    size_t searches_left;
    struct match_list hits;
    int failure;
};

static void free_scratch(void *object) {
    struct match_scratch *s = object;
    for (size_t i = 0; s->codes != NULL && i < s->count; i++)
        pcre2_code_free(s->codes[i]);
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->limits);
    pcre2_match_data_free(s->groups);
    hs_free_scratch(s->vector);
}

int match_scratch_new(struct arena *a, const struct match_set *set, struct match_scratch **ret, struct error *err) {
    struct match_scratch *s = arena_new(a, struct match_scratch);
    if (s == NULL || !arena_on_fini(a, free_scratch, s))
        return error_nomem(err);
    s->codes = arena_new_array(a, pcre2_code *, set->count + 1);
    s->resume = arena_new_array(a, size_t, set->count + 1);
    s->count = set->count;
    s->groups = pcre2_match_data_create(8, NULL);
    s->limits = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(32 << 10, JIT_STACK_MAX, NULL);
    hs_error_t r = hs_alloc_scratch(set->database, &s->vector);
    if (s->codes == NULL || s->resume == NULL || s->groups == NULL || s->limits == NULL || s->stack == NULL ||
        r == HS_NOMEM)
        return error_nomem(err);
    if (r != HS_SUCCESS)
        return error_set(err, ERR_UNSUPPORTED, "the pattern database cannot be used here (vectorscan error %d)", r);
    pcre2_set_match_limit(s->limits, SEARCH_LIMIT);
    pcre2_jit_stack_assign(s->limits, NULL, s->stack);
    *ret = s;
    return 0;
}

// NULL when the expression does not compile; the tests compile every one, so that is memory.
static const pcre2_code *find_code(struct match_scratch *s, const struct pattern_entry *e, size_t index) {
    if (s->codes[index] != NULL)
        return s->codes[index];
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *made = pcre2_compile((PCRE2_SPTR)e->expression.ptr, e->expression.len,
                                     PCRE2_MULTILINE | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_UTF, &code, &at, NULL);
    if (made != NULL)
        (void)pcre2_jit_compile(made, PCRE2_JIT_COMPLETE); // without it the interpreter does the same, slower
    s->codes[index] = made;
    return made;
}

// Keeps the value if everything about it fits. False when memory is gone or the list is full.
static bool judge_value(struct pass *p, size_t index, size_t begin, size_t end) {
    const struct pattern_entry *e = &p->set->entries[index];
    struct sv value = sv_slice(p->text, begin, end);
    validator check = p->set->checks[index];
    if ((check != NULL && !check(value)) || (e->entropy > 0 && entropy_shannon(value) < e->entropy))
        return true;
    bool near = e->context_count > 0 && context_is_near(e, p->text, begin, end);
    if (e->head.needs_context && !near)
        return true;
    uint8_t validated = check != NULL || e->entropy > 0 ? (near ? 2 : 1) : 0;
    struct match hit = {
        .pattern = &e->head,
        .offset = begin,
        .length = end - begin,
        .validated = validated,
        .is_example = e->example_count > 0 && example_is_listed(e, value),
    };
    if (!VEC_PUSH(p->a, &p->hits, hit))
        p->failure = -ENOMEM;
    return p->failure == 0 && p->hits.len < HITS_MAX;
}

// Searches values that begin in [start, last]. False when the pass must end.
static bool search_values(struct pass *p, size_t index, size_t start, size_t last, size_t end) {
    struct match_scratch *s = p->scratch;
    const pcre2_code *code = find_code(s, &p->set->entries[index], index);
    if (code == NULL) {
        p->failure = -ENOMEM;
        return false;
    }
    pcre2_set_offset_limit(s->limits, last);
    const PCRE2_SIZE *groups = pcre2_get_ovector_pointer(s->groups);
    bool more = true;
    for (int i = 0; i < VALUES_PER_CANDIDATE && more && start <= last; i++) {
        if (p->searches_left-- <= 1)
            return false;
        int r = pcre2_match(code, (PCRE2_SPTR)p->text.ptr, end, start, 0, s->groups, s->limits);
        if (r < 0) {
            start = last + 1;
            break;
        }
        size_t group = r > 1 && groups[2] != PCRE2_UNSET ? 1 : 0;
        if (groups[2 * group + 1] > groups[2 * group])
            more = judge_value(p, index, groups[2 * group], groups[2 * group + 1]);
        start = groups[1] > start ? groups[1] : start + 1;
    }
    s->resume[index] = start;
    return more;
}

// Called by vectorscan; 1 ends the scan.
static int on_candidate(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
    (void)from;
    (void)flags;
    struct pass *p = context;
    const struct pattern_entry *e = &p->set->entries[id];
    if ((p->kinds & (1U << e->head.kind)) == 0)
        return 0;
    size_t at = p->base + (size_t)to;
    size_t start = at > e->back ? at - e->back : 0;
    if (start < p->scratch->resume[id])
        start = p->scratch->resume[id];
    size_t last = at + e->ahead < p->text.len ? at + e->ahead : p->text.len;
    size_t end = last + e->reach < p->text.len ? last + e->reach : p->text.len;
    if (start > last)
        return 0;
    return search_values(p, id, start, last, end) ? 0 : 1;
}

static int compare_numbers(size_t x, size_t y) {
    return x < y ? -1 : x > y;
}

static int compare_by_kind(const void *x, const void *y) {
    const struct match *a = x;
    const struct match *b = y;
    if (a->pattern->kind != b->pattern->kind)
        return a->pattern->kind < b->pattern->kind ? -1 : 1;
    if (a->offset != b->offset)
        return compare_numbers(a->offset, b->offset);
    if (a->length != b->length)
        return compare_numbers(b->length, a->length);
    return compare_numbers((size_t)(uintptr_t)a->pattern, (size_t)(uintptr_t)b->pattern);
}

static int compare_by_place(const void *x, const void *y) {
    const struct match *a = x;
    const struct match *b = y;
    if (a->offset != b->offset)
        return compare_numbers(a->offset, b->offset);
    return compare_by_kind(x, y);
}

// The longer, then the validated, then the earlier entry wins. Entries stand in one array, so their address is their
// order.
static bool is_better(const struct match *a, const struct match *b) {
    if (a->length != b->length)
        return a->length > b->length;
    if (a->validated != b->validated)
        return a->validated > b->validated;
    return (uintptr_t)a->pattern < (uintptr_t)b->pattern;
}

static void settle_overlaps(struct match_list *hits) {
    if (hits->len == 0)
        return;
    qsort(hits->ptr, hits->len, sizeof *hits->ptr, compare_by_kind);
    size_t kept = 1;
    for (size_t i = 1; i < hits->len; i++) {
        struct match *last = &hits->ptr[kept - 1];
        const struct match *next = &hits->ptr[i];
        bool overlaps = last->pattern->kind == next->pattern->kind && next->offset < last->offset + last->length;
        if (!overlaps)
            hits->ptr[kept++] = *next;
        else if (is_better(next, last))
            *last = *next;
    }
    hits->len = kept;
    qsort(hits->ptr, hits->len, sizeof *hits->ptr, compare_by_place);
}

static int scan_blocks(struct pass *p, struct error *err) {
    for (size_t base = 0; base < p->text.len;) {
        size_t size = p->text.len - base < BLOCK_MAX ? p->text.len - base : BLOCK_MAX;
        p->base = base;
        hs_error_t r = hs_scan(p->set->database, p->text.ptr + base, (unsigned)size, 0, p->scratch->vector,
                               on_candidate, p);
        if (p->failure != 0)
            return error_nomem(err);
        if (r == HS_SCAN_TERMINATED)
            return 0;
        if (r != HS_SUCCESS)
            return error_set(err, ERR_UNSUPPORTED, "the pattern scan failed (vectorscan error %d)", r);
        // Blocks overlap by the widest prefilter, so that nothing is lost at their limits.
        base += size == p->text.len - base ? size : size - MATCH_PREFILTER_MAX;
    }
    return 0;
}

int match_scan(const struct match_set *set, struct match_scratch *scratch, struct arena *a, struct sv text,
               unsigned kinds, struct match_list *ret, struct error *err) {
    struct pass p = {.set = set,
                     .scratch = scratch,
                     .a = a,
                     .text = text,
                     .kinds = kinds,
                     .searches_left = SEARCHES_FREE + text.len / 4};
    memset(scratch->resume, 0, set->count * sizeof *scratch->resume);
    int r = scan_blocks(&p, err);
    if (r < 0)
        return r;
    if ((kinds & MATCH_KEEP_OVERLAPS) == 0)
        settle_overlaps(&p.hits);
    *ret = p.hits;
    return 0;
}
