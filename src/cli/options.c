// SPDX-License-Identifier: Apache-2.0
// Words in, options and operands out. Driven by option_table alone; what a value means is the business of each command.
#include "cli/options.h"

#include "base/vec.h"

#define WORD_MAX 32 // longer words are near to nothing

const struct command *command_find(struct sv name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (sv_eq(name, sv_from(command_table[i].name))) return &command_table[i];
    }
    return NULL;
}

static unsigned min3(unsigned x, unsigned y, unsigned z) {
    unsigned m = x < y ? x : y;
    return m < z ? m : z;
}

// Optimal string alignment: insert, delete, replace, swap of neighbours.
static unsigned distance(struct sv x, struct sv y) {
    if (x.len > WORD_MAX || y.len > WORD_MAX) return UINT_MAX;
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    for (unsigned i = 0; i <= x.len; i++) d[i][0] = i;
    for (unsigned j = 0; j <= y.len; j++) d[0][j] = j;
    for (size_t i = 1; i <= x.len; i++) {
        for (size_t j = 1; j <= y.len; j++) {
            unsigned cost = x.ptr[i - 1] != y.ptr[j - 1];
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
            bool swapped = i > 1 && j > 1 && x.ptr[i - 1] == y.ptr[j - 2] && x.ptr[i - 2] == y.ptr[j - 1];
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j]) d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[x.len][y.len];
}

const char *options_nearest(struct sv word, const char *const *words, size_t count) {
    const char *best = NULL;
    unsigned best_distance = UINT_MAX;
    for (size_t i = 0; i < count; i++) {
        struct sv known = sv_from(words[i]);
        unsigned far = distance(word, known);
        size_t longer = known.len > word.len ? known.len : word.len;
        bool near = far <= (longer + 2) / 3;
        // The beginning of a word is what people type.
        if (!near && word.len >= 3 && sv_starts_with(known, word)) {
            near = true;
            far = (unsigned)longer;
        }
        if (near && far < best_distance) {
            best = words[i];
            best_distance = far;
        }
    }
    return best;
}

static const struct option *find_option(const struct command *c, struct sv name) {
    for (size_t i = 0; i < option_table_count; i++) {
        if (option_belongs(&option_table[i], c) && sv_eq(name, sv_from(option_table[i].name))) return &option_table[i];
    }
    return NULL;
}

static const struct command *other_command_with(struct sv name) {
    for (size_t c = 0; c < COMMAND_COUNT; c++) {
        if (find_option(&command_table[c], name) != NULL) return &command_table[c];
    }
    return NULL;
}

static int refuse_unknown(const struct command *c, struct sv name, struct error *err) {
    const char *words[OPTION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < option_table_count; i++) {
        if (option_belongs(&option_table[i], c)) words[count++] = option_table[i].name;
    }
    struct sv shown = sv_slice(name, 0, 40);
    const struct command *other = other_command_with(name);
    if (other != NULL)
        return error_set(err, ERR_USAGE, "--" SV_FMT " is an option of 'plumb %s', not of 'plumb %s'", SV_ARG(shown), other->name, c->name);
    const char *near = options_nearest(name, words, count);
    if (near != NULL)
        return error_set(err, ERR_USAGE, "unknown option --" SV_FMT "; did you mean --%s? ('plumb %s --help' lists all)", SV_ARG(shown), near, c->name);
    return error_set(err, ERR_USAGE, "unknown option --" SV_FMT "; 'plumb %s --help' lists the known ones", SV_ARG(shown), c->name);
}

struct words {
    const char *const *ptr;
    int count, at;
};
struct given_list {
    struct given_option *ptr;
    size_t len, cap;
};
struct sv_list {
    struct sv *ptr;
    size_t len, cap;
};

static bool was_given(const struct given_list *list, const struct option *o) {
    for (size_t i = 0; i < list->len; i++) {
        if (list->ptr[i].option == o) return true;
    }
    return false;
}

