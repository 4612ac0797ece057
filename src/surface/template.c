// SPDX-License-Identifier: Apache-2.0
/*
 * Path templates from concrete paths. A segment is a variable by its shape (integer, UUID, long hex, base64, a slug
 * with a number in it), or because an answer called exactly this text an identifier.
 */
#include "base/numbers.h"
#include "http/url.h"
#include "surface/surface_internal.h"

enum { SEGMENTS_MAX = 24, QUERY_MAX = 24 };

static bool is_letter(char c) {
    c = sv_lower_char(c);
    return c >= 'a' && c <= 'z';
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_uuid(struct sv s) {
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.ptr[i] != '-' : !sv_is_hex(sv_slice(s, i, i + 1)))
            return false;
    }
    return true;
}

static bool is_day(struct sv s) { // 2024-01-31
    return s.len == 10 && s.ptr[4] == '-' && s.ptr[7] == '-' && sv_is_digits(sv_slice(s, 0, 4)) &&
           sv_is_digits(sv_slice(s, 5, 7)) && sv_is_digits(sv_slice(s, 8, 10));
}

bool segment_is_version(struct sv s) {
    if (is_day(s))
        return true;
    if (s.len < 2 || s.len > 10 || sv_lower_char(s.ptr[0]) != 'v' || !is_digit(s.ptr[1]))
        return false;
    size_t i = 1;
    while (i < s.len && (is_digit(s.ptr[i]) || s.ptr[i] == '.' || s.ptr[i] == '_'))
        i++;
    struct sv stage = sv_from_index(s, i); // v1alpha1, v2beta2
    return stage.len == 0 || sv_starts_with(stage, SV("alpha")) || sv_starts_with(stage, SV("beta"));
}

// Words of everyday use with a digit in them: no identifiers.
static bool is_word_with_digit(struct sv s) {
    static const struct sv words[] = {
        SV_INIT("oauth2"), SV_INIT("oauth1"),     SV_INIT("ipv4"),    SV_INIT("ipv6"),   SV_INIT("md5"),
        SV_INIT("sha1"),   SV_INIT("sha256"),     SV_INIT("sha512"),  SV_INIT("base64"), SV_INIT("utf8"),
        SV_INIT("i18n"),   SV_INIT("l10n"),       SV_INIT("a11y"),    SV_INIT("k8s"),    SV_INIT("ec2"),
        SV_INIT("s3"),     SV_INIT("x509"),       SV_INIT("mp3"),     SV_INIT("mp4"),    SV_INIT("http2"),
        SV_INIT("h2"),     SV_INIT("web3"),       SV_INIT("w3c"),     SV_INIT("2fa"),    SV_INIT("saml2"),
        SV_INIT("rfc822"), SV_INIT("b2b"),        SV_INIT("b2c"),     SV_INIT("p2p"),    SV_INIT("openapi3"),
        SV_INIT("oidc1"),  SV_INIT("h2-console"), SV_INIT("oauth20"), SV_INIT("log4j"),  SV_INIT("log4j2"),
        SV_INIT("neo4j"),
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sv_eq_nocase(s, words[i]))
            return true;
    return false;
}

struct letters {
    size_t digits, upper, lower, other, changes, run; // run: longest run of digits
};

static struct letters count_letters(struct sv s) {
    struct letters n = {0};
    size_t run = 0;
    int before = -1;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int kind = is_digit(c) ? 0 : c >= 'a' && c <= 'z' ? 1 : c >= 'A' && c <= 'Z' ? 2 : 3;
        n.digits += kind == 0;
        n.lower += kind == 1;
        n.upper += kind == 2;
        n.other += kind == 3;
        n.changes += before >= 0 && kind != before;
        run = kind == 0 ? run + 1 : 0;
        n.run = run > n.run ? run : n.run;
        before = kind;
    }
    return n;
}

// A file name keeps its ending: "report.pdf" and "openapi.json" are no identifiers for their dot.
static struct sv without_extension(struct sv s) {
    size_t dot = sv_rfind_char(s, '.');
    if (dot == SIZE_MAX || dot == 0 || s.len - dot > 6)
        return s;
    return sv_slice(s, 0, dot);
}

