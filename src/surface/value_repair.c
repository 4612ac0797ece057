// SPDX-License-Identifier: Apache-2.0
// Changes a refused call so that it does what the refusal asks for.
#include "base/numbers.h"
#include "surface/values_internal.h"

struct repair {
    struct arena *a;
    struct rng *rng;
    struct call *call;
};

static bool has_any(struct sv text, const struct sv *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_contains_nocase(text, words[i]))
            return true;
    return false;
}

bool says_required(struct sv m) {
    static const struct sv words[] = {
        SV_INIT("required"),           SV_INIT("missing"),     SV_INIT("not present"),  SV_INIT("be blank"),
        SV_INIT("be empty"),           SV_INIT("not be null"), SV_INIT("be undefined"), SV_INIT("is mandatory"),
        SV_INIT("must be provided"),   SV_INIT("must be set"), SV_INIT("not provided"), SV_INIT("must be specified"),
        SV_INIT("received undefined"), SV_INIT("notblank"),    SV_INIT("notnull")};
    return has_any(m, words, sizeof words / sizeof words[0]);
}

static bool says_unknown(struct sv m) {
    static const struct sv words[] = {
        SV_INIT("not allow"),       SV_INIT("additional propert"), SV_INIT("unrecognized"),    SV_INIT("unexpected"),
        SV_INIT("unknown field"),   SV_INIT("unknown parameter"),  SV_INIT("not permitted"),   SV_INIT("extra field"),
        SV_INIT("extra_forbidden"), SV_INIT("not supported"),      SV_INIT("should not exist")};
    return has_any(m, words, sizeof words / sizeof words[0]);
}

