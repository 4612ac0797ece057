// SPDX-License-Identifier: Apache-2.0
/*
 * Values that name a file and leave the folder that the service meant. What proves it is the content of a file that stands outside of every
 * such folder, known by its form (the list of accounts): not an error, not a difference, not a normalised "./".
 *
 *   look     the file by several spellings ──its form shows, not in the ordinary answer──> again
 *            an error of opening that names our path ──> trace
 *   again    two new spellings of that kind, and what must not show it: the same words in the wrong order, a random name in the same folder
 *            -> confirmed
 *   trace    a random name by that spelling and without it: only the first leaves the folder in the error's text -> firm
 *
 * A service whose answer does not depend on the path cannot tell our file from the same words swapped; one that looks for words cannot
 * either. The account list itself is not kept: evidence holds the beginning of its first line.
 */
#include "checks/support/known_file.h"
#include "checks/support/places.h"
#include "checks/support/url_params.h"

enum { TAG_LOOK = 1, TAG_AGAIN, TAG_TRACE };
enum { DEPTH_LEAST = 9, DEPTH_MOST = 13, NONCE = 10, WAYS_MAX = 8, LEADS_MAX = 400 };

enum way {
    WAY_RELATIVE, // ../../etc/passwd
    WAY_ABSOLUTE, // /etc/passwd               joining functions that let an absolute path win
    WAY_DOUBLED,  // ....//....//etc/passwd    filters that take "../" out once
    WAY_TWICE,    // %2e%2e%2fetc%2fpasswd     decoded once more by the service, behind a test for ".."
    WAY_BACK,     // ..\\..\\etc\\passwd         backslashes that are made slashes, or are such
    WAY_PREFIXED, // <good>/../../etc/passwd   tests for a beginning, and paths that are cleaned as text
    WAY_PLAIN,    // ../../etc/passwd in the path of the request itself, slashes unencoded
    WAY_DOTS,     // %2e%2e/ in the path of the request itself: cleaned before it is decoded
    WAY_COUNT
};
static const char *const way_notes[WAY_COUNT] = {"a path with ../ in the value", "an absolute path in the value", "....// in the value, of which a filter leaves ../",
                                                 "a value that is percent-decoded a second time", "a path with ..\\ in the value",
                                                 "a good value followed by ../", "a path with ../ in the request's path",
                                                 "a path with %2e%2e/ in the request's path"};

struct look {
    enum way ways[WAYS_MAX];
    struct sv values[WAYS_MAX];
};
struct again {
    enum way way;
};
struct trace {
    enum way way;
    struct sv outside[2], inside[2]; // folder and name
    struct sv value;                 // that names the outside one
};

// -- spellings -----------------------------------------------------------------------------------------------------------------------

static struct sv repeat(struct arena *a, struct sv step, size_t count) {
    char *text = arena_alloc(a, step.len * count + 1);
    for (size_t i = 0; text != NULL && i < count; i++) memcpy(text + i * step.len, step.ptr, step.len);
    return text == NULL ? SV_NONE : sv_make(text, step.len * count);
}

static struct sv replace_slashes(struct arena *a, struct sv path, struct sv by) {
    struct sv rest = path, part, out = SV("");
    for (bool first = true; sv_split(&rest, '/', &part); first = false) {
        out = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(out), SV_ARG(first ? SV("") : by), SV_ARG(part));
        if (out.ptr == NULL) return SV_NONE;
    }
    return out;
}

// What a good value begins with: its folder, or itself when it names no folder.
static struct sv beginning(const struct place *p) {
    size_t slash = sv_rfind_char(p->value, '/');
    return slash == SIZE_MAX || slash == 0 ? p->value : sv_slice(p->value, 0, slash);
}

