// SPDX-License-Identifier: Apache-2.0
/*
 * What a validation message says of the value that it wants: a list, a pattern, a layout of dates, a bound, a number of
 * characters, a format. Frameworks word these alike; which one it was does not matter.
 */
#include "base/numbers.h"
#include "surface/values_internal.h"

enum { CHOICES_MAX = 12 };

#define COUNT(list) (sizeof(list) / sizeof *(list))

bool message_has_any(struct sv text, const struct sv *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sv_contains_nocase(text, words[i]))
            return true;
    return false;
}

bool message_is_word(char c) {
    char l = sv_lower_char(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '+' || c == ':';
}

struct sv message_word(struct sv text) {
    size_t begin = 0;
    while (begin < text.len && (!message_is_word(text.ptr[begin]) || text.ptr[begin] == ':' || text.ptr[begin] == '.'))
        begin++;
    size_t end = begin;
    while (end < text.len && message_is_word(text.ptr[end]))
        end++;
    struct sv w = sv_slice(text, begin, end);
    while (w.len > 1 && (w.ptr[w.len - 1] == '.' || w.ptr[w.len - 1] == ':'))
        w.len--;
    return w;
}

// "must be one of: red, green", "not one of [A, B]", "permitted: 'a', 'b'", "enum value set: [x, y]", "oneof=red
// green".
static bool is_list_filler(struct sv w) {
    static const struct sv filler[] = {SV_INIT("are"), SV_INIT("is"),  SV_INIT("the"),   SV_INIT("following"), SV_INIT("values"),
                                       SV_INIT("or"),  SV_INIT("and"), SV_INIT("value"), SV_INIT("these"),     SV_INIT("allowed")};
    for (size_t i = 0; i < COUNT(filler); i++)
        if (sv_eq_nocase(w, filler[i]))
            return true;
    return false;
}

size_t message_choices(struct sv m, struct sv *ret, size_t max) {
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
    size_t count = 0;
    for (size_t i = 0; i < COUNT(intros) && count == 0; i++) {
        size_t at = sv_find_nocase(m, intros[i]);
        struct sv rest = at == SIZE_MAX ? SV_NONE : sv_from_index(m, at + intros[i].len);
        for (unsigned n = 0; n < 30 && count < max; n++) {
            struct sv w = message_word(rest);
            if (w.len == 0)
                break;
            if (!is_list_filler(w))
                ret[count++] = w;
            rest = sv_from_index(rest, (size_t)(w.ptr + w.len - rest.ptr));
        }
    }
    return count;
}

static struct sv listed_value(struct sv m, struct sv now) {
    struct sv words[CHOICES_MAX];
    size_t count = message_choices(m, words, CHOICES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!sv_eq(words[i], now))
            return words[i];
    return SV_NONE;
}

static bool number_behind(struct sv m, struct sv phrase, double *ret) {
    size_t at = sv_find_nocase(m, phrase);
    return at != SIZE_MAX && number_parse_double(message_word(sv_from_index(m, at + phrase.len)), ret) == 0;
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

// -- patterns and layouts ---------------------------------------------------------------------------------------------

// "/^TR-\\d{4}$/", "'^[a-z]{2}$'": from the caret to the dollar.
static struct sv pattern_value(struct arena *a, struct rng *rng, struct sv m) {
    size_t begin = sv_find_char(m, '^');
    struct sv rest = begin == SIZE_MAX ? SV_NONE : sv_from_index(m, begin);
    size_t end = sv_rfind_char(rest, '$');
    return end == SIZE_MAX ? SV_NONE : value_of_pattern(a, rng, sv_slice(rest, 0, end + 1));
}

struct token {
    struct sv from, to;
};

// The moment is 17 May 2024, half past ten. Longer tokens stand before shorter ones.
static const struct token go_tokens[] = {
    {SV_INIT("2006"), SV_INIT("2024")}, {SV_INIT("Z07:00"), SV_INIT("Z")}, {SV_INIT("-07:00"), SV_INIT("+00:00")},
    {SV_INIT("01"), SV_INIT("05")},     {SV_INIT("02"), SV_INIT("17")},    {SV_INIT("15"), SV_INIT("10")},
    {SV_INIT("04"), SV_INIT("30")},     {SV_INIT("05"), SV_INIT("00")},    {SV_INIT("Jan"), SV_INIT("May")}};
static const struct token letter_tokens[] = {
    {SV_INIT("yyyy"), SV_INIT("2024")}, {SV_INIT("YYYY"), SV_INIT("2024")}, {SV_INIT("uuuu"), SV_INIT("2024")},
    {SV_INIT("MM"), SV_INIT("05")},     {SV_INIT("dd"), SV_INIT("17")},     {SV_INIT("DD"), SV_INIT("17")},
    {SV_INIT("HH"), SV_INIT("10")},     {SV_INIT("hh"), SV_INIT("10")},     {SV_INIT("mm"), SV_INIT("30")},
    {SV_INIT("SSS"), SV_INIT("000")},   {SV_INIT("ss"), SV_INIT("00")},     {SV_INIT("SS"), SV_INIT("00")},
    {SV_INIT("XXX"), SV_INIT("Z")}};
static const struct token percent_tokens[] = {{SV_INIT("%Y"), SV_INIT("2024")}, {SV_INIT("%m"), SV_INIT("05")},
                                              {SV_INIT("%d"), SV_INIT("17")},   {SV_INIT("%H"), SV_INIT("10")},
                                              {SV_INIT("%M"), SV_INIT("30")},   {SV_INIT("%S"), SV_INIT("00")},
                                              {SV_INIT("%z"), SV_INIT("Z")}};
static const struct token single_tokens[] = {{SV_INIT("Y"), SV_INIT("2024")}, {SV_INIT("m"), SV_INIT("05")},
                                             {SV_INIT("d"), SV_INIT("17")},   {SV_INIT("H"), SV_INIT("10")},
                                             {SV_INIT("i"), SV_INIT("30")},   {SV_INIT("s"), SV_INIT("00")}};

struct dialect {
    const char *sign; // a word without it is none of this dialect
    const struct token *tokens;
    size_t count;
};

static size_t match_token(struct sv rest, const struct dialect *d) {
    for (size_t i = 0; i < d->count; i++)
        if (sv_starts_with(rest, d->tokens[i].from))
            return i;
    return SIZE_MAX;
}

// The layout filled in; SV_NONE when it holds anything else than tokens and separators, or too few of them.
static struct sv fill_layout(struct arena *a, struct sv layout, const struct dialect *d) {
    char out[64];
    size_t n = 0, tokens = 0;
    for (size_t i = 0; i < layout.len;) {
        size_t t = match_token(sv_from_index(layout, i), d);
        struct sv piece = t == SIZE_MAX ? sv_slice(layout, i, i + 1) : d->tokens[t].to;
        if ((t == SIZE_MAX && memchr("-/.: ,TZ", piece.ptr[0], 8) == NULL) || n + piece.len > sizeof out)
            return SV_NONE;
        memcpy(out + n, piece.ptr, piece.len);
        n += piece.len;
        i += t == SIZE_MAX ? 1 : d->tokens[t].from.len;
        tokens += t != SIZE_MAX;
    }
    return tokens < 2 ? SV_NONE : arena_copy_sv(a, sv_trim(sv_make(out, n)));
}

static bool ends_layout(char c) {
    return memchr(" \"'`[]()<>;\n", c, 12) != NULL;
}

// "must match the format Y-m-d", "parsing time \"x\" as \"2006-01-02\"", "use YYYY-MM-DD", "'%d.%m.%Y'".
static struct sv layout_value(struct arena *a, struct sv m) {
    static const struct dialect dialects[] = {{"2006", go_tokens, COUNT(go_tokens)},
                                              {"yyyy", letter_tokens, COUNT(letter_tokens)},
                                              {"YYYY", letter_tokens, COUNT(letter_tokens)},
                                              {"uuuu", letter_tokens, COUNT(letter_tokens)},
                                              {"%Y", percent_tokens, COUNT(percent_tokens)},
                                              {"Y", single_tokens, COUNT(single_tokens)}};
    for (size_t d = 0; d < COUNT(dialects); d++)
        for (size_t begin = 0; begin < m.len;) {
            size_t end = begin;
            while (end < m.len && !ends_layout(m.ptr[end]))
                end++;
            struct sv word = sv_slice(m, begin, end), value = SV_NONE;
            while (word.len > 0 && memchr(".,:", word.ptr[word.len - 1], 3) != NULL)
                word.len--;
            if (word.len > 2 && sv_contains(word, sv_from(dialects[d].sign)))
                value = fill_layout(a, word, &dialects[d]);
            if (value.ptr != NULL)
                return value;
            begin = end + 1;
        }
    return SV_NONE;
}

static bool looks_like_date(struct sv v) {
    return v.len >= 10 && sv_is_digits(sv_slice(v, 0, 4)) && v.ptr[4] == '-';
}

// "must be after start_date", "must be later than since": the same day of another year.
static struct sv ordered_value(struct arena *a, struct sv m, struct sv now) {
    static const struct sv later[] = {SV_INIT("after"), SV_INIT("later"), SV_INIT("greater than"),
                                      SV_INIT("in the future")};
    static const struct sv earlier[] = {SV_INIT("before"), SV_INIT("earlier"), SV_INIT("less than"),
                                        SV_INIT("in the past")};
    bool up = message_has_any(m, later, COUNT(later)), down = message_has_any(m, earlier, COUNT(earlier));
    if (up == down || !looks_like_date(now))
        return SV_NONE;
    return arena_printf(a, "%s" SV_FMT, up ? "2030" : "2020", SV_ARG(sv_from_index(now, 4)));
}

// -- lengths and bounds -----------------------------------------------------------------------------------------------

static struct sv in_case(struct arena *a, struct sv text, bool upper) {
    char *out = arena_alloc(a, text.len + 1);
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        char low = sv_lower_char(text.ptr[i]);
        out[i] = upper && low >= 'a' && low <= 'z' ? (char)(low - 32) : low;
    }
    return out == NULL ? SV_NONE : sv_make(out, text.len);
}

// A text of this length: what the name suggests when that fits, else digits for digits and letters for letters.
static struct sv text_of_length(struct arena *a, struct rng *rng, const struct wanted_value *w, double length) {
    if (length < 1 || length > 256)
        return SV_NONE;
    size_t n = (size_t)length;
    struct sv hint = value_of_name(a, rng, w->parameter);
    if (hint.len == n)
        return hint;
    struct sv text = rng_word(rng, a, n);
    if (text.ptr == NULL || !sv_is_digits(w->now))
        return sv_eq(in_case(a, w->now, true), w->now) && w->now.len > 0 ? in_case(a, text, true) : text;
    char *digits = arena_alloc(a, n);
    for (size_t i = 0; digits != NULL && i < n; i++)
        digits[i] = (char)('1' + i % 9);
    return digits == NULL ? SV_NONE : sv_make(digits, n);
}

// "8 digits", "five digits", "\d{6}" is a pattern and handled there.
static struct sv digits_value(struct sv m) {
    static const struct sv words[] = {SV_INIT("one"), SV_INIT("two"),   SV_INIT("three"), SV_INIT("four"),
                                      SV_INIT("five"), SV_INIT("six"),  SV_INIT("seven"), SV_INIT("eight"),
                                      SV_INIT("nine"), SV_INIT("ten")};
    size_t at = sv_find_nocase(m, SV("digit"));
    if (at == SIZE_MAX)
        return SV_NONE;
    struct sv before = sv_slice(m, 0, at);
    while (before.len > 0 && !message_is_word(before.ptr[before.len - 1]))
        before.len--;
    while (before.len > 0 && before.ptr[before.len - 1] == '-')
        before.len--;
    size_t begin = before.len;
    while (begin > 0 && message_is_word(before.ptr[begin - 1]))
        begin--;
    struct sv word = sv_from_index(before, begin);
    uint64_t n = 0;
    if (number_parse_u64_range(word, 1, 30, &n) != 0)
        for (size_t i = 0; i < COUNT(words); i++)
            n = sv_eq_nocase(word, words[i]) ? i + 1 : n;
    return n == 0 ? SV_NONE : sv_slice(SV("101154027793648212345678901234"), 0, (size_t)n);
}

static struct sv moved_number(struct arena *a, double v, bool up) {
    return arena_printf(a, "%.15g", up ? (v < 1 ? 1 : v * 10) : v > 1 ? v / 10 : v - 1);
}

// Too small or too large, and it does not say by how much.
static struct sv resized_value(struct arena *a, struct rng *rng, const struct wanted_value *w, struct sv m) {
    static const struct sv small[] = {SV_INIT("too small"), SV_INIT("too short"), SV_INIT("'min' tag"),
                                      SV_INIT("'gte' tag"), SV_INIT("'gt' tag"),  SV_INIT("too low")};
    static const struct sv large[] = {SV_INIT("too large"), SV_INIT("too long"), SV_INIT("'max' tag"),
                                      SV_INIT("'lte' tag"), SV_INIT("'lt' tag"), SV_INIT("too big"),
                                      SV_INIT("too high")};
    bool up = message_has_any(m, small, COUNT(small)), down = message_has_any(m, large, COUNT(large));
    double v = 0;
    if (up == down || w->now.len == 0)
        return SV_NONE;
    if (number_parse_double(w->now, &v) == 0)
        return moved_number(a, v, up);
    return text_of_length(a, rng, w, up ? (double)w->now.len * 2 : (double)(w->now.len / 2));
}

// "failed on the 'len' tag": the usual lengths of codes, one after another.
static struct sv sized_value(struct arena *a, struct rng *rng, const struct wanted_value *w, struct sv m) {
    static const size_t lengths[] = {3, 2, 6, 8, 4, 5, 10, 12};
    if (!sv_contains_nocase(m, SV("'len' tag")) && !sv_contains_nocase(m, SV("wrong length")) &&
        !sv_contains_nocase(m, SV("invalid length")))
        return SV_NONE;
    size_t next = 0;
    for (size_t i = 0; i + 1 < COUNT(lengths) && !sv_eq(w->now, SV("sample")); i++)
        next = lengths[i] == w->now.len ? i + 1 : next;
    return text_of_length(a, rng, w, (double)lengths[next]);
}

static struct sv cased_value(struct arena *a, struct sv m, struct sv now) {
    bool upper = sv_contains_nocase(m, SV("uppercase")), lower = sv_contains_nocase(m, SV("lowercase"));
    if (upper == lower || now.len == 0)
        return SV_NONE;
    struct sv v = in_case(a, now, upper);
    return sv_eq(v, now) ? SV_NONE : v;
}

// Bounds of numbers and lengths.
static struct sv bounded_value(struct arena *a, struct rng *rng, const struct wanted_value *w, struct sv m) {
    static const struct sv lengths[] = {SV_INIT("character"), SV_INIT("length"), SV_INIT("too short"),
                                        SV_INIT("too long")};
    static const struct sv exact[] = {SV_INIT("length must be"), SV_INIT("length should be"), SV_INIT("exactly"),
                                      SV_INIT("field must be"), SV_INIT("length of"), SV_INIT("length is not")};
    bool is_length = message_has_any(m, lengths, COUNT(lengths));
    double v;
    bool found = allowed_number(m, &v);
    for (size_t i = 0; i < COUNT(exact) && is_length && !found; i++)
        found = number_behind(m, exact[i], &v);
    if (!found)
        return SV_NONE;
    return is_length ? text_of_length(a, rng, w, v) : arena_printf(a, "%.15g", v);
}

// -- choices ----------------------------------------------------------------------------------------------------------

static bool is_prose(struct sv word) {
    static const struct sv words[] = {
        SV_INIT("equal"),   SV_INIT("than"),   SV_INIT("more"),    SV_INIT("less"),    SV_INIT("greater"),
        SV_INIT("null"),    SV_INIT("empty"),  SV_INIT("missing"), SV_INIT("invalid"), SV_INIT("not"),
        SV_INIT("be"),      SV_INIT("the"),    SV_INIT("an"),      SV_INIT("number"),  SV_INIT("string"),
        SV_INIT("integer"), SV_INIT("float"),  SV_INIT("array"),   SV_INIT("object"),  SV_INIT("blank"),
        SV_INIT("absent"),  SV_INIT("at"),     SV_INIT("after"),   SV_INIT("before"),  SV_INIT("is"),
        SV_INIT("it"),      SV_INIT("value"),  SV_INIT("later"),   SV_INIT("earlier"), SV_INIT("undefined"),
        SV_INIT("expired"), SV_INIT("unknown"), SV_INIT("zero"),   SV_INIT("numeric"), SV_INIT("malformed"),
        SV_INIT("higher"),  SV_INIT("lower"),  SV_INIT("larger"),  SV_INIT("smaller"), SV_INIT("characters")};
    for (size_t i = 0; i < COUNT(words); i++)
        if (sv_eq_nocase(word, words[i]))
            return true;
    return word.len < 2;
}

// "must be daily or weekly", "use 'metric' or 'imperial'".
static struct sv either_value(struct sv m, struct sv now) {
    size_t at = sv_find_nocase(m, SV(" or "));
    if (at == SIZE_MAX)
        return SV_NONE;
    size_t end = at;
    while (end > 0 && !message_is_word(m.ptr[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && message_is_word(m.ptr[begin - 1]))
        begin--;
    struct sv first = sv_slice(m, begin, end), second = message_word(sv_from_index(m, at + 4));
    if (is_prose(first) || is_prose(second))
        return SV_NONE;
    return sv_eq(first, now) ? second : first;
}

// Longer phrases stand before the words that they contain.
static const struct {
    struct sv word, format;
} formats[] = {
    {SV_INIT("date or datetime"), SV_INIT("date")},
    {SV_INIT("exact date"), SV_INIT("date")},
    {SV_INIT("uuid"), SV_INIT("uuid")},
    {SV_INIT("unix timestamp"), SV_INIT("unix-time")},
    {SV_INIT("epoch"), SV_INIT("unix-time")},
    {SV_INIT("LocalDateTime"), SV_INIT("local-date-time")},
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
    {SV_INIT("e164"), SV_INIT("phone")},
    {SV_INIT("a date"), SV_INIT("date")},
    {SV_INIT("parse date"), SV_INIT("date")},
    {SV_INIT("invalid date"), SV_INIT("date")},
    {SV_INIT("date format"), SV_INIT("date")},
    {SV_INIT("timezone"), SV_INIT("timezone")},
    {SV_INIT("time zone"), SV_INIT("timezone")},
    {SV_INIT("iban"), SV_INIT("iban")},
    {SV_INIT("currency"), SV_INIT("currency")},
    {SV_INIT("iso4217"), SV_INIT("currency")},
    {SV_INIT("iso3166_1_alpha3"), SV_INIT("country3")},
    {SV_INIT("iso3166"), SV_INIT("country")},
    {SV_INIT("country code"), SV_INIT("country")},
    {SV_INIT("bcp47"), SV_INIT("language")},
    {SV_INIT("latitude"), SV_INIT("latitude")},
    {SV_INIT("longitude"), SV_INIT("longitude")},
};

static struct sv formatted_value(struct arena *a, struct rng *rng, struct sv m) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (sv_contains_nocase(m, formats[i].word))
            return value_of_format(a, rng, formats[i].format);
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
                                        SV_INIT("isInt"),
                                        SV_INIT("valid number"),
                                        SV_INIT("a number"),
                                        SV_INIT("'numeric' tag"),
                                        SV_INIT("'number' tag"),
                                        SV_INIT("only digits")};
    if (message_has_any(m, numbers, sizeof numbers / sizeof numbers[0]))
        return SV("1");
    if (sv_contains_nocase(m, SV("boolean")))
        return SV("true");
    return SV_NONE;
}

struct sv value_of_message(struct arena *a, struct rng *rng, const struct wanted_value *w, struct sv m) {
    struct sv v = listed_value(m, w->now);
    if (v.ptr == NULL)
        v = pattern_value(a, rng, m);
    if (v.ptr == NULL)
        v = layout_value(a, m);
    if (v.ptr == NULL)
        v = digits_value(m);
    if (v.ptr == NULL)
        v = bounded_value(a, rng, w, m);
    if (v.ptr == NULL)
        v = ordered_value(a, m, w->now);
    if (v.ptr == NULL)
        v = formatted_value(a, rng, m);
    if (v.ptr == NULL || sv_eq(v, w->now))
        v = resized_value(a, rng, w, m);
    if (v.ptr == NULL)
        v = sized_value(a, rng, w, m);
    if (v.ptr == NULL)
        v = cased_value(a, m, w->now);
    return v.ptr == NULL ? either_value(m, w->now) : v;
}