static bool is_word(char c) {
    char l = sv_lower_char(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '+' || c == ':';
}

struct sv message_word(struct sv text) {
    size_t begin = 0;
    while (begin < text.len && (!is_word(text.ptr[begin]) || text.ptr[begin] == ':' || text.ptr[begin] == '.'))
        begin++;
    size_t end = begin;
    while (end < text.len && is_word(text.ptr[end]))
        end++;
    struct sv w = sv_slice(text, begin, end);
    while (w.len > 1 && (w.ptr[w.len - 1] == '.' || w.ptr[w.len - 1] == ':'))
        w.len--;
    return w;
}

// "must be one of: red, green", "not one of [A, B]", "permitted: 'a', 'b'", "enum value set: [x, y]", "oneof=red
// green".
static struct sv listed_value(struct sv m, struct sv now) {
    static const struct sv intros[] = {SV_INIT("one of"),
                                       SV_INIT("permitted:"),
                                       SV_INIT("oneof="),
                                       SV_INIT("enum value set:"),
                                       SV_INIT("allowed values"),
                                       SV_INIT("valid values"),
                                       SV_INIT("accepted values"),
                                       SV_INIT("expected one of"),
                                       SV_INIT("possible values"),
                                       SV_INIT("valid options"),
                                       SV_INIT("supported values"),
                                       SV_INIT("choose from"),
                                       SV_INIT("accepted for Enum class:"),
                                       SV_INIT("input should be '"),
                                       SV_INIT("must be either"),
                                       SV_INIT("valid choices"),
                                       SV_INIT("expected '")};
    for (size_t i = 0; i < sizeof intros / sizeof intros[0]; i++) {
        size_t at = sv_find_nocase(m, intros[i]);
        if (at == SIZE_MAX)
            continue;
        struct sv rest = sv_from_index(m, at + intros[i].len);
        for (unsigned n = 0; n < 30; n++) {
            struct sv w = message_word(rest);
            if (w.len == 0)
                break;
            static const struct sv filler[] = {
                SV_INIT("are"), SV_INIT("is"),  SV_INIT("the"),   SV_INIT("following"), SV_INIT("values"),
                SV_INIT("or"),  SV_INIT("and"), SV_INIT("value"), SV_INIT("these"),     SV_INIT("allowed")};
            bool fills = false;
            for (size_t k = 0; k < sizeof filler / sizeof filler[0]; k++)
                fills = fills || sv_eq_nocase(w, filler[k]);
            if (!fills && !sv_eq(w, now))
                return w;
            rest = sv_from_index(rest, (size_t)(w.ptr + w.len - rest.ptr));
        }
    }
    return SV_NONE;
}

static bool number_behind(struct sv m, struct sv phrase, double *ret) {
    size_t at = sv_find_nocase(m, phrase);
    return at != SIZE_MAX && number_parse_double(message_word(sv_from_index(m, at + phrase.len)), ret) == 0;
}

static struct sv text_of_length(struct arena *a, struct rng *rng, double length) {
    return length >= 1 && length <= 256 ? rng_word(rng, a, (size_t)length) : SV_NONE;
}

struct phrase {
    struct sv text;
    int step; // from the number that is named to one that is allowed
};

// The nearest allowed number. Longer phrases stand first: "not be greater than" is an upper bound.
static bool allowed_number(struct sv m, double *ret) {
    static const struct phrase phrases[] = {
        {SV_INIT("less than or equal to"), 0},
        {SV_INIT("at most"), 0},
        {SV_INIT("maximum of"), 0},
        {SV_INIT("maximum is"), 0},
        {SV_INIT("not exceed"), 0},
        {SV_INIT("not be greater than"), 0},
        {SV_INIT("no more than"), 0},
        {SV_INIT("<="), 0},
        {SV_INIT("lte="), 0},
        {SV_INIT("greater than or equal to"), 0},
        {SV_INIT("at least"), 0},
        {SV_INIT("minimum of"), 0},
        {SV_INIT("minimum is"), 0},
        {SV_INIT("not be less than"), 0},
        {SV_INIT(">="), 0},
        {SV_INIT("gte="), 0},
        {SV_INIT("between"), 0},
        {SV_INIT("greater than"), 1},
        {SV_INIT("larger than"), 1},
        {SV_INIT("more than"), 1},
        {SV_INIT("gt="), 1},
        {SV_INIT("less than"), -1},
        {SV_INIT("smaller than"), -1},
        {SV_INIT("lower than"), -1},
        {SV_INIT("lt="), -1},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (number_behind(m, phrases[i].text, ret)) {
            *ret += phrases[i].step;
            return true;
        }
    return false;
}

// Bounds of numbers and lengths.
static struct sv bounded_value(const struct repair *r, struct sv m) {
    static const struct sv lengths[] = {SV_INIT("character"), SV_INIT("length"), SV_INIT("too short"),
                                        SV_INIT("too long")};
    double v;
    if (!allowed_number(m, &v))
        return SV_NONE;
    if (has_any(m, lengths, sizeof lengths / sizeof lengths[0]))
        return text_of_length(r->a, r->rng, v);
    return arena_printf(r->a, "%.15g", v);
}

static struct sv formatted_value(const struct repair *r, struct sv m) {
    static const struct {
        struct sv word, format;
    } formats[] = {
        {SV_INIT("uuid"), SV_INIT("uuid")},
        {SV_INIT("guid"), SV_INIT("uuid")},
        {SV_INIT("date-time"), SV_INIT("date-time")},
        {SV_INIT("datetime"), SV_INIT("date-time")},
        {SV_INIT("timestamp"), SV_INIT("date-time")},
        {SV_INIT("RFC3339"), SV_INIT("date-time")},
        {SV_INIT("YYYY-MM-DD"), SV_INIT("date")},
        {SV_INIT("valid date"), SV_INIT("date")},
        {SV_INIT("LocalDate"), SV_INIT("date")},
        {SV_INIT("ISO 8601"), SV_INIT("date")},
        {SV_INIT("email"), SV_INIT("email")},
        {SV_INIT("e-mail"), SV_INIT("email")},
        {SV_INIT("url"), SV_INIT("url")},
        {SV_INIT("valid uri"), SV_INIT("url")},
        {SV_INIT("ipv4"), SV_INIT("ipv4")},
        {SV_INIT("ip address"), SV_INIT("ipv4")},
        {SV_INIT("hostname"), SV_INIT("hostname")},
        {SV_INIT("base64"), SV_INIT("byte")},
        {SV_INIT("phone"), SV_INIT("phone")},
        {SV_INIT("a date"), SV_INIT("date")},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (sv_contains_nocase(m, formats[i].word))
            return value_of_format(r->a, r->rng, formats[i].format);
    static const struct sv numbers[] = {SV_INIT("integer"),
                                        SV_INIT("must be a number"),
                                        SV_INIT("numeric"),
                                        SV_INIT("must be an int"),
                                        SV_INIT("a valid number"),
                                        SV_INIT("to a number"),
                                        SV_INIT("'int'"),
                                        SV_INIT("strconv."),
                                        SV_INIT("java.lang.Long"),
                                        SV_INIT("`u32`"),
                                        SV_INIT("`u64`"),
                                        SV_INIT("`i64`"),
                                        SV_INIT("expected number"),
                                        SV_INIT("be number"),
                                        SV_INIT("isInt")};
    if (has_any(m, numbers, sizeof numbers / sizeof numbers[0]))
        return SV("1");
    if (sv_contains_nocase(m, SV("boolean")))
        return SV("true");
    return SV_NONE;
}

static struct sv better_value(const struct repair *r, const struct parameter *p, const struct complaint *c,
                              struct sv now) {
    if (c->allowed.len > 0 && !sv_eq(c->allowed, now))
        return c->allowed;
    struct sv v = listed_value(c->message, now);
    if (v.ptr == NULL)
        v = bounded_value(r, c->message);
    if (v.ptr == NULL)
        v = formatted_value(r, c->message);
    if (v.ptr == NULL && p->schema->pattern.len > 0)
        v = value_of_pattern(r->a, r->rng, p->schema->pattern);
    return v;
}

static bool mend(const struct repair *r, size_t i, const struct complaint *c) {
    const struct parameter *p = &r->call->operation->parameters[i];
    struct param_value *v = &r->call->values[i];
    if (!v->present) {
        struct value_list list;
        struct sv hinted = better_value(r, p, c, SV_NONE);
        if (hinted.ptr == NULL && value_candidates(r->a, r->rng, r->call->operation, p, NULL, &list, NULL) != 0)
            return false;
        *v = hinted.ptr != NULL ? (struct param_value){.text = hinted} : list.items[0];
        v->present = true;
        return true;
    }
    if (says_unknown(c->message) && !p->required && p->in != PARAM_PATH) {
        v->present = false;
        return true;
    }
    struct sv better = better_value(r, p, c, v->text);
    if (better.ptr == NULL && says_required(c->message) && v->text.len == 0)
        better = value_generate(r->a, r->rng, p);
    if (better.ptr == NULL || sv_eq(better, v->text))
        return false;
    *v = (struct param_value){.text = better, .present = true};
    return true;
}

static bool place_fits(const struct parameter *p, struct sv in) {
    if (sv_starts_with_nocase(in, SV("query")))
        return p->in == PARAM_QUERY;
    if (sv_starts_with_nocase(in, SV("path")) || sv_eq_nocase(in, SV("params")))
        return p->in == PARAM_PATH;
    if (sv_starts_with_nocase(in, SV("header")))
        return p->in == PARAM_HEADER;
    return !sv_eq_nocase(in, SV("body")) || p->in == PARAM_BODY;
}

static struct sv leaf_name(struct sv name) {
    size_t dot = sv_rfind_char(name, '.');
    struct sv leaf = dot == SIZE_MAX ? name : sv_from_index(name, dot + 1);
    return sv_ends_with(leaf, SV("[]")) && leaf.len > 2 ? sv_slice(leaf, 0, leaf.len - 2) : leaf;
}

// Does the sentence name the parameter, as a word of its own?
static bool sentence_names(struct sv m, struct sv name) {
    if (name.len < 2)
        return false;
    while (m.len >= name.len) {
        size_t at = sv_find_nocase(m, name);
        if (at == SIZE_MAX)
            return false;
        bool left = at == 0 || !is_word(m.ptr[at - 1]) || m.ptr[at - 1] == '.';
        bool right = at + name.len >= m.len || !is_word(m.ptr[at + name.len]) || m.ptr[at + name.len] == '.' ||
                     m.ptr[at + name.len] == ':';
        if (left && right)
            return true;
        m = sv_from_index(m, at + 1);
    }
    return false;
}

static bool apply(const struct repair *r, const struct complaint *c) {
    const struct operation *op = r->call->operation;
    bool changed = false;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        struct sv leaf = leaf_name(p->name);
        bool named = c->name.len > 0 ? names_alike(leaf, c->name) || names_alike(p->name, c->name)
                                     : sentence_names(c->message, leaf);
        if (named && (c->in.len == 0 || place_fits(p, c->in)))
            changed = mend(r, i, c) || changed;
    }
    return changed;
}

bool values_repair(struct arena *a, struct rng *rng, struct call *c, const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 400 || x->response.status >= 500)
        return false;
    struct complaint_list list;
    complaints_read(a, x, c->operation, &list);
    struct repair r = {a, rng, c};
    bool changed = false;
    for (size_t i = 0; i < list.len; i++)
        changed = apply(&r, &list.items[i]) || changed;
    return changed;
}