// `file` without leading slash. SV_NONE when this way makes no sense here.
static struct sv spell(struct check_run *run, struct arena *a, const struct place *p, enum way way, struct sv file) {
    size_t depth = (size_t)rng_between(check_rng(run), DEPTH_LEAST, DEPTH_MOST);
    enum param_in in = p->op->parameters[p->parameter].in;
    struct sv up = repeat(a, SV("../"), depth);
    switch (way) {
    case WAY_RELATIVE:
        return arena_printf(a, SV_FMT SV_FMT, SV_ARG(up), SV_ARG(file));
    case WAY_ABSOLUTE:
        return arena_printf(a, "/" SV_FMT, SV_ARG(file));
    case WAY_DOUBLED:
        return arena_printf(a, SV_FMT SV_FMT, SV_ARG(repeat(a, SV("....//"), depth)), SV_ARG(file));
    case WAY_TWICE:
        return arena_printf(a, SV_FMT SV_FMT, SV_ARG(repeat(a, SV("%2e%2e%2f"), depth)), SV_ARG(replace_slashes(a, file, SV("%2f"))));
    case WAY_BACK:
        return arena_printf(a, SV_FMT SV_FMT, SV_ARG(repeat(a, SV("..\\"), depth)), SV_ARG(replace_slashes(a, file, SV("\\"))));
    case WAY_PREFIXED:
        if (p->value.len == 0 || p->value.len > 200 || sv_starts_with(p->value, SV("/"))) return SV_NONE;
        return arena_printf(a, SV_FMT "/" SV_FMT SV_FMT, SV_ARG(beginning(p)), SV_ARG(up), SV_ARG(file));
    case WAY_PLAIN:
        return in == PARAM_PATH ? arena_printf(a, SV_FMT SV_FMT, SV_ARG(up), SV_ARG(file)) : SV_NONE;
    case WAY_DOTS:
        return in == PARAM_PATH ? arena_printf(a, SV_FMT SV_FMT, SV_ARG(repeat(a, SV("%2e%2e/"), depth)), SV_ARG(file)) : SV_NONE;
    case WAY_COUNT:
        break;
    }
    return SV_NONE;
}

// The value that was asked with, SV_NONE when none was.
static struct sv add_value(struct check_run *run, struct experiment *e, enum probe_role role, const struct place *p, enum way way, struct sv file) {
    struct sv value = file.ptr == NULL ? SV_NONE : spell(run, &e->arena, p, way, file);
    bool asked = value.ptr != NULL && place_ask(run, e, role, p, value, way == WAY_PLAIN || way == WAY_DOTS) != NULL;
    return asked ? value : SV_NONE;
}

static bool add(struct check_run *run, struct experiment *e, enum probe_role role, const struct place *p, enum way way, struct sv file) {
    return add_value(run, e, role, p, way, file).ptr != NULL;
}

// -- look ----------------------------------------------------------------------------------------------------------------------------

static bool has_extension(struct sv value) {
    size_t dot = sv_rfind_char(value, '.');
    return dot != SIZE_MAX && dot > 0 && value.len - dot >= 3 && value.len - dot <= 6 && !sv_is_digits(sv_from_index(value, dot + 1));
}

// Does the value name a file: by its own name, by what it looks like, by its description?
static bool is_likely(struct check_run *run, const struct place *p) {
    const struct parameter *param = &p->op->parameters[p->parameter];
    struct sv description = param->description.len > 0 ? param->description : param->schema->description;
    if ((param->schema->types & TYPE_STRING) == 0 && param->schema->types != 0) return false;
    bool free = param->schema->enum_count == 0;
    if (sv_contains_nocase(description, SV("file")) || sv_contains_nocase(description, SV("template")) || sv_contains_nocase(description, SV("path"))) return true;
    if (url_params_name_in(check_knowledge(run, "wordlists/file-params"), SV("file"), param->name)) return true;
    return free && (has_extension(p->value) || sv_find_char(p->value, '/') != SIZE_MAX) && !sv_contains(p->value, SV("://")) && !sv_contains(p->value, SV("@"));
}

static int look(struct check_run *run, const struct place *p, bool likely, struct error *err) {
    static const enum way path_ways[] = {WAY_RELATIVE, WAY_PLAIN, WAY_TWICE, WAY_ABSOLUTE, WAY_DOUBLED, WAY_PREFIXED, WAY_DOTS, WAY_BACK};
    static const enum way other_ways[] = {WAY_RELATIVE, WAY_ABSOLUTE, WAY_DOUBLED, WAY_TWICE, WAY_PREFIXED, WAY_BACK};
    bool path = p->op->parameters[p->parameter].in == PARAM_PATH;
    struct experiment *e = place_experiment(run, p, TAG_LOOK, 1);
    struct look *l = e == NULL ? NULL : arena_new(&e->arena, struct look);
    if (l == NULL) return error_nomem(err);
    e->user = l;
    if (likely) e->value = 2;
    for (size_t i = 0; i < (likely ? (path ? 8 : 6) : 1); i++) {
        enum way way = path ? path_ways[i] : other_ways[i];
        struct sv value = add_value(run, e, ROLE_PROBE, p, way, known_file_path(KNOWN_PASSWD));
        if (value.ptr == NULL) continue;
        l->ways[e->probe_count - 1] = way;
        l->values[e->probe_count - 1] = value;
    }
    if (e->probe_count > 0) check_submit(run, e);
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct place places[PLACES_MAX];
    size_t count = places_find(run, op, places);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        const struct parameter *param = &op->parameters[places[i].parameter];
        bool likely = is_likely(run, &places[i]);
        if (!likely && (!url_params_is_free_text(param) || param->in == PARAM_HEADER || param->in == PARAM_COOKIE)) continue;
        r = look(run, &places[i], likely, err);
    }
    if (count > 0) place_exercised(run, &places[0]);
    return r;
}

