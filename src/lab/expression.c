// SPDX-License-Identifier: Apache-2.0
// Conditions, evaluated while they are parsed. Nothing is skipped, so bad grammar shows for every row alike.
#include "lab/dynamo.h"

#include "base/numbers.h"

enum { DEPTH_MAX = 40 };
enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_OPERATOR, TOKEN_MARK, TOKEN_NAME, TOKEN_VALUE, TOKEN_BAD };

struct token {
    enum token_kind kind;
    struct sv text;
    size_t at;
};

struct parser {
    const struct dynamo_query *query;
    const struct lab_table *table;
    size_t row;
    struct dynamo_fault *fault;
    size_t at;
    struct token now;
    unsigned depth;
};

struct operand {
    bool missing, number;
    struct sv text;
};

static bool parse_any(struct parser *p);

static bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The end of a run of word characters (and dots) from `at`.
static size_t word_end(struct sv s, size_t at) {
    while (at < s.len && (is_word_char(s.ptr[at]) || s.ptr[at] == '.')) at++;
    return at;
}

// '' inside of a literal stands for one quote. The end behind the closing quote, or 0 when there is none.
static size_t literal_end(struct sv s, size_t at, char quote) {
    for (size_t i = at + 1; i < s.len; i++) {
        if (s.ptr[i] != quote) continue;
        if (i + 1 >= s.len || s.ptr[i + 1] != quote) return i + 1;
        i++;
    }
    return 0;
}

static bool is_one_of(char c, const char *set) {
    return c != '\0' && strchr(set, c) != NULL;
}

// How long the comparison at `at` is; 0 when there is none.
static size_t operator_length(struct sv s, size_t at) {
    static const char *const operators[] = {"<>", "<=", ">=", "!=", "=", "<", ">"};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (sv_starts_with(sv_from_index(s, at), sv_from(operators[i]))) return strlen(operators[i]);
    }
    return 0;
}

// 'text' and "name" of PartiQL.
static struct token read_quoted(struct sv s, size_t at) {
    char c = s.ptr[at];
    size_t end = is_one_of(c, "'\"") ? literal_end(s, at, c) : 0;
    if (end == 0) return (struct token){TOKEN_BAD, sv_slice(s, at, at + 1), at};
    return (struct token){c == '"' ? TOKEN_WORD : TOKEN_TEXT, sv_slice(s, at, end), at};
}

static struct token read_special(const struct parser *p, struct sv s, size_t at) {
    char c = s.ptr[at];
    size_t operator = operator_length(s, at);
    if (is_one_of(c, "(),")) return (struct token){TOKEN_MARK, sv_slice(s, at, at + 1), at};
    if (operator > 0) return (struct token){TOKEN_OPERATOR, sv_slice(s, at, at + operator), at};
    if (p->query->dialect == DYNAMO_PARTIQL) return read_quoted(s, at);
    size_t end = is_one_of(c, "#:") ? word_end(s, at + 1) : 0;
    if (end <= at + 1) return (struct token){TOKEN_BAD, sv_slice(s, at, at + 1), at};
    return (struct token){c == '#' ? TOKEN_NAME : TOKEN_VALUE, sv_slice(s, at, end), at};
}

static void advance(struct parser *p) {
    struct sv s = p->query->condition;
    while (p->at < s.len && (s.ptr[p->at] == ' ' || s.ptr[p->at] == '\t' || s.ptr[p->at] == '\n' || s.ptr[p->at] == '\r')) p->at++;
    if (p->at >= s.len) {
        p->now = (struct token){TOKEN_END, SV("<EOF>"), s.len};
        return;
    }
    char c = s.ptr[p->at];
    if (is_word_char(c)) {
        bool number = is_digit(c) && p->query->dialect == DYNAMO_PARTIQL;
        p->now = (struct token){number ? TOKEN_NUMBER : TOKEN_WORD, sv_slice(s, p->at, word_end(s, p->at)), p->at};
        if (is_digit(c) && !number) p->now.kind = TOKEN_BAD;
    } else {
        p->now = read_special(p, s, p->at);
    }
    p->at += p->now.text.len;
}

