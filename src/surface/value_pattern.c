// SPDX-License-Identifier: Apache-2.0
/*
 * A text that fits a regular expression as specifications write them: literals, classes, \d \w \s, groups, the first
 * branch of an alternation, counts. Look-around, back references and anything unknown make it give up.
 */
#include "base/buf.h"
#include "surface/values_internal.h"

enum { OUTPUT_MAX = 512, DEPTH_MAX = 8, STEPS_MAX = 4000 };

struct sampler {
    struct sv in;
    struct rng *rng;
    struct buf out;
    unsigned steps;
    bool failed;
};

static void sample_branches(struct sampler *s, unsigned depth);

static bool peek(const struct sampler *s, char c) {
    return s->in.len > 0 && s->in.ptr[0] == c;
}
static char take(struct sampler *s) {
    if (s->in.len == 0) {
        s->failed = true;
        return 0;
    }
    char c = s->in.ptr[0];
    s->in = sv_from_index(s->in, 1);
    return c;
}

static char random_of(struct sampler *s, struct sv set) {
    return set.ptr[rng_below(s->rng, set.len)];
}

static char class_char(struct sampler *s, char c) {
    switch (c) {
    case 'd':
        return (char)('0' + (char)rng_between(s->rng, 1, 9));
    case 'w':
        return random_of(s, SV("abcdefghijkmnpqrstuvwxyz"));
    case 's':
        return ' ';
    case 't':
        return '\t';
    default:
        break;
    }
    // Anything else that is a letter or digit has a meaning that we do not know.
    bool special = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    s->failed = s->failed || special;
    return c;
}

struct char_set {
    char chars[256];
    size_t len;
};

static char set_char(struct sampler *s) {
    char c = take(s);
    return c == '\\' ? class_char(s, take(s)) : c;
}

static void read_set(struct sampler *s, struct char_set *set) {
    bool first = true;
    while (!s->failed && (first || !peek(s, ']'))) {
        first = false;
        char low = set_char(s), high = low;
        if (s->in.len > 1 && s->in.ptr[0] == '-' && s->in.ptr[1] != ']') {
            take(s);
            high = set_char(s);
        }
        for (int c = (unsigned char)low; c <= (unsigned char)high && set->len < sizeof set->chars; c++)
            if (c > ' ' && c < 0x7f)
                set->chars[set->len++] = (char)c;
    }
    take(s);
}

// "[a-zA-Z0-9_-]": a random one of them; of a negated set the first small letter that it leaves.
static char sample_set(struct sampler *s) {
    struct char_set set = {.len = 0};
    bool negated = peek(s, '^');
    if (negated)
        take(s);
    read_set(s, &set);
    if (!negated)
        return set.len > 0 ? random_of(s, sv_make(set.chars, set.len)) : ' ';
    for (char c = 'a'; c <= 'z'; c++)
        if (set.len == 0 || memchr(set.chars, c, set.len) == NULL)
            return c;
    s->failed = true;
    return 0;
}

// How often the atom that was just read repeats.
static unsigned sample_count(struct sampler *s) {
    unsigned count = 1;
    if (peek(s, '*') || peek(s, '?')) {
        count = take(s) == '?' ? 1 : 0;
    } else if (peek(s, '+')) {
        take(s);
        count = 3;
    } else if (peek(s, '{')) {
        take(s);
        count = 0;
        while (!s->failed && s->in.len > 0 && s->in.ptr[0] >= '0' && s->in.ptr[0] <= '9')
            count = count * 10 + (unsigned)(take(s) - '0');
        while (!s->failed && !peek(s, '}'))
            take(s);
        take(s);
        if (count > OUTPUT_MAX)
            s->failed = true;
    }
    if (peek(s, '?') || peek(s, '+')) // lazy, possessive
        take(s);
    return count;
}

static void sample_atom(struct sampler *s, unsigned depth) {
    char c = take(s);
    if (c == '(') {
        if (sv_starts_with(s->in, SV("?:")))
            s->in = sv_from_index(s->in, 2);
        else if (peek(s, '?'))
            s->failed = true;
        sample_branches(s, depth + 1);
        take(s);
    } else if (c == '[') {
        buf_add_char(&s->out, sample_set(s));
    } else if (c == '\\') {
        buf_add_char(&s->out, class_char(s, take(s)));
    } else if (c == '.') {
        buf_add_char(&s->out, random_of(s, SV("abcdefgh")));
    } else if (c != '^' && c != '$') {
        buf_add_char(&s->out, c);
    }
}

// One branch. An atom is read again for each repetition, so that repeated classes differ.
static void sample_sequence(struct sampler *s, unsigned depth) {
    while (!s->failed && s->in.len > 0 && !peek(s, '|') && !peek(s, ')')) {
        if (++s->steps > STEPS_MAX || depth > DEPTH_MAX) {
            s->failed = true;
            return;
        }
        struct sv begin = s->in;
        size_t before = s->out.len;
        sample_atom(s, depth);
        struct sv end = s->in;
        unsigned count = s->failed ? 0 : sample_count(s);
        struct sv after = s->in;
        if (count == 0 && !s->failed)
            buf_truncate(&s->out, before);
        for (unsigned i = 1; i < count && !s->failed && !buf_failed(&s->out) && ++s->steps < STEPS_MAX; i++) {
            s->in = sv_slice(begin, 0, begin.len - end.len);
            sample_atom(s, depth);
        }
        s->in = after;
    }
}

static void sample_branches(struct sampler *s, unsigned depth) {
    sample_sequence(s, depth);
    if (s->failed || !peek(s, '|'))
        return;
    // The other branches are read and thrown away.
    size_t keep = s->out.len;
    while (!s->failed && peek(s, '|')) {
        take(s);
        sample_sequence(s, depth);
        buf_truncate(&s->out, keep);
    }
}

struct sv value_of_pattern(struct arena *a, struct rng *rng, struct sv pattern) {
    struct sampler s = {.in = pattern, .rng = rng, .out = BUF_INIT(OUTPUT_MAX)};
    sample_branches(&s, 0);
    bool good = !s.failed && s.in.len == 0 && !buf_failed(&s.out) && s.out.len > 0;
    struct sv copy = good ? arena_copy_sv(a, buf_sv(&s.out)) : SV_NONE;
    buf_fini(&s.out);
    return copy;
}