// -- what an error tells of the path -------------------------------------------------------------------------------------------------------

static bool tells_of_opening(struct sv text) {
    static const struct sv phrases[] = {SV_INIT("ENOENT"), SV_INIT("ENOTDIR"), SV_INIT("No such file or directory"), SV_INIT("no such file or directory"), SV_INIT("NoSuchFileException"),
                                        SV_INIT("FileNotFoundException"), SV_INIT("FileNotFoundError"), SV_INIT("failed to open stream"), SV_INIT("Could not find file"),
                                        SV_INIT("Could not find a part of the path")};
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (sv_contains(text, phrases[i])) return true;
    }
    return false;
}

static bool ends_path(char c) {
    static const char ends[] = "'\"`<>()[]:=, \n\t";
    return memchr(ends, c, sizeof ends - 1) != NULL;
}

// Does the text of a failed opening name folder/name outside of every folder: right below the root, or behind a folder with steps upwards? Our own value
// as it was sent proves nothing: a store that opens no file repeats it, too.
static bool names_outside(struct arena *a, const struct exchange *x, struct sv sent, struct sv folder, struct sv name) {
    struct sv part = arena_printf(a, "/" SV_FMT "/" SV_FMT, SV_ARG(folder), SV_ARG(name));
    if (!exchange_answered(x) || part.ptr == NULL || !tells_of_opening(x->response.body)) return false;
    struct sv body = x->response.body;
    for (size_t at = 0, found; (found = sv_find(sv_from_index(body, at), part)) != SIZE_MAX; at += found + 1) {
        size_t end = at + found, begin = end;
        while (begin > 0 && end - begin < LEADS_MAX && !ends_path(body.ptr[begin - 1])) begin--;
        struct sv leads = sv_slice(body, begin, end);
        bool repeated = sv_starts_with(leads, SV("..")) || sv_eq(sv_slice(body, begin, end + part.len), sent);
        if (!repeated && (leads.len == 0 || sv_ends_with(leads, SV("/../..")))) return true;
    }
    return false;
}

static int ask_trace(struct check_run *run, const struct place *p, enum way way, uint16_t round, struct error *err) {
    struct experiment *e = place_experiment(run, p, TAG_TRACE, round);
    struct trace *t = e == NULL ? NULL : arena_new(&e->arena, struct trace);
    if (t == NULL) return error_nomem(err);
    struct rng *rng = check_rng(run);
    struct arena *a = &e->arena;
    e->user = t;
    t->way = way;
    for (size_t i = 0; i < 2; i++) {
        t->outside[i] = rng_word(rng, a, NONCE);
        t->inside[i] = rng_word(rng, a, NONCE);
        if (t->outside[i].ptr == NULL || t->inside[i].ptr == NULL) return error_nomem(err);
    }
    struct sv control = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(t->inside[0]), SV_ARG(t->inside[1]));
    t->value = add_value(run, e, ROLE_PROBE, p, way, arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(t->outside[0]), SV_ARG(t->outside[1])));
    bool ok = t->value.ptr != NULL &&
              place_ask(run, e, ROLE_CONTROL, p, control, way == WAY_PLAIN || way == WAY_DOTS) != NULL;
    if (ok) check_submit(run, e);
    return 0;
}

static int judge_trace(struct check_run *run, struct experiment *e, struct error *err) {
    const struct trace *t = e->user;
    struct place p = place_of(run, e);
    struct arena *a = &e->arena;
    if (!names_outside(a, e->exchanges[0], t->value, t->outside[0], t->outside[1]) || names_outside(a, e->exchanges[1], SV_NONE, t->inside[0], t->inside[1])) return 0;
    if (e->round == 2) return ask_trace(run, &p, t->way, 3, err);
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "the error of opening names a path outside the folder"),
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "a random name without the steps upwards stays inside")};
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("path-traversal-tried"),
        .impact = IMPACT_COST,
        .who = p.identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_FIRM,
        .title = SV("A value makes the service open files outside its folder"),
        .reason = SV("the service tried to open a random path outside its folder, as its own error text says, in two rounds; what it can read there was not seen"),
        .evidence = evidence,
        .evidence_count = 2,
        .cwe = {22},
    };
    return place_report(run, &p, f, err);
}