static bool is_encoded(struct sv s, const struct letters *n) {
    if (sv_contains(s, SV("@")) || sv_contains_nocase(s, SV("%40")))
        return true; // a mail address
    if (s.len >= 2 && (s.ptr[s.len - 1] == '=' || sv_ends_with_nocase(s, SV("%3D"))))
        return true; // padded base64
    // Mixed case without any digit: base64 only when it looks like noise.
    return n->digits == 0 && n->other == 0 && s.len >= 16 && n->upper >= 4 && n->lower >= 4 && n->changes * 3 >= s.len;
}

static bool is_numbered(struct sv s, const struct letters *n) {
    if (n->digits >= 2 && ((s.len >= 12 && sv_is_hex(s)) || n->changes >= 3))
        return true;
    return n->run >= 3 || (n->other > 0 && is_digit(s.ptr[s.len - 1]));
}

static bool shape_is_variable(struct sv s) {
    if (sv_is_digits(s) || is_uuid(s))
        return true;
    if (segment_is_version(s) || is_word_with_digit(s))
        return false;
    struct letters n = count_letters(s);
    return is_encoded(s, &n) || is_numbered(s, &n);
}

// "/rest/2/…", "/api/1.1/…": behind a word for the interface itself, a small number is its version.
static bool is_base_version(struct sv s, struct sv previous) {
    static const struct sv words[] = {SV_INIT("api"), SV_INIT("apis"), SV_INIT("rest"), SV_INIT("service"), SV_INIT("services"), SV_INIT("version"),
                                      SV_INIT("v"),   SV_INIT("ws"),   SV_INIT("rpc"),  SV_INIT("webapi"),  SV_INIT("odata"),    SV_INIT("gateway")};
    size_t dot = sv_find_char(s, '.');
    struct sv major = sv_slice(s, 0, dot), minor = dot == SIZE_MAX ? SV("0") : sv_from_index(s, dot + 1);
    if (major.len == 0 || major.len > 2 || minor.len == 0 || minor.len > 2 || !sv_is_digits(major) || !sv_is_digits(minor))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sv_eq_nocase(previous, words[i]))
            return true;
    return false;
}

bool segment_is_variable(struct sv segment, struct sv previous, const struct map *known_ids) {
    if (segment.len == 0 || sv_eq(segment, SV("..")) || sv_eq(segment, SV(".")))
        return false;
    if (is_base_version(segment, previous))
        return false;
    if (known_ids != NULL && previous.len > 0 && !segment_is_version(segment) && map_has(known_ids, segment))
        return true;
    return shape_is_variable(without_extension(segment));
}

struct sv word_singular(struct arena *a, struct sv w) {
    if (w.len > 4 && sv_ends_with_nocase(w, SV("ies")))
        return arena_printf(a, SV_FMT "y", SV_ARG(sv_slice(w, 0, w.len - 3)));
    static const struct sv es[] = {SV_INIT("sses"), SV_INIT("xes"), SV_INIT("ches"), SV_INIT("shes"), SV_INIT("uses")};
    for (size_t i = 0; i < sizeof es / sizeof es[0]; i++)
        if (w.len > 4 && sv_ends_with_nocase(w, es[i]))
            return arena_copy_sv(a, sv_slice(w, 0, w.len - 2));
    if (w.len > 3 && sv_ends_with_nocase(w, SV("s")) && !sv_ends_with_nocase(w, SV("ss")) &&
        !sv_ends_with_nocase(w, SV("us")))
        return arena_copy_sv(a, sv_slice(w, 0, w.len - 1));
    return arena_copy_sv(a, w);
}

uint32_t types_of_text(struct sv text) {
    int64_t integer;
    double number;
    if (number_parse_i64(text, &integer) == 0)
        return TYPE_INTEGER;
    if (number_parse_double(text, &number) == 0)
        return TYPE_NUMBER;
    return sv_eq(text, SV("true")) || sv_eq(text, SV("false")) ? TYPE_BOOLEAN : TYPE_STRING;
}

