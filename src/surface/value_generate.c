// SPDX-License-Identifier: Apache-2.0
// Values made from format, pattern, bounds, name and type of a parameter.
#include <math.h>

#include "surface/values_internal.h"

enum { LENGTH_MAX = 256 };

struct sv value_of_format(struct arena *a, struct rng *rng, struct sv format) {
    static const struct {
        struct sv format, value;
    } fixed[] = {
        {SV_INIT("date"), SV_INIT("2024-05-17")},
        {SV_INIT("date-time"), SV_INIT("2024-05-17T10:30:00Z")},
        {SV_INIT("datetime"), SV_INIT("2024-05-17T10:30:00Z")},
        {SV_INIT("time"), SV_INIT("10:30:00Z")},
        {SV_INIT("duration"), SV_INIT("PT1H")},
        {SV_INIT("uri"), SV_INIT("https://www.example.org/page")},
        {SV_INIT("url"), SV_INIT("https://www.example.org/page")},
        {SV_INIT("uri-reference"), SV_INIT("/page")},
        {SV_INIT("iri"), SV_INIT("https://www.example.org/page")},
        {SV_INIT("hostname"), SV_INIT("www.example.org")},
        {SV_INIT("idn-hostname"), SV_INIT("www.example.org")},
        {SV_INIT("ipv4"), SV_INIT("192.0.2.10")},
        {SV_INIT("ip"), SV_INIT("192.0.2.10")},
        {SV_INIT("ipv6"), SV_INIT("2001:db8::10")},
        {SV_INIT("byte"), SV_INIT("cGx1bWI=")},
        {SV_INIT("base64"), SV_INIT("cGx1bWI=")},
        {SV_INIT("json-pointer"), SV_INIT("/a")},
        {SV_INIT("regex"), SV_INIT("a")},
        {SV_INIT("phone"), SV_INIT("+12025550143")},
        {SV_INIT("color"), SV_INIT("#336699")},
        {SV_INIT("unix-time"), SV_INIT("1715940000")},
        {SV_INIT("local-date-time"), SV_INIT("2024-05-17T10:30:00")},
        {SV_INIT("timezone"), SV_INIT("Europe/Berlin")},
        {SV_INIT("iban"), SV_INIT("DE89370400440532013000")},
        {SV_INIT("currency"), SV_INIT("USD")},
        {SV_INIT("country"), SV_INIT("US")},
        {SV_INIT("country3"), SV_INIT("USA")},
        {SV_INIT("language"), SV_INIT("en")},
        {SV_INIT("latitude"), SV_INIT("48.85")},
        {SV_INIT("longitude"), SV_INIT("2.35")},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (sv_eq_nocase(format, fixed[i].format))
            return fixed[i].value;
    if (sv_eq_nocase(format, SV("uuid")) || sv_eq_nocase(format, SV("guid")))
        return rng_uuid(rng, a);
    if (sv_eq_nocase(format, SV("email")) || sv_eq_nocase(format, SV("idn-email"))) {
        struct sv name = rng_word(rng, a, 8);
        return arena_printf(a, SV_FMT "@example.net", SV_ARG(name));
    }
    if (sv_eq_nocase(format, SV("password"))) {
        struct sv word = rng_word(rng, a, 10);
        return arena_printf(a, "Pw-" SV_FMT "-7", SV_ARG(word));
    }
    return SV_NONE;
}

// What a name says when the schema says nothing. `whole`: the name must be this word, else end with it.
struct name_hint {
    struct sv word;
    struct sv value;  // literal, or
    struct sv format; // made by format
};

static const struct name_hint hints[] = {
    {SV_INIT("page"), SV_INIT("1"), {NULL, 0}},
    {SV_INIT("limit"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("size"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("perpage"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("count"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("offset"), SV_INIT("0"), {NULL, 0}},
    {SV_INIT("skip"), SV_INIT("0"), {NULL, 0}},
    {SV_INIT("order"), SV_INIT("asc"), {NULL, 0}},
    {SV_INIT("direction"), SV_INIT("asc"), {NULL, 0}},
    {SV_INIT("lang"), SV_INIT("en"), {NULL, 0}},
    {SV_INIT("language"), SV_INIT("en"), {NULL, 0}},
    {SV_INIT("locale"), SV_INIT("en-US"), {NULL, 0}},
    {SV_INIT("country"), SV_INIT("US"), {NULL, 0}},
    {SV_INIT("currency"), SV_INIT("USD"), {NULL, 0}},
    {SV_INIT("timezone"), SV_INIT("UTC"), {NULL, 0}},
    {SV_INIT("tz"), SV_INIT("UTC"), {NULL, 0}},
    {SV_INIT("iban"), {NULL, 0}, SV_INIT("iban")},
    {SV_INIT("isbn"), SV_INIT("978-3-16-148410-0"), {NULL, 0}},
    {SV_INIT("interval"), SV_INIT("day"), {NULL, 0}},
    {SV_INIT("granularity"), SV_INIT("day"), {NULL, 0}},
    {SV_INIT("units"), SV_INIT("metric"), {NULL, 0}},
    {SV_INIT("region"), SV_INIT("us-east-1"), {NULL, 0}},
    {SV_INIT("year"), SV_INIT("2024"), {NULL, 0}},
    {SV_INIT("month"), SV_INIT("5"), {NULL, 0}},
    {SV_INIT("day"), SV_INIT("17"), {NULL, 0}},
    {SV_INIT("lat"), SV_INIT("48.85"), {NULL, 0}},
    {SV_INIT("latitude"), SV_INIT("48.85"), {NULL, 0}},
    {SV_INIT("lon"), SV_INIT("2.35"), {NULL, 0}},
    {SV_INIT("lng"), SV_INIT("2.35"), {NULL, 0}},
    {SV_INIT("longitude"), SV_INIT("2.35"), {NULL, 0}},
    {SV_INIT("zip"), SV_INIT("10115"), {NULL, 0}},
    {SV_INIT("postcode"), SV_INIT("10115"), {NULL, 0}},
    {SV_INIT("postalcode"), SV_INIT("10115"), {NULL, 0}},
    {SV_INIT("city"), SV_INIT("Berlin"), {NULL, 0}},
    {SV_INIT("q"), SV_INIT("a"), {NULL, 0}},
    {SV_INIT("query"), SV_INIT("a"), {NULL, 0}},
    {SV_INIT("search"), SV_INIT("a"), {NULL, 0}},
    {SV_INIT("term"), SV_INIT("a"), {NULL, 0}},
    {SV_INIT("format"), SV_INIT("json"), {NULL, 0}},
    {SV_INIT("amount"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("price"), SV_INIT("10"), {NULL, 0}},
    {SV_INIT("quantity"), SV_INIT("1"), {NULL, 0}},
    {SV_INIT("age"), SV_INIT("30"), {NULL, 0}},
    {SV_INIT("email"), {NULL, 0}, SV_INIT("email")},
    {SV_INIT("mail"), {NULL, 0}, SV_INIT("email")},
    {SV_INIT("phone"), {NULL, 0}, SV_INIT("phone")},
    {SV_INIT("mobile"), {NULL, 0}, SV_INIT("phone")},
    {SV_INIT("url"), {NULL, 0}, SV_INIT("url")},
    {SV_INIT("uri"), {NULL, 0}, SV_INIT("url")},
    {SV_INIT("callback"), {NULL, 0}, SV_INIT("url")},
    {SV_INIT("webhook"), {NULL, 0}, SV_INIT("url")},
    {SV_INIT("website"), {NULL, 0}, SV_INIT("url")},
    {SV_INIT("host"), {NULL, 0}, SV_INIT("hostname")},
    {SV_INIT("domain"), {NULL, 0}, SV_INIT("hostname")},
    {SV_INIT("ip"), {NULL, 0}, SV_INIT("ip")},
    {SV_INIT("uuid"), {NULL, 0}, SV_INIT("uuid")},
    {SV_INIT("guid"), {NULL, 0}, SV_INIT("uuid")},
    {SV_INIT("date"), {NULL, 0}, SV_INIT("date")},
    {SV_INIT("from"), SV_INIT("2024-01-01"), {NULL, 0}},
    {SV_INIT("since"), SV_INIT("2024-01-01"), {NULL, 0}},
    {SV_INIT("after"), SV_INIT("2024-01-01"), {NULL, 0}},
    {SV_INIT("start"), SV_INIT("2024-01-01"), {NULL, 0}},
    {SV_INIT("to"), SV_INIT("2030-01-01"), {NULL, 0}},
    {SV_INIT("until"), SV_INIT("2030-01-01"), {NULL, 0}},
    {SV_INIT("before"), SV_INIT("2030-01-01"), {NULL, 0}},
    {SV_INIT("end"), SV_INIT("2030-01-01"), {NULL, 0}},
    {SV_INIT("color"), {NULL, 0}, SV_INIT("color")},
    {SV_INIT("password"), {NULL, 0}, SV_INIT("password")},
    {SV_INIT("sort"), SV_INIT("id"), {NULL, 0}},
};

// Last word of a name in lower case without separators: "filter.startDate" is compared as "filterstartdate".
static bool name_ends_with(struct sv name, struct sv word) {
    size_t n = word.len, i = name.len;
    while (n > 0) {
        if (i == 0)
            return false;
        char c = name.ptr[--i];
        if (c == '_' || c == '-' || c == ']' || c == '[')
            continue;
        if (sv_lower_char(c) != word.ptr[--n])
            return false;
    }
    if (i == 0)
        return true;
    // It must begin a word: "rate" does not end in "ate", "startDate" ends in "date".
    char first = name.ptr[i], before = name.ptr[i - 1];
    bool upper = sv_lower_char(first) != first;
    return upper || before == '_' || before == '-' || before == '.' || before == '[';
}

struct sv value_of_name(struct arena *a, struct rng *rng, const struct parameter *p) {
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (!name_ends_with(p->name, hints[i].word))
            continue;
        return hints[i].value.ptr != NULL ? hints[i].value : value_of_format(a, rng, hints[i].format);
    }
    return SV_NONE;
}

static double clamp(const struct schema *s, double v) {
    if (s->has_minimum && v < s->minimum)
        v = ceil(s->minimum);
    if (s->has_maximum && v > s->maximum)
        v = floor(s->maximum);
    return v;
}

static struct sv number_text(struct arena *a, const struct parameter *p, struct sv hint) {
    double v = 1;
    struct node *n = NULL;
    if (hint.ptr != NULL && node_parse_json(a, hint, &node_limits_response, &n, NULL) == 0 && n->kind == NODE_NUMBER)
        ignore_result(node_to_double(n, &v));
    v = clamp(p->schema, v);
    if (fabs(v) >= 1e15)
        return arena_printf(a, "%.0f", v);
    bool whole = (p->schema->types & TYPE_INTEGER) != 0 || v == floor(v);
    return whole ? arena_printf(a, "%lld", (long long)v) : arena_printf(a, "%g", v);
}

// Cuts or fills to the allowed lengths.
static struct sv fit_length(struct arena *a, const struct schema *s, struct sv text) {
    if (s->has_max_length && text.len > s->max_length && s->max_length > 0)
        text = sv_slice(text, 0, (size_t)s->max_length);
    if (text.len >= s->min_length || s->min_length > LENGTH_MAX)
        return text;
    size_t want = (size_t)s->min_length;
    char *out = arena_alloc(a, want);
    if (out == NULL)
        return SV_NONE;
    for (size_t i = 0; i < want; i++)
        out[i] = i < text.len ? text.ptr[i] : 'a';
    return sv_make(out, want);
}

static struct sv generate_string(struct arena *a, struct rng *rng, const struct parameter *p) {
    struct sv v = p->schema->format.len > 0 ? value_of_format(a, rng, p->schema->format) : SV_NONE;
    if (v.ptr == NULL && p->schema->pattern.len > 0)
        v = value_of_pattern(a, rng, p->schema->pattern);
    if (v.ptr != NULL)
        return v;
    v = value_of_name(a, rng, p);
    if (v.ptr == NULL && parameter_is_id(p) && p->schema->min_length <= 1)
        v = SV("1");
    if (v.ptr == NULL)
        v = SV("sample");
    return fit_length(a, p->schema, v);
}

struct sv value_generate(struct arena *a, struct rng *rng, const struct parameter *p) {
    uint32_t types = p->schema->types;
    if ((types & TYPE_STRING) != 0 || types == 0 || types == TYPE_NULL)
        return generate_string(a, rng, p);
    if ((types & (TYPE_INTEGER | TYPE_NUMBER)) != 0)
        return number_text(a, p, value_of_name(a, rng, p));
    if ((types & TYPE_BOOLEAN) != 0)
        return SV("false");
    if ((types & TYPE_ARRAY) != 0) {
        if (p->in != PARAM_BODY && p->schema->items != NULL) {
            struct parameter item = *p;
            item.schema = p->schema->items;
            uint32_t plain = TYPE_STRING | TYPE_INTEGER | TYPE_NUMBER | TYPE_BOOLEAN;
            if (item.schema->enum_count > 0)
                return value_of_json(a, item.schema->enums[0]).text;
            return (item.schema->types & plain) != 0 ? value_generate(a, rng, &item) : SV("1");
        }
        return SV("[]");
    }
    return SV("{}");
}