static void syntax_fault(struct parser *p) {
    struct sv s = p->query->condition;
    struct sv near = sv_slice(s, p->now.at < 20 ? 0 : p->now.at - 20, p->now.at + p->now.text.len + 12);
    struct sv token = sv_slice(p->now.text, 0, 80);
    if (p->query->dialect == DYNAMO_PARTIQL)
        dynamo_set_fault(p->fault, "ValidationException", "Statement wasn't well formed, can't be processed: Unexpected token: " SV_FMT, SV_ARG(token));
    else
        dynamo_set_fault(p->fault, "ValidationException", "Invalid FilterExpression: Syntax error; token: \"" SV_FMT "\", near: \"" SV_FMT "\"", SV_ARG(token),
                         SV_ARG(near));
}

static bool is_word(const struct parser *p, const char *word) {
    return p->now.kind == TOKEN_WORD && sv_eq_nocase(p->now.text, sv_from(word));
}

static bool take_word(struct parser *p, const char *word) {
    if (!is_word(p, word)) return false;
    advance(p);
    return true;
}

static bool take_mark(struct parser *p, const char *mark) {
    if (p->now.kind == TOKEN_MARK && sv_eq(p->now.text, sv_from(mark))) {
        advance(p);
        return true;
    }
    syntax_fault(p);
    return false;
}

static struct operand read_attribute(const struct parser *p, struct sv name) {
    if (name.len >= 2 && name.ptr[0] == '"') name = sv_slice(name, 1, name.len - 1);
    for (size_t i = 0; i < p->table->column_count; i++) {
        if (!sv_eq(p->table->columns[i], name)) continue;
        struct sv cell = p->table->rows[p->row][i];
        return (struct operand){.missing = cell.ptr == NULL, .number = (p->table->numbers & (1U << i)) != 0, .text = cell};
    }
    return (struct operand){.missing = true};
}

static struct operand parse_operand(struct parser *p) {
    struct token t = p->now;
    struct operand o = {.missing = true};
    static const char *const keywords[] = {"AND", "OR", "NOT", "BETWEEN", "IN", "IS"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (is_word(p, keywords[i])) t.kind = TOKEN_BAD;
    }
    if (t.kind == TOKEN_WORD) o = read_attribute(p, t.text);
    else if (t.kind == TOKEN_NUMBER) o = (struct operand){.number = true, .text = t.text};
    else if (t.kind == TOKEN_TEXT) o = (struct operand){.text = sv_slice(t.text, 1, t.text.len - 1)};
    else if (t.kind == TOKEN_VALUE && sv_eq(t.text, SV(":v"))) o = (struct operand){.text = p->query->value};
    else if (t.kind == TOKEN_VALUE)
        dynamo_set_fault(p->fault, "ValidationException",
                         "Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: " SV_FMT, SV_ARG(t.text));
    else if (t.kind == TOKEN_NAME)
        dynamo_set_fault(p->fault, "ValidationException",
                         "Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute name: " SV_FMT,
                         SV_ARG(t.text));
    else
        syntax_fault(p);
    if (p->fault->type == NULL) advance(p);
    return o;
}

// -1, 0, 1; false in *ret_comparable when the types differ or something is missing.
static int order(struct operand x, struct operand y, bool *ret_comparable) {
    double a, b;
    *ret_comparable = !x.missing && !y.missing && x.number == y.number;
    if (!*ret_comparable || !x.number) return *ret_comparable ? sv_cmp(x.text, y.text) : 0;
    *ret_comparable = number_parse_double(x.text, &a) == 0 && number_parse_double(y.text, &b) == 0;
    return !*ret_comparable ? 0 : a < b ? -1 : a > b;
}