static bool add_parameter(struct arena *a, struct operation *op, enum param_in in, struct sv name, struct sv value) {
    struct schema *schema = arena_new(a, struct schema);
    if (schema == NULL || name.ptr == NULL || value.ptr == NULL)
        return false;
    schema->types = types_of_text(value);
    if (is_uuid(value))
        schema->format = SV("uuid");
    op->parameters[op->parameter_count++] = (struct parameter){
        .name = name, .in = in, .required = in == PARAM_PATH, .observed = true, .schema = schema, .example = value};
    return true;
}

static bool is_plain_name(struct sv s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]) && s.ptr[i] != '_' && s.ptr[i] != '-')
            return false;
    return s.len > 0 && s.len <= 40;
}

// "order_id" behind "/orders", unlike all names before it.
static struct sv name_variable(struct arena *a, const struct operation *op, struct sv previous) {
    struct sv stem = is_plain_name(previous) ? word_singular(a, previous) : SV_NONE;
    for (unsigned n = 1; n <= SEGMENTS_MAX; n++) {
        struct sv name = stem.len > 0 ? arena_printf(a, n == 1 ? SV_FMT "_id" : SV_FMT "_id_%u", SV_ARG(stem), n)
                                      : arena_printf(a, n == 1 ? "id" : "id_%u", n);
        bool taken = false;
        for (size_t i = 0; i < op->parameter_count; i++)
            taken = taken || sv_eq(op->parameters[i].name, name);
        if (!taken)
            return name;
    }
    return SV_NONE;
}

static int read_query(struct arena *a, struct sv query, struct operation *op, struct error *err) {
    struct sv rest = query, name, value;
    bool has_value;
    for (unsigned n = 0; n < QUERY_MAX && rest.ptr != NULL && url_query_next(&rest, &name, &value, &has_value); n++) {
        struct sv plain = url_decode(a, name, true);
        if (plain.len == 0 || plain.len > 100)
            continue;
        bool known = false;
        for (size_t i = 0; i < op->parameter_count; i++)
            known = known || (op->parameters[i].in == PARAM_QUERY && sv_eq(op->parameters[i].name, plain));
        if (!known &&
            !add_parameter(a, op, PARAM_QUERY, arena_copy_sv(a, plain), arena_copy_sv(a, url_decode(a, value, true))))
            return error_nomem(err);
    }
    return 0;
}

int template_of_path(struct arena *a, struct sv path, struct sv query, const struct map *known_ids,
                     struct operation *ret, struct error *err) {
    ret->parameters = arena_new_array(a, struct parameter, SEGMENTS_MAX + QUERY_MAX);
    ret->parameter_count = 0;
    struct sv out = arena_copy_sv(a, SV("")), rest = sv_from_index(path, 1), segment, previous = SV_NONE;
    if (ret->parameters == NULL || out.ptr == NULL)
        return error_nomem(err);
    for (unsigned n = 0; n < SEGMENTS_MAX && sv_split(&rest, '/', &segment); n++) {
        struct sv text = segment;
        if (segment_is_variable(segment, previous, known_ids)) {
            struct sv name = name_variable(a, ret, previous);
            struct sv value = arena_copy_sv(a, url_decode(a, segment, false));
            if (name.ptr == NULL || !add_parameter(a, ret, PARAM_PATH, name, value))
                return error_nomem(err);
            text = arena_printf(a, "{" SV_FMT "}", SV_ARG(name));
        } else {
            previous = segment;
        }
        out = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(out), SV_ARG(text));
        if (out.ptr == NULL)
            return error_nomem(err);
    }
    if (rest.ptr != NULL) // deeper than we look: the tail stays as it is
        out = arena_printf(a, SV_FMT "/" SV_FMT, SV_ARG(out), SV_ARG(rest));
    ret->path = out;
    return out.ptr == NULL ? error_nomem(err) : read_query(a, query, ret, err);
}