// -- judging -------------------------------------------------------------------------------------------------------------------------------

static int ask_again(struct check_run *run, const struct place *p, enum way way, struct error *err) {
    struct experiment *e = place_experiment(run, p, TAG_AGAIN, 2);
    struct again *s = e == NULL ? NULL : arena_new(&e->arena, struct again);
    if (s == NULL) return error_nomem(err);
    struct sv random = rng_word(check_rng(run), &e->arena, NONCE);
    e->user = s;
    e->schedule = SCHEDULE_ALONE;
    s->way = way;
    bool ok = random.ptr != NULL && add(run, e, ROLE_PROBE, p, way, SV("etc/./passwd")) && add(run, e, ROLE_CONTROL, p, way, SV("passwd/etc")) &&
              add(run, e, ROLE_CONTROL, p, way, arena_printf(&e->arena, "etc/" SV_FMT, SV_ARG(random))) && add(run, e, ROLE_PROBE, p, way, SV("etc/././passwd"));
    if (ok) check_submit(run, e);
    return 0;
}

static int judge_look(struct check_run *run, struct experiment *e, struct error *err) {
    const struct look *l = e->user;
    struct place p = place_of(run, e);
    struct arena *a = &e->arena;
    if (known_file_shows(a, p.baseline->answer, KNOWN_PASSWD)) return 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        if (known_file_shows(a, e->exchanges[i], KNOWN_PASSWD)) return ask_again(run, &p, l->ways[i], err);
    }
    for (size_t i = 0; i < e->probe_count; i++) {
        if (names_outside(a, e->exchanges[i], l->values[i], SV("etc"), SV("passwd"))) return ask_trace(run, &p, l->ways[i], 2, err);
    }
    bool blocked;
    return place_blocked(run, e, &blocked);
}

static uint32_t tell_fact(struct check_run *run, const struct place *p) {
    const struct operation *op = p->op;
    const struct fact f = {
        .kind = SV("traversal"),
        .subject_type = SV("endpoint"),
        .subject = arena_printf(check_arena(run), SV_FMT " " SV_FMT, SV_ARG(op->method), SV_ARG(op->path)),
        .value = FACT_YES,
        .source = FACT_PROBE,
        .confidence = CONFIDENCE_CONFIRMED,
    };
    return check_fact(run, &f);
}

static int judge_again(struct check_run *run, struct experiment *e, struct error *err) {
    const struct again *s = e->user;
    struct place p = place_of(run, e);
    struct arena *a = &e->arena;
    bool shown[4];
    for (size_t i = 0; i < 4; i++) {
        if (!exchange_answered(e->exchanges[i])) {
            check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a probe was not answered");
            return 0;
        }
        shown[i] = known_file_shows(a, e->exchanges[i], KNOWN_PASSWD);
    }
    if (!shown[0] || shown[1] || shown[2] || !shown[3]) return 0;
    struct exchange *withheld = known_file_withhold(a, e->exchanges[0], KNOWN_PASSWD);
    if (withheld == NULL) return error_nomem(err);
    const struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = withheld, .note = sv_from(way_notes[s->way])},
                                             check_evidence(e, 1, EVIDENCE_CONTROL, "the same words as another path show nothing"),
                                             check_evidence(e, 2, EVIDENCE_CONTROL, "a random name in the same folder shows nothing")};
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct finding f = {
        .category = CATEGORY_INPUT,
        .cause = SV("path-traversal"),
        .impact = IMPACT_SECRET,
        .who = p.identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("A value reads files outside the service's folder"),
        .reason = SV("the list of accounts of the machine was shown by three spellings of its path in two rounds, not by the same words in another order or a random name"),
        .evidence = evidence,
        .evidence_count = 3,
        .effects = effects,
        .effect_count = 1,
        .cwe = {22, 36},
        .facts = {tell_fact(run, &p)},
    };
    return place_report(run, &p, f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->tag == TAG_LOOK) return judge_look(run, e, err);
    return e->tag == TAG_AGAIN ? judge_again(run, e, err) : judge_trace(run, e, err);
}

const struct check check_path_traversal = {
    .id = "path-traversal",
    .title = "Values that leave the folder they name a file in",
    .category = CATEGORY_INPUT,
    .owasp = "API8:2023",
    .cwe = 22,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
