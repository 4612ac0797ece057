// SPDX-License-Identifier: Apache-2.0
#include "match/set.h"

int pattern_compile(const struct pattern_entry *entries, size_t count, bool portable, hs_database_t **ret,
                    struct error *err) {
    if (count == 0 || count > 10000)
        return error_set(err, ERR_LIMIT, "a pattern set has 1 to 10,000 entries, not %zu", count);
    auto_arena a = {0};
    const char **expressions = arena_new_array(&a, const char *, count);
    unsigned *flags = arena_new_array(&a, unsigned, count);
    unsigned *ids = arena_new_array(&a, unsigned, count);
    if (expressions == NULL || flags == NULL || ids == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        expressions[i] = entries[i].prefilter.ptr;
        flags[i] = HS_FLAG_MULTILINE;
        ids[i] = (unsigned)i;
    }
    // No CPU features and no tuning: the library picks its own code at run time, the database fits every machine.
    const hs_platform_info_t anywhere = {.tune = HS_TUNE_FAMILY_GENERIC};
    hs_compile_error_t *bad = NULL;
    hs_error_t r = hs_compile_multi(expressions, flags, ids, (unsigned)count, HS_MODE_BLOCK,
                                    portable ? &anywhere : NULL, ret, &bad);
    if (r == HS_SUCCESS)
        return 0;
    int at = bad != NULL ? bad->expression : -1;
    struct sv id = at >= 0 ? entries[at].head.id : SV("?");
    int code = error_set(err, ERR_SYNTAX, "pattern \"" SV_FMT "\": %s", SV_ARG(id),
                         bad != NULL ? bad->message : "the compiler failed");
    hs_free_compile_error(bad);
    return code;
}

static void free_database(void *object) {
    hs_free_database(object);
}

int match_set_new(struct arena *a, const struct pattern_entry *entries, size_t count, hs_database_t *database,
                  struct match_set **ret, struct error *err) {
    if (!arena_on_fini(a, free_database, database)) {
        hs_free_database(database);
        return error_nomem(err);
    }
    struct match_set *set = arena_new(a, struct match_set);
    validator *checks = arena_alloc_array(a, count + 1, sizeof *checks);
    if (set == NULL || checks == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < count; i++)
        checks[i] = sv_is_empty(entries[i].head.validator) ? NULL : validator_find(entries[i].head.validator);
    *set = (struct match_set){.entries = entries, .checks = checks, .count = count, .database = database};
    *ret = set;
    return 0;
}

int match_compile(struct arena *a, const struct node *const *documents, size_t count, struct match_set **ret,
                  struct error *err) {
    struct pattern_entry *entries = NULL;
    size_t entry_count = 0;
    hs_database_t *database = NULL;
    int r = pattern_load(a, documents, count, &entries, &entry_count, err);
    if (r == 0)
        r = pattern_compile(entries, entry_count, /* portable= */ false, &database, err);
    return r < 0 ? r : match_set_new(a, entries, entry_count, database, ret, err);
}

const struct pattern *match_find_pattern(const struct match_set *set, struct sv id) {
    for (size_t i = 0; i < set->count; i++)
        if (sv_eq(set->entries[i].head.id, id))
            return &set->entries[i].head;
    return NULL;
}

size_t match_pattern_count(const struct match_set *set) {
    return set->count;
}

const struct pattern *match_pattern_at(const struct match_set *set, size_t index) {
    return index < set->count ? &set->entries[index].head : NULL;
}
