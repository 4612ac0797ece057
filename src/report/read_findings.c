// SPDX-License-Identifier: Apache-2.0
// The findings of a native report.
#include "report/names.h"
#include "report/read_internal.h"

struct place {
    struct sv method, path, parameter;
    enum param_in in;
};

static struct place read_place(struct reading *rd, const struct node *n) {
    struct place p = {.method = reading_text(rd, n, SV("method"), false), .path = reading_text(rd, n, SV("path"), false)};
    const struct node *parameter = node_get(n, SV("parameter"));
    if (parameter != NULL) {
        p.parameter = reading_text(rd, parameter, SV("name"), true);
        p.in = (enum param_in)reading_word(rd, parameter, SV("in"), report_parameter_places, PARAM_IN_COUNT);
    }
    return p;
}

static bool is_known(struct reading *rd, const struct node *n) {
    static const char *const states[] = {"new", "known"};
    return reading_word(rd, n, SV("state"), states, 2) == 1;
}

static enum category read_category(struct reading *rd, const struct node *n) {
    struct sv key = reading_text(rd, n, SV("category"), true);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        if (sv_eq(key, sv_from(category_infos[i].key)))
            return (enum category)i;
    }
    reading_refuse(rd, n, "there is no category", key);
    return CATEGORY_AUTHENTICATION;
}

static void read_occurrences(struct reading *rd, const struct node *n, struct result_finding *f) {
    struct result_occurrence *room = NULL;
    size_t count = 0;
    const struct node *item = reading_list(rd, n, SV("occurrences"), sizeof *room, &room, &count);
    if (count == 0 && rd->failed == 0)
        reading_refuse(rd, n, "a finding needs at least one occurrence", SV_NONE);
    for (size_t i = 0; rd->failed == 0 && i < count; i++, item = item->next) {
        struct place p = read_place(rd, item);
        room[i] = (struct result_occurrence){
            .method = p.method,
            .path = p.path,
            .parameter = p.parameter,
            .parameter_in = p.in,
            .file = reading_text(rd, item, SV("file"), false),
            .line = (unsigned)reading_u64(rd, item, SV("line")),
            .fingerprint = reading_text(rd, item, SV("fingerprint"), true),
            .known = is_known(rd, item),
        };
    }
    f->occurrences = room;
    f->occurrence_count = count;
}

static void read_evidence(struct reading *rd, const struct node *n, struct result_finding *f) {
    struct result_evidence *room = NULL;
    size_t count = 0;
    const struct node *item = reading_list(rd, n, SV("evidence"), sizeof *room, &room, &count);
    for (size_t i = 0; rd->failed == 0 && i < count; i++, item = item->next) {
        room[i] = (struct result_evidence){
            .role = (enum evidence_role)reading_word(rd, item, SV("role"), report_roles, REPORT_ROLES),
            .request = reading_text(rd, item, SV("request"), true),
            .response = reading_text(rd, item, SV("response"), true),
            .note = reading_text(rd, item, SV("note"), false),
        };
    }
    f->evidence = room;
    f->evidence_count = count;
}

static void read_effects(struct reading *rd, const struct node *n, struct result_finding *f) {
    struct finding_effect *room = NULL;
    size_t count = 0;
    const struct node *item = reading_list(rd, n, SV("effects"), sizeof *room, &room, &count);
    for (size_t i = 0; rd->failed == 0 && i < count; i++, item = item->next)
        room[i] = (struct finding_effect){.category = read_category(rd, item), .cwe = (uint16_t)reading_u64(rd, item, SV("cwe"))};
    f->effects = room;
    f->effect_count = count;
}

static uint64_t element_u64(struct reading *rd, const struct node *item, uint64_t max) {
    int64_t value = 0;
    if (node_to_i64(item, &value) != 0 || value < 0 || (uint64_t)value > max) {
        reading_refuse(rd, item, "a number is expected here", SV_NONE);
        return 0;
    }
    return (uint64_t)value;
}

static void read_numbers(struct reading *rd, const struct node *n, struct result_finding *f) {
    uint32_t *facts = NULL;
    size_t count = 0;
    const struct node *item = reading_list(rd, n, SV("facts"), sizeof *facts, &facts, &count);
    for (size_t i = 0; rd->failed == 0 && i < count; i++, item = item->next)
        facts[i] = (uint32_t)element_u64(rd, item, UINT32_MAX);
    f->facts = facts;
    f->fact_count = count;
    const struct node *cwe = node_get(n, SV("cwe"));
    item = node_is(cwe, NODE_ARRAY) ? cwe->first : NULL;
    for (size_t i = 0; i < 4 && item != NULL; i++, item = item->next)
        f->cwe[i] = (uint16_t)element_u64(rd, item, UINT16_MAX);
    const struct node *owasp = node_get(n, SV("owasp"));
    if (node_is(owasp, NODE_ARRAY) && node_is(owasp->first, NODE_STRING))
        f->owasp = arena_copy_sv(rd->a, owasp->first->text).ptr;
}

static void read_finding(struct reading *rd, const struct node *n, struct result_finding *f) {
    struct place p = read_place(rd, n);
    *f = (struct result_finding){
        .check = reading_name(rd, n, SV("check")),
        .check_title = node_get(n, SV("check_title")) != NULL ? reading_name(rd, n, SV("check_title")) : NULL,
        .cause = reading_text(rd, n, SV("cause"), true),
        .category = read_category(rd, n),
        .severity = (enum severity)reading_word(rd, n, SV("severity"), severity_names, SEVERITY_COUNT),
        .confidence = (enum confidence)reading_word(rd, n, SV("confidence"), confidence_names, CONFIDENCE_COUNT),
        .title = reading_text(rd, n, SV("title"), true),
        .reason = reading_text(rd, n, SV("reason"), true),
        .method = p.method,
        .path = p.path,
        .parameter = p.parameter,
        .parameter_in = p.in,
        .fingerprint = reading_text(rd, n, SV("fingerprint"), true),
        .curl = reading_text(rd, n, SV("curl"), false),
        .known = is_known(rd, n),
        .deduction = reading_double(rd, n, SV("deduction"), 0),
    };
    read_occurrences(rd, n, f);
    read_evidence(rd, n, f);
    read_effects(rd, n, f);
    read_numbers(rd, n, f);
}

void reading_findings(struct reading *rd, const struct node *root, struct scan_result *r) {
    struct result_finding *room = NULL;
    size_t count = 0;
    const struct node *item = reading_list(rd, root, SV("findings"), sizeof *room, &room, &count);
    for (size_t i = 0; rd->failed == 0 && i < count; i++, item = item->next)
        read_finding(rd, item, &room[i]);
    r->findings = room;
    r->finding_count = count;
}