static int take_value(struct words *w, const struct option *o, bool glued, struct sv *value, struct error *err) {
    if (o->value == NULL) {
        if (glued) return error_set(err, ERR_USAGE, "--%s takes no value; write --%s alone", o->name, o->name);
        return 0;
    }
    if (!glued) {
        if (w->at >= w->count) return error_set(err, ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->value);
        *value = sv_from(w->ptr[w->at++]);
        if (sv_starts_with(*value, SV("--")))
            return error_set(err, ERR_USAGE, "--%s needs a value, and %.40s looks like an option; if it is the value, write --%s=%.40s", o->name,
                             value->ptr, o->name, value->ptr);
    }
    if (value->len == 0) return error_set(err, ERR_USAGE, "the value of --%s is empty; write --%s %s", o->name, o->name, o->value);
    return 0;
}

static int take_option(struct arena *a, struct words *w, struct given_list *list, const struct command *c, struct sv word, struct error *err) {
    struct sv name = sv_from_index(word, 2), value = SV_NONE;
    size_t equals = sv_find_char(name, '=');
    bool glued = equals != SIZE_MAX;
    if (glued) {
        value = sv_from_index(name, equals + 1);
        name = sv_slice(name, 0, equals);
    }
    const struct option *o = find_option(c, name);
    if (o == NULL) return refuse_unknown(c, name, err);
    int r = take_value(w, o, glued, &value, err);
    if (r != 0) return r;
    if (!o->repeats && was_given(list, o)) return error_set(err, ERR_USAGE, "--%s stands there twice; give it once", o->name);
    return VEC_PUSH(a, list, ((struct given_option){o, value})) ? 0 : error_nomem(err);
}

static int check_operands(const struct command *c, const struct sv_list *operands, struct error *err) {
    if (operands->len < c->operand_min)
        return error_set(err, ERR_USAGE, "plumb %s needs %s; 'plumb %s --help' shows how", c->name, c->operands, c->name);
    if (operands->len <= c->operand_max) return 0;
    const char *text = operands->ptr[c->operand_max].ptr;
    if (c->operand_max == 0) return error_set(err, ERR_USAGE, "plumb %s takes no operand, and '%.60s' is one", c->name, text);
    return error_set(err, ERR_USAGE, "plumb %s takes one %s at a time, and '%.60s' is one too many (quote values that hold blanks)", c->name, c->operands, text);
}

int options_parse(struct arena *a, const struct command *command, int argc, const char *const *argv, struct invocation *ret, struct error *err) {
    struct words w = {argv, argc, 0};
    struct given_list options = {0};
    struct sv_list operands = {0};
    bool only_operands = false;
    *ret = (struct invocation){.command = command};
    for (int i = 0; i < argc; i++) { // help is shown however wrong the rest is
        if (strcmp(argv[i], "--") == 0) break;
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) continue;
        ret->help = true;
        return 0;
    }
    while (w.at < w.count) {
        struct sv word = sv_from(w.ptr[w.at++]);
        if (!only_operands && sv_eq(word, SV("--"))) {
            only_operands = true;
            continue;
        }
        int r = 0;
        if (only_operands || word.len < 2 || word.ptr[0] != '-') r = VEC_PUSH(a, &operands, word) ? 0 : error_nomem(err);
        else if (word.ptr[1] == '-') r = take_option(a, &w, &options, command, word, err);
        else r = error_set(err, ERR_USAGE, "unknown option %.40s; options are written in full, with two dashes", word.ptr);
        if (r != 0) return r;
    }
    int r = check_operands(command, &operands, err);
    if (r != 0) return r;
    ret->options = options.ptr;
    ret->option_count = options.len;
    ret->operands = operands.ptr;
    ret->operand_count = operands.len;
    return 0;
}

bool options_has(const struct invocation *in, enum option_id id) {
    for (size_t i = 0; i < in->option_count; i++) {
        if (in->options[i].option->id == id) return true;
    }
    return false;
}

struct sv options_value(const struct invocation *in, enum option_id id) {
    for (size_t i = 0; i < in->option_count; i++) {
        if (in->options[i].option->id == id) return in->options[i].value;
    }
    return SV_NONE;
}

const char *options_text(const struct invocation *in, enum option_id id) {
    return options_value(in, id).ptr;
}

struct sv *options_values(struct arena *a, const struct invocation *in, enum option_id id, size_t *ret_count) {
    struct sv *list = arena_new_array(a, struct sv, in->option_count + 1);
    *ret_count = 0;
    if (list == NULL) return NULL;
    for (size_t i = 0; i < in->option_count; i++) {
        if (in->options[i].option->id == id) list[(*ret_count)++] = in->options[i].value;
    }
    return list;
}