static bool compare(struct operand x, struct sv operator, struct operand y) {
    bool comparable;
    int o = order(x, y, &comparable);
    if (sv_eq(operator, SV("<>")) || sv_eq(operator, SV("!="))) return !x.missing && !y.missing && (!comparable || o != 0);
    if (!comparable) return false;
    if (sv_eq(operator, SV("="))) return o == 0;
    if (sv_eq(operator, SV("<"))) return o < 0;
    if (sv_eq(operator, SV("<="))) return o <= 0;
    return sv_eq(operator, SV(">")) ? o > 0 : o >= 0;
}

static bool parse_function(struct parser *p, struct sv name) {
    bool two = sv_eq(name, SV("begins_with")) || sv_eq(name, SV("contains"));
    struct operand x = {.missing = true}, y = {.missing = true};
    if (take_mark(p, "(")) x = parse_operand(p);
    if (two && p->fault->type == NULL && take_mark(p, ",")) y = parse_operand(p);
    if (p->fault->type == NULL) (void)take_mark(p, ")");
    if (sv_eq(name, SV("attribute_exists"))) return !x.missing;
    if (sv_eq(name, SV("attribute_not_exists"))) return x.missing;
    if (x.missing || y.missing) return false;
    return sv_eq(name, SV("contains")) ? sv_contains(x.text, y.text) : sv_starts_with(x.text, y.text);
}

static bool parse_comparison(struct parser *p) {
    struct operand x = parse_operand(p);
    if (p->fault->type != NULL) return false;
    if (p->query->dialect == DYNAMO_PARTIQL && take_word(p, "IS")) {
        bool negated = take_word(p, "NOT");
        if (!take_word(p, "MISSING") && !take_word(p, "NULL")) syntax_fault(p);
        return x.missing != negated;
    }
    if (take_word(p, "BETWEEN")) {
        struct operand low = parse_operand(p);
        if (p->fault->type == NULL && !take_word(p, "AND")) syntax_fault(p);
        struct operand high = p->fault->type == NULL ? parse_operand(p) : low;
        return compare(x, SV(">="), low) && compare(x, SV("<="), high);
    }
    struct sv operator = p->now.text;
    bool known = p->now.kind == TOKEN_OPERATOR && (p->query->dialect == DYNAMO_PARTIQL || !sv_eq(operator, SV("!=")));
    if (!known) {
        syntax_fault(p);
        return false;
    }
    advance(p);
    struct operand y = parse_operand(p);
    return compare(x, operator, y);
}

static bool parse_primary(struct parser *p) {
    static const char *const functions[] = {"attribute_exists", "attribute_not_exists", "begins_with", "contains"};
    if (p->now.kind == TOKEN_MARK && sv_eq(p->now.text, SV("("))) {
        advance(p);
        bool inner = parse_any(p);
        if (p->fault->type == NULL) (void)take_mark(p, ")");
        return inner;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (p->now.kind != TOKEN_WORD || !sv_eq(p->now.text, sv_from(functions[i]))) continue;
        advance(p);
        return parse_function(p, sv_from(functions[i]));
    }
    return parse_comparison(p);
}

static bool parse_negated(struct parser *p) {
    bool negate = false;
    while (take_word(p, "NOT")) negate = !negate;
    return parse_primary(p) != negate;
}

static bool parse_both(struct parser *p) {
    bool holds = parse_negated(p);
    while (p->fault->type == NULL && take_word(p, "AND")) {
        bool right = parse_negated(p);
        holds = holds && right;
    }
    return holds;
}

static bool parse_any(struct parser *p) {
    if (p->depth++ >= DEPTH_MAX) {
        syntax_fault(p);
        return false;
    }
    bool holds = parse_both(p);
    while (p->fault->type == NULL && take_word(p, "OR")) {
        bool right = parse_both(p);
        holds = holds || right;
    }
    p->depth--;
    return holds;
}

bool dynamo_condition(const struct dynamo_query *q, const struct lab_table *t, size_t row, struct dynamo_fault *fault) {
    struct parser p = {.query = q, .table = t, .row = row, .fault = fault};
    advance(&p);
    bool holds = parse_any(&p);
    if (fault->type == NULL && p.now.kind != TOKEN_END) syntax_fault(&p);
    return holds && fault->type == NULL;
}
