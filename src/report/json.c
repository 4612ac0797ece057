// SPDX-License-Identifier: Apache-2.0
// The native report, schema plumbline/report/1 (docs/report.schema.json). Optional members are left out: no null anywhere, no 0 for unknown.
#include <stdio.h>

#include "advice/advice.h"
#include "base/json_writer.h"
#include "report/names.h"
#include "report/report.h"
#include "score/score.h"

static void member(struct json_writer *w, const char *key, const char *value) {
    jw_member_string(w, key, sv_from(value));
}

static void write_texts(struct json_writer *w, const char *key, const struct sv *list, size_t count) {
    jw_key(w, key);
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) jw_string(w, list[i]);
    jw_array_end(w);
}

static void write_time(struct json_writer *w, const char *key, usec_t t) {
    char text[25];
    clock_format_utc(t, text);
    member(w, key, text);
}

static void write_scan(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "scan");
    jw_object_begin(w);
    jw_member_string(w, "id", r->scan_id);
    write_time(w, "started", r->started);
    write_time(w, "ended", r->ended);
    jw_member_u64(w, "duration_ms", r->ended > r->started ? (r->ended - r->started) / USEC_PER_MSEC : 0);
    jw_member_string(w, "mode", r->mode);
    jw_member_u64(w, "requests", r->requests);
    jw_key(w, "requests_by_purpose");
    jw_object_begin(w);
    for (size_t i = 0; i < REPORT_PURPOSES; i++) jw_member_u64(w, report_purposes[i], r->requests_by_purpose[i]);
    jw_object_end(w);
    jw_member_u64(w, "bytes", r->bytes);
    jw_key(w, "seed"); // a text: 64 bits do not fit a JSON number everywhere
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    jw_string(w, sv_from(seed));
    if (r->spec.len > 0) jw_member_string(w, "spec", r->spec);
    write_texts(w, "identities", r->identities, r->identity_count);
    if (r->budget.len > 0) jw_member_string(w, "budget", r->budget);
    if (r->interrupted) jw_member_bool(w, "interrupted", true);
    jw_object_end(w);
}

static void write_stack(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "stack");
    jw_object_begin(w);
    for (size_t i = 0; i < REPORT_LAYERS; i++) {
        const struct result_stack_layer *l = &r->stack[i];
        if (l->name.len == 0) continue;
        jw_key(w, report_layers[i]);
        jw_object_begin(w);
        jw_member_string(w, "id", l->id);
        jw_member_string(w, "name", l->name);
        if (l->version.len > 0) jw_member_string(w, "version", l->version);
        jw_member_double(w, "confidence", l->confidence, 2);
        if (l->evidence.len > 0) jw_member_string(w, "evidence", l->evidence);
        jw_object_end(w);
    }
    jw_object_end(w);
}

static void write_target(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "target");
    jw_object_begin(w);
    jw_member_string(w, "url", r->target_url);
    write_texts(w, "origins", r->origins, r->origin_count);
    write_stack(w, r);
    jw_object_end(w);
}

static void write_score(struct json_writer *w, const struct scan_result *r) {
    char grade[2] = {r->grade, '\0'};
    jw_key(w, "score");
    jw_object_begin(w);
    if (score_exists(r)) jw_member_double(w, "overall", r->overall, 1);
    member(w, "grade", grade);
    member(w, "formula", SCORE_FORMULA);
    jw_key(w, "caps");
    jw_array_begin(w);
    for (size_t i = 0; i < r->cap_count; i++) {
        jw_object_begin(w);
        jw_member_u64(w, "at", r->caps[i].at);
        jw_member_string(w, "because", r->caps[i].because);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_member_double(w, "coverage_percent", r->coverage_percent, 1);
    jw_object_end(w);
}

static void write_categories(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "categories");
    jw_object_begin(w);
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        const struct result_category *c = &r->categories[i];
        bool judged = c->status == CATEGORY_TESTED || c->status == CATEGORY_PARTIAL;
        jw_key(w, category_infos[i].key);
        jw_object_begin(w);
        if (judged || c->score < 100) jw_member_double(w, "score", c->score, 1);
        member(w, "status", report_category_statuses[c->status]);
        if (c->reason.len > 0) jw_member_string(w, "reason", c->reason);
        jw_member_u64(w, "operations_tested", c->operations_tested);
        jw_member_u64(w, "operations_total", c->operations_total);
        jw_object_end(w);
    }
    jw_object_end(w);
}

