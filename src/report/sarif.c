// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 as code hosts read it: places are files (the specification, with the line of the operation), never URLs; one rule per check and
// severity; one result per root cause with its places; a valid run also when nothing was found, and one that says so when the scan failed.
#include "advice/advice.h"
#include "base/escape.h"
#include "base/json_writer.h"
#include "report/report.h"
#include "report/text.h"

// Bounds of code hosts: 25,000 results (5,000 kept), 1,000 places each (100 shown), 10 MB.
enum { RESULTS_MAX = 5000, PLACES_MAX = 100, MESSAGE_BYTES = 1000, NOTIFICATIONS_MAX = 50 };
#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct sarif {
    struct json_writer w;
    struct arena *a;
    const struct scan_result *r;
    struct sv *rules; // "check/severity" in the order of first use
    size_t rule_count;
};

static const char *level_of(enum severity s) {
    return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

// The classes that code hosts cut at 9, 7 and 4.
static const char *security_severity(enum severity s) {
    static const char *const values[SEVERITY_COUNT] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
    return values[s];
}

static void member(struct json_writer *w, const char *key, const char *value) {
    jw_member_string(w, key, sv_from(value));
}

static void write_text(struct json_writer *w, const char *key, struct sv text) {
    jw_key(w, key);
    jw_object_begin(w);
    jw_member_string(w, "text", sv_slice(text, 0, MESSAGE_BYTES));
    jw_object_end(w);
}

static struct sv rule_id(struct arena *a, const struct result_finding *f) {
    return arena_printf(a, "%s/%s", f->check, severity_names[f->severity]);
}

static size_t rule_index(const struct sarif *s, struct sv id) {
    for (size_t i = 0; i < s->rule_count; i++) {
        if (sv_eq(s->rules[i], id))
            return i;
    }
    return SIZE_MAX;
}

static size_t result_count(const struct sarif *s) {
    return s->r->finding_count < RESULTS_MAX ? s->r->finding_count : RESULTS_MAX;
}

static void write_tags(struct sarif *s, const struct result_finding *f) {
    struct json_writer *w = &s->w;
    jw_key(w, "tags");
    jw_array_begin(w);
    jw_string(w, SV("security"));
    jw_string(w, sv_from(category_infos[f->category].key));
    for (size_t i = 0; i < 4 && f->cwe[i] != 0; i++)
        jw_string(w, arena_printf(s->a, "external/cwe/cwe-%03u", (unsigned)f->cwe[i]));
    if (f->owasp != NULL)
        jw_string(w, sv_from(f->owasp));
    jw_array_end(w);
}

// "SsrfMetadata": validators want a name in this form.
static struct sv pascal_name(struct arena *a, const char *check) {
    auto_buf b = BUF_INIT(256);
    bool upper = true;
    for (const char *c = check; *c != '\0'; c++) {
        if (*c == '-') {
            upper = true;
            continue;
        }
        buf_add_char(&b, upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
        upper = false;
    }
    return arena_copy_sv(a, buf_sv(&b));
}

static struct sv sentence(struct arena *a, struct sv text) {
    return sv_ends_with(text, SV(".")) ? text : arena_printf(a, SV_FMT ".", SV_ARG(text));
}

// Where the weakness is described; our own text comes with the program (help).
static struct sv help_uri(struct arena *a, const struct result_finding *f) {
    if (f->cwe[0] == 0)
        return SV("https://owasp.org/API-Security/editions/2023/en/0x11-t10/");
    return arena_printf(a, "https://cwe.mitre.org/data/definitions/%u.html", (unsigned)f->cwe[0]);
}

static struct sv help_text(struct sarif *s, const struct result_finding *f) {
    struct advice advice = {0};
    int code = advice_for(s->a, sv_from(f->check), SV_NONE, SV_NONE, SV_NONE, SV_NONE, &advice, NULL);
    struct sv pointer = arena_printf(s->a, "plumb explain %s tells more.", f->check);
    if (code != 0)
        return pointer;
    return arena_printf(s->a, SV_FMT " " SV_FMT "\n\nFix: " SV_FMT "\n\nVerify: " SV_FMT "\n\n" SV_FMT, SV_ARG(advice.what), SV_ARG(advice.why), SV_ARG(advice.fix),
                        SV_ARG(advice.verify), SV_ARG(pointer));
}

static void write_rule(struct sarif *s, const struct result_finding *f, struct sv id) {
    struct json_writer *w = &s->w;
    struct sv title = sv_from(f->check_title != NULL ? f->check_title : f->check);
    jw_object_begin(w);
    jw_member_string(w, "id", id);
    jw_member_string(w, "name", pascal_name(s->a, f->check));
    write_text(w, "shortDescription", sentence(s->a, title));
    write_text(w, "fullDescription", sentence(s->a, arena_printf(s->a, SV_FMT " (%s, %s)", SV_ARG(title), category_infos[f->category].title, severity_names[f->severity])));
    jw_member_string(w, "helpUri", help_uri(s->a, f));
    write_text(w, "help", help_text(s, f));
    jw_key(w, "defaultConfiguration");
    jw_object_begin(w);
    member(w, "level", level_of(f->severity));
    jw_object_end(w);
    jw_key(w, "properties");
    jw_object_begin(w);
    write_tags(s, f);
    member(w, "precision", f->confidence == CONFIDENCE_CONFIRMED ? "very-high" : f->confidence == CONFIDENCE_FIRM ? "high" : "medium");
    member(w, "problem.severity", f->severity >= SEVERITY_HIGH ? "error" : f->severity == SEVERITY_MEDIUM ? "warning" : "recommendation");
    member(w, "security-severity", security_severity(f->severity));
    jw_object_end(w);
    jw_object_end(w);
}

static int write_rules(struct sarif *s) {
    struct json_writer *w = &s->w;
    s->rules = arena_new_array(s->a, struct sv, result_count(s));
    if (s->rules == NULL)
        return -ENOMEM;
    jw_key(w, "rules");
    jw_array_begin(w);
    for (size_t i = 0; i < result_count(s); i++) {
        const struct result_finding *f = &s->r->findings[i];
        struct sv id = rule_id(s->a, f);
        if (id.ptr == NULL)
            return -ENOMEM;
        if (rule_index(s, id) != SIZE_MAX)
            continue;
        s->rules[s->rule_count++] = id;
        write_rule(s, f, id);
    }
    jw_array_end(w);
    return 0;
}

static bool is_url(struct sv text) {
    return sv_find(text, SV("://")) != SIZE_MAX;
}

// A path inside a checkout: relative, with escaped bytes; a name of ours when the specification is no local file. "." and ".." parts go.
static struct sv artifact(struct arena *a, struct sv file) {
    if (file.len == 0 || is_url(file))
        return SV("api");
    auto_buf b = BUF_INIT(16 * 1024);
    struct sv rest = file;
    struct sv part;
    while (sv_split(&rest, '/', &part)) {
        if (part.len == 0 || sv_eq(part, SV(".")) || sv_eq(part, SV("..")))
            continue;
        if (b.len > 0)
            buf_add_char(&b, '/');
        esc_url(&b, part, "");
    }
    return b.len == 0 || buf_failed(&b) ? SV("api") : arena_copy_sv(a, buf_sv(&b));
}

static void write_physical(struct sarif *s, const struct result_occurrence *o) {
    struct json_writer *w = &s->w;
    jw_key(w, "physicalLocation");
    jw_object_begin(w);
    jw_key(w, "artifactLocation");
    jw_object_begin(w);
    jw_member_string(w, "uri", artifact(s->a, o->file));
    member(w, "uriBaseId", "SRCROOT");
    jw_object_end(w);
    jw_key(w, "region");
    jw_object_begin(w);
    jw_member_u64(w, "startLine", o->line > 0 && !is_url(o->file) ? o->line : 1);
    jw_object_end(w);
    jw_object_end(w);
}

static struct sv place_of(struct arena *a, const struct result_occurrence *o) {
    auto_buf b = BUF_INIT(16 * 1024);
    text_place(&b, o->method, o->path);
    text_parameter(&b, o->parameter, o->parameter_in);
    return buf_failed(&b) ? SV("place") : arena_copy_sv(a, sv_slice(buf_sv(&b), 0, MESSAGE_BYTES));
}

static void write_places(struct sarif *s, const struct result_finding *f, const char *key, size_t begin, size_t end) {
    struct json_writer *w = &s->w;
    jw_key(w, key);
    jw_array_begin(w);
    for (size_t i = begin; i < end; i++) {
        const struct result_occurrence *o = &f->occurrences[i];
        jw_object_begin(w);
        if (begin > 0)
            jw_member_u64(w, "id", i);
        write_physical(s, o);
        jw_key(w, "logicalLocations");
        jw_array_begin(w);
        jw_object_begin(w);
        jw_member_string(w, "fullyQualifiedName", place_of(s->a, o));
        member(w, "kind", o->parameter.len > 0 ? "parameter" : "resource");
        jw_object_end(w);
        jw_array_end(w);
        if (begin > 0)
            write_text(w, "message", place_of(s->a, o));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static struct sv message_of(struct arena *a, const struct result_finding *f) {
    struct sv place = place_of(a, &f->occurrences[0]);
    struct sv more = f->occurrence_count > 1 ? arena_printf(a, " and %zu more places", f->occurrence_count - 1) : SV("");
    return arena_printf(a, SV_FMT ": " SV_FMT " (" SV_FMT SV_FMT "; %s).", SV_ARG(sv_slice(f->title, 0, 200)), SV_ARG(sv_slice(f->reason, 0, 500)),
                        SV_ARG(sv_slice(place, 0, 200)), SV_ARG(more), confidence_names[f->confidence]);
}

static void write_result(struct sarif *s, const struct result_finding *f) {
    struct json_writer *w = &s->w;
    struct sv id = rule_id(s->a, f);
    size_t end = f->occurrence_count < PLACES_MAX ? f->occurrence_count : PLACES_MAX;
    jw_object_begin(w);
    jw_member_string(w, "ruleId", id);
    jw_member_u64(w, "ruleIndex", rule_index(s, id));
    member(w, "level", level_of(f->severity));
    write_text(w, "message", message_of(s->a, f));
    write_places(s, f, "locations", 0, 1);
    if (end > 1)
        write_places(s, f, "relatedLocations", 1, end);
    jw_key(w, "partialFingerprints");
    jw_object_begin(w);
    jw_member_string(w, "primaryLocationLineHash", arena_printf(s->a, SV_FMT ":1", SV_ARG(f->fingerprint)));
    jw_member_string(w, "plumblineFinding/v1", f->fingerprint);
    jw_member_string(w, "plumblineOccurrence/v1", f->occurrences[0].fingerprint);
    jw_object_end(w);
    member(w, "baselineState", f->known ? "unchanged" : "new");
    jw_key(w, "properties");
    jw_object_begin(w);
    member(w, "severity", severity_names[f->severity]);
    member(w, "confidence", confidence_names[f->confidence]);
    jw_member_string(w, "curl", report_finding_curl(s->a, s->r, f));
    jw_member_string(w, "target", s->r->target_url);
    jw_object_end(w);
    jw_object_end(w);
}

static void write_notification(struct sarif *s, const char *level, struct sv text) {
    struct json_writer *w = &s->w;
    jw_object_begin(w);
    member(w, "level", level);
    write_text(w, "message", text);
    jw_object_end(w);
}

// An incomplete scan is no clean one: what could not be tested stands here.
static void write_invocations(struct sarif *s) {
    struct json_writer *w = &s->w;
    const struct scan_result *r = s->r;
    bool reliable = r->exit_code == 0 || r->exit_code == 1;
    char started[25];
    char ended[25];
    clock_format_utc(r->started, started);
    clock_format_utc(r->ended, ended);
    jw_key(w, "invocations");
    jw_array_begin(w);
    jw_object_begin(w);
    jw_member_bool(w, "executionSuccessful", reliable && !r->interrupted);
    jw_member_i64(w, "exitCode", r->exit_code);
    member(w, "startTimeUtc", started);
    member(w, "endTimeUtc", ended);
    jw_key(w, "toolExecutionNotifications");
    jw_array_begin(w);
    for (size_t i = 0; i < r->exit_reason_count && i < NOTIFICATIONS_MAX; i++)
        write_notification(s, reliable ? "note" : "error", r->exit_reasons[i]);
    for (size_t i = 0; i < r->warning_count && i < NOTIFICATIONS_MAX; i++)
        write_notification(s, "warning", r->warnings[i]);
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        const struct result_category *k = &r->categories[c];
        if (k->status != CATEGORY_UNTESTED && k->status != CATEGORY_INCONCLUSIVE)
            continue;
        const char *word = k->status == CATEGORY_UNTESTED ? "not tested" : "inconclusive";
        write_notification(s, "note", k->reason.len > 0 ? arena_printf(s->a, "%s: %s: " SV_FMT, category_infos[c].key, word, SV_ARG(k->reason))
                                                        : arena_printf(s->a, "%s: %s", category_infos[c].key, word));
    }
    jw_array_end(w);
    jw_object_end(w);
    jw_array_end(w);
}

static int write_run(struct sarif *s) {
    struct json_writer *w = &s->w;
    jw_object_begin(w);
    jw_key(w, "tool");
    jw_object_begin(w);
    jw_key(w, "driver");
    jw_object_begin(w);
    member(w, "name", "Plumbline");
    jw_member_string(w, "version", s->r->tool_version);
    jw_member_string(w, "semanticVersion", s->r->tool_version);
    int code = write_rules(s);
    if (code != 0)
        return code;
    jw_object_end(w);
    jw_object_end(w);
    jw_key(w, "automationDetails");
    jw_object_begin(w);
    member(w, "id", "plumbline/");
    jw_object_end(w);
    write_invocations(s);
    jw_key(w, "originalUriBaseIds");
    jw_object_begin(w);
    jw_key(w, "SRCROOT");
    jw_object_begin(w);
    write_text(w, "description", SV("The root of the checkout in which the specification lies."));
    jw_object_end(w);
    jw_object_end(w);
    member(w, "columnKind", "unicodeCodePoints");
    jw_key(w, "results");
    jw_array_begin(w);
    for (size_t i = 0; i < result_count(s); i++)
        write_result(s, &s->r->findings[i]);
    jw_array_end(w);
    jw_object_end(w);
    return 0;
}

int report_write_sarif(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    (void)options;
    auto_arena a = {0};
    arena_init(&a, (size_t)128 * 1024 * 1024);
    struct sarif s = {.a = &a, .r = r};
    jw_init(&s.w, out, true);
    jw_object_begin(&s.w);
    member(&s.w, "$schema", SARIF_SCHEMA);
    member(&s.w, "version", "2.1.0");
    jw_key(&s.w, "runs");
    jw_array_begin(&s.w);
    if (write_run(&s) != 0)
        return error_nomem(err);
    jw_array_end(&s.w);
    jw_object_end(&s.w);
    int code = jw_finish(&s.w);
    if (code == 0)
        code = out->write(out, SV("\n"));
    return code == 0 ? 0 : error_set(err, code, "the SARIF report could not be written");
}