static void write_place(struct json_writer *w, struct sv method, struct sv path, struct sv parameter, enum param_in in) {
    if (method.len > 0) jw_member_string(w, "method", method);
    if (path.len > 0) jw_member_string(w, "path", path);
    if (parameter.len == 0) return;
    jw_key(w, "parameter");
    jw_object_begin(w);
    member(w, "in", report_parameter_places[in]);
    jw_member_string(w, "name", parameter);
    jw_object_end(w);
}

static void write_occurrences(struct json_writer *w, const struct result_finding *f) {
    jw_key(w, "occurrences");
    jw_array_begin(w);
    for (size_t i = 0; i < f->occurrence_count; i++) {
        const struct result_occurrence *o = &f->occurrences[i];
        jw_object_begin(w);
        write_place(w, o->method, o->path, o->parameter, o->parameter_in);
        if (o->file.len > 0) jw_member_string(w, "file", o->file);
        if (o->line > 0) jw_member_u64(w, "line", o->line);
        jw_member_string(w, "fingerprint", o->fingerprint);
        member(w, "state", o->known ? "known" : "new");
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_effects(struct json_writer *w, const struct result_finding *f) {
    jw_key(w, "effects");
    jw_array_begin(w);
    for (size_t i = 0; i < f->effect_count; i++) {
        jw_object_begin(w);
        member(w, "category", category_infos[f->effects[i].category].key);
        if (f->effects[i].cwe != 0) jw_member_u64(w, "cwe", f->effects[i].cwe);
        write_place(w, f->method, f->path, f->parameter, f->parameter_in);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_evidence(struct json_writer *w, const struct result_finding *f) {
    jw_key(w, "evidence");
    jw_array_begin(w);
    for (size_t i = 0; i < f->evidence_count; i++) {
        const struct result_evidence *e = &f->evidence[i];
        jw_object_begin(w);
        member(w, "role", report_roles[e->role]);
        jw_member_string(w, "request", e->request);
        jw_member_string(w, "response", e->response);
        if (e->note.len > 0) jw_member_string(w, "note", e->note);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_standards(struct json_writer *w, const struct result_finding *f) {
    jw_key(w, "owasp");
    jw_array_begin(w);
    if (f->owasp != NULL) jw_string(w, sv_from(f->owasp));
    jw_array_end(w);
    jw_key(w, "cwe");
    jw_array_begin(w);
    for (size_t i = 0; i < 4 && f->cwe[i] != 0; i++) jw_u64(w, f->cwe[i]);
    jw_array_end(w);
}

static void write_facts_of(struct json_writer *w, const struct result_finding *f) {
    jw_key(w, "facts");
    jw_array_begin(w);
    for (size_t i = 0; i < f->fact_count; i++) jw_u64(w, f->facts[i]);
    jw_array_end(w);
}

// The fix for the stack that was recognised. A check without advice has none.
static void write_remediation(struct json_writer *w, struct arena *a, const struct scan_result *r, const struct result_finding *f) {
    struct advice advice = {0};
    int code = advice_for(a, sv_from(f->check), f->cause, r->stack[0].id, r->stack[1].id, r->stack[2].id, &advice, NULL);
    if (code != 0) return;
    jw_key(w, "remediation");
    jw_object_begin(w);
    jw_member_string(w, "summary", advice.fix);
    if (advice.snippet.len > 0) {
        jw_member_string(w, "framework", advice.framework);
        if (advice.datastore.len > 0) jw_member_string(w, "datastore", advice.datastore);
        jw_member_string(w, "language", advice.language);
        jw_member_string(w, "snippet", advice.snippet);
        jw_member_bool(w, "snippet_tested", advice.tested);
    }
    write_texts(w, "sources", advice.sources, advice.source_count);
    jw_object_end(w);
}

static void write_finding(struct json_writer *w, const struct scan_result *r, const struct result_finding *f, size_t number) {
    auto_arena a = {0};
    arena_init(&a, (size_t)16 * 1024 * 1024);
    jw_object_begin(w);
    jw_member_u64(w, "id", number);
    member(w, "check", f->check);
    if (f->check_title != NULL) member(w, "check_title", f->check_title);
    member(w, "category", category_infos[f->category].key);
    member(w, "severity", severity_names[f->severity]);
    member(w, "confidence", confidence_names[f->confidence]);
    jw_member_string(w, "title", f->title);
    jw_member_string(w, "reason", f->reason);
    jw_member_string(w, "cause", f->cause);
    member(w, "kind", "http");
    write_place(w, f->method, f->path, f->parameter, f->parameter_in);
    write_occurrences(w, f);
    write_effects(w, f);
    write_evidence(w, f);
    jw_member_string(w, "curl", report_finding_curl(&a, r, f));
    write_facts_of(w, f);
    write_standards(w, f);
    write_remediation(w, &a, r, f);
    jw_member_string(w, "fingerprint", f->fingerprint);
    jw_member_double(w, "deduction", f->deduction, 1);
    member(w, "state", f->known ? "known" : "new");
    jw_object_end(w);
}

static void write_facts(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "facts");
    jw_array_begin(w);
    for (size_t i = 0; i < r->fact_count; i++) {
        const struct fact *f = &r->facts[i];
        jw_object_begin(w);
        jw_member_u64(w, "id", f->id);
        jw_member_string(w, "kind", f->kind);
        jw_key(w, "subject");
        jw_object_begin(w);
        jw_member_string(w, "type", f->subject_type);
        jw_member_string(w, "name", f->subject.ptr != NULL ? f->subject : SV(""));
        jw_object_end(w);
        jw_key(w, "args");
        jw_object_begin(w);
        for (size_t k = 0; k < f->arg_count; k++) {
            jw_key_sv(w, f->args[k].name);
            jw_string(w, f->args[k].value);
        }
        jw_object_end(w);
        member(w, "value", report_fact_values[f->value]);
        member(w, "source", fact_source_names[f->source]);
        if (f->evidence.len > 0) jw_member_string(w, "evidence", f->evidence);
        member(w, "confidence", confidence_names[f->confidence < CONFIDENCE_COUNT ? f->confidence : 0]);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_assumptions(struct json_writer *w, const char *key, const struct result_assumption *list, size_t count) {
    jw_key(w, key);
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(w);
        jw_member_string(w, "fact", list[i].fact);
        jw_member_string(w, "settle", list[i].settle);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_goal(struct json_writer *w, const struct result_goal *g) {
    jw_object_begin(w);
    jw_member_string(w, "goal", g->goal);
    member(w, "status", report_escape_statuses[g->status]);
    jw_key(w, "path");
    jw_array_begin(w);
    for (size_t i = 0; i < g->path_count; i++) {
        const struct result_step *s = &g->path[i];
        jw_object_begin(w);
        if (s->rule.len > 0) jw_member_string(w, "rule", s->rule);
        jw_member_string(w, "text", s->text);
        if (s->label.len > 0) jw_member_string(w, "label", s->label);
        if (s->fact != 0) jw_member_u64(w, "fact", s->fact);
        if (s->rule.len == 0) member(w, "source", fact_source_names[s->source]);
        jw_object_end(w);
    }
    jw_array_end(w);
    write_assumptions(w, "assumptions", g->assumptions, g->assumption_count);
    jw_object_end(w);
}

static void write_escape(struct json_writer *w, const struct result_escape *e) {
    jw_key(w, "escape");
    jw_object_begin(w);
    member(w, "status", report_escape_statuses[e->status]);
    jw_key(w, "goals");
    jw_array_begin(w);
    for (size_t i = 0; i < e->goal_count; i++) write_goal(w, &e->goals[i]);
    jw_array_end(w);
    jw_key(w, "fixes");
    jw_array_begin(w);
    for (size_t i = 0; i < e->fix_count; i++) {
        jw_object_begin(w);
        jw_member_string(w, "leaf", e->fixes[i].leaf);
        jw_member_u64(w, "cost", e->fixes[i].cost);
        jw_member_string(w, "advice", e->fixes[i].advice);
        jw_object_end(w);
    }
    jw_array_end(w);
    if (e->settle_count > 0) write_assumptions(w, "settle", e->settle, e->settle_count);
    jw_object_end(w);
}

static void write_coverage(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "coverage");
    jw_array_begin(w);
    for (size_t i = 0; i < r->coverage_count; i++) {
        const struct result_coverage *c = &r->coverage[i];
        jw_object_begin(w);
        member(w, "check", c->check);
        if (c->method.len > 0) jw_member_string(w, "method", c->method);
        if (c->path.len > 0) jw_member_string(w, "path", c->path);
        member(w, "status", report_coverage_statuses[c->status]);
        if (c->reason.len > 0) jw_member_string(w, "reason", c->reason);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_writes(struct json_writer *w, const struct scan_result *r) {
    auto_arena a = {.limit = (size_t)16 << 20};
    if (r->write_count == 0) return;
    jw_key(w, "writes");
    jw_array_begin(w);
    for (size_t i = 0; i < r->write_count; i++) {
        const struct result_write *x = &r->writes[i];
        struct sv curl = report_write_curl(&a, r, x);
        jw_object_begin(w);
        member(w, "check", x->check);
        jw_member_string(w, "method", x->method);
        jw_member_string(w, "target", x->target);
        if (x->identity.len > 0) jw_member_string(w, "identity", x->identity);
        member(w, "outcome", report_write_outcomes[x->outcome]);
        if (x->reason.len > 0) jw_member_string(w, "reason", x->reason);
        if (curl.len > 0) jw_member_string(w, "undo", curl);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_end(struct json_writer *w, const struct scan_result *r) {
    jw_key(w, "suppressed");
    jw_array_begin(w);
    jw_array_end(w);
    write_texts(w, "warnings", r->warnings, r->warning_count);
    write_writes(w, r);
    jw_key(w, "gate");
    jw_object_begin(w);
    if (r->gate_used) {
        jw_member_bool(w, "passed", r->gate_passed);
        write_texts(w, "reasons", r->gate_reasons, r->gate_reason_count);
    }
    jw_object_end(w);
    jw_key(w, "exit");
    jw_object_begin(w);
    jw_member_i64(w, "code", r->exit_code);
    write_texts(w, "reasons", r->exit_reasons, r->exit_reason_count);
    jw_object_end(w);
}

int report_write_json(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    (void)options;
    struct json_writer w;
    jw_init(&w, out, true);
    jw_object_begin(&w);
    member(&w, "schema", "plumbline/report/1");
    jw_key(&w, "tool");
    jw_object_begin(&w);
    member(&w, "name", "plumbline");
    jw_member_string(&w, "version", r->tool_version);
    jw_object_end(&w);
    write_scan(&w, r);
    write_target(&w, r);
    write_score(&w, r);
    write_categories(&w, r);
    jw_key(&w, "findings");
    jw_array_begin(&w);
    for (size_t i = 0; i < r->finding_count; i++) write_finding(&w, r, &r->findings[i], i + 1);
    jw_array_end(&w);
    write_facts(&w, r);
    write_escape(&w, &r->escape);
    write_coverage(&w, r);
    write_end(&w, r);
    jw_object_end(&w);
    int code = jw_finish(&w);
    if (code == 0) code = out->write(out, SV("\n"));
    return code == 0 ? 0 : error_set(err, code, "the JSON report could not be written");
}
