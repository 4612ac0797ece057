// SPDX-License-Identifier: Apache-2.0
/*
 * One model per (method, directory, identity, shape). It keeps the answers of random siblings as classes; an answer
 * that falls into one of them says "nothing here". The classes are drawn wide on purpose: a real path taken for nothing
 * costs a finding, nothing taken for a real path costs the trust in all of them.
 */
#include "evidence/absence.h"

#include "base/vec.h"
#include "evidence/entity.h"
#include "evidence/signature_internal.h"
#include "http/build.h"

#define CLASSES_MAX   8   // of one model
#define DEPTH_MAX     64  // directories that are looked through for an inherited model
#define REAL_DISTANCE 0.8 // how far a good answer of the same form must be from the siblings'

struct absence_class {
    struct signature answers[2]; // [1] may be invalid
    struct volatility volatility;
    bool any_status; // the siblings' status changes by itself
    bool any_body;   // so does the body's form
};
struct absence_model {
    struct absence_class *ptr;
    size_t len, cap;
};
struct absence {
    struct map models;
};

int absence_new(struct arena *a, uint64_t key, struct absence **ret, struct error *err) {
    struct absence *s = arena_new(a, struct absence);
    if (s == NULL)
        return error_nomem(err);
    map_init(&s->models, key);
    *ret = s;
    return 0;
}

static struct sv last_segment(struct sv path) {
    size_t slash = sv_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : sv_from_index(path, slash + 1);
}

// The extension with its dot: 1 to 5 letters and digits, at least one letter.
static struct sv extension_of(struct sv segment) {
    size_t dot = sv_rfind_char(segment, '.');
    if (dot == SIZE_MAX || dot == 0)
        return SV_NONE;
    struct sv text = sv_from_index(segment, dot + 1);
    bool letter = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        letter = letter || (c >= 'a' && c <= 'z');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return SV_NONE;
    }
    return letter && text.len <= 5 ? sv_from_index(segment, dot) : SV_NONE;
}

enum segment_shape segment_shape_of(struct sv segment) {
    if (segment.len == 0)
        return SHAPE_WORD;
    switch (id_shape_of(segment)) {
    case ID_INTEGER:
        return SHAPE_NUMBER;
    case ID_UUID:
        return SHAPE_UUID;
    case ID_SLUG:
    case ID_TOKEN:
    case ID_SHAPE_COUNT:
        break;
    }
    if (extension_of(segment).len > 0)
        return SHAPE_EXTENSION;
    return id_shape_of(segment) == ID_SLUG ? SHAPE_WORD : SHAPE_TOKEN;
}

static struct sv model_key(struct arena *a, struct sv method, struct sv directory, uint16_t identity,
                           enum segment_shape shape) {
    return arena_printf(a, SV_FMT " %u %u " SV_FMT, SV_ARG(method), (unsigned)identity, (unsigned)shape,
                        SV_ARG(directory));
}

static const struct absence_model *find_model(const struct absence *s, struct sv method, struct sv directory,
                                              uint16_t identity, enum segment_shape shape) {
    auto_arena scratch = {0};
    struct sv key = model_key(&scratch, method, directory, identity, shape);
    return key.ptr == NULL ? NULL : map_find(&s->models, key);
}

static bool is_good(const struct signature *x) {
    return x->status >= 200 && x->status < 300;
}

static bool answer_matches(const struct absence_class *c, const struct signature *control,
                           const struct signature *answer) {
    if (!control->valid)
        return false;
    struct signature like = *answer;
    if (c->any_status)
        like.status = control->status;
    if (like.status != control->status)
        return false;
    // Where a redirect leads holds the asked path more often than not.
    if (like.status >= 300 && like.status < 400)
        return true;
    if (c->any_body)
        return like.media_type == control->media_type;
    if (signature_equal(control, &like, &c->volatility))
        return true;
    if (like.is_html && control->is_html && signature_similarity(&like, control) >= 0.7)
        return true;
    if (!signature_alike(control, &like))
        return false;
    if (!is_good(answer) || !like.is_json)
        return true;
    // The same form: a real answer must say other things in most of its places, and in more than one.
    return signature_stable_pairs(&like, &c->volatility) < 2 ||
           signature_distance(control, &like, &c->volatility) < REAL_DISTANCE;
}

static bool model_matches(const struct absence_model *m, const struct signature *answer) {
    for (size_t i = 0; i < m->len; i++)
        if (answer_matches(&m->ptr[i], &m->ptr[i].answers[0], answer) ||
            answer_matches(&m->ptr[i], &m->ptr[i].answers[1], answer))
            return true;
    return false;
}

// "/a/b/" -> "/a/"; "/" -> "".
static struct sv parent_directory(struct sv directory) {
    return directory.len < 2 ? SV("") : path_directory(sv_slice(directory, 0, directory.len - 1));
}

enum presence absence_judge(const struct absence *s, struct sv method, struct sv path, uint16_t identity,
                            const struct signature *answer) {
    if (!answer->valid || answer->status == 404 || answer->status == 410)
        return PRESENCE_NOTHING;
    enum segment_shape shape = segment_shape_of(last_segment(path));
    struct sv directory = path_directory(path);
    const struct absence_model *m = find_model(s, method, directory, identity, shape);
    if (m != NULL)
        return model_matches(m, answer) ? PRESENCE_NOTHING : PRESENCE_REAL;
    // Directories above: what says "nothing" there says it here, too; anything else has to be learned here.
    for (size_t depth = 0; depth < DEPTH_MAX && directory.len > 1; depth++) {
        directory = parent_directory(directory);
        m = directory.len == 0 ? NULL : find_model(s, method, directory, identity, shape);
        if (m != NULL && model_matches(m, answer))
            return PRESENCE_NOTHING;
    }
    return PRESENCE_UNKNOWN;
}

static struct sv control_name(struct arena *a, struct rng *rng, struct sv segment) {
    switch (segment_shape_of(segment)) {
    case SHAPE_WORD:
        return rng_word(rng, a, segment.len < 10 ? 10 : segment.len > 24 ? 24 : segment.len);
    case SHAPE_EXTENSION: {
        struct sv word = rng_word(rng, a, 10), extension = extension_of(segment);
        return word.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT SV_FMT, SV_ARG(word), SV_ARG(extension));
    }
    case SHAPE_NUMBER:
    case SHAPE_UUID:
    case SHAPE_TOKEN:
    case SHAPE_COUNT:
        break;
    }
    return id_random_like(a, rng, sv_slice(segment, 0, 256));
}

int absence_controls(struct arena *a, struct rng *rng, struct sv path, struct sv ret_paths[2], struct error *err) {
    struct sv made[2];
    for (size_t i = 0; i < 2; i++) {
        struct sv name = control_name(a, rng, last_segment(path)), directory = path_directory(path);
        made[i] = name.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT SV_FMT, SV_ARG(directory), SV_ARG(name));
        if (made[i].ptr == NULL)
            return error_nomem(err);
    }
    ret_paths[0] = made[0];
    ret_paths[1] = made[1];
    return 0;
}

static int copy_signature(struct arena *a, const struct signature *from, struct signature *ret, struct error *err) {
    *ret = *from;
    if (!from->valid)
        return 0;
    ret->pairs = arena_new_array(a, struct signature_pair, from->pair_count);
    if (ret->pairs == NULL)
        return error_nomem(err);
    if (from->pair_count > 0)
        memcpy(ret->pairs, from->pairs, from->pair_count * sizeof *ret->pairs);
    return 0;
}

static int make_class(struct arena *a, const struct signature answers[2], struct absence_class *ret,
                      struct error *err) {
    struct absence_class c = {0};
    size_t first = answers[0].valid ? 0 : 1;
    int r = copy_signature(a, &answers[first], &c.answers[0], err);
    if (r == 0 && first == 0)
        r = copy_signature(a, &answers[1], &c.answers[1], err);
    struct signature *x = &c.answers[0], *y = &c.answers[1];
    if (r == 0 && y->valid) {
        c.any_status = x->status != y->status && x->skeleton == y->skeleton && x->media_type == y->media_type;
        c.any_body = x->status == y->status && x->media_type == y->media_type && !signature_alike(x, y);
        r = volatility_learn(a, &c.volatility, x, y, err);
    }
    if (r == 0)
        *ret = c;
    return r;
}

int absence_learn(struct arena *a, struct absence *s, struct sv method, struct sv path, uint16_t identity,
                  const struct signature answers[2], struct error *err) {
    if (!answers[0].valid && !answers[1].valid)
        return 0;
    struct sv key = model_key(a, method, path_directory(path), identity, segment_shape_of(last_segment(path)));
    if (key.ptr == NULL)
        return error_nomem(err);
    struct absence_model *m = map_find(&s->models, key);
    if (m != NULL && m->len >= CLASSES_MAX)
        return 0;
    struct absence_class c;
    int r = make_class(a, answers, &c, err);
    if (r != 0)
        return r;
    if (m == NULL) {
        m = arena_new(a, struct absence_model);
        if (m == NULL || !VEC_PUSH(a, m, c) || !map_set(a, &s->models, key, m))
            return error_nomem(err);
        return 0;
    }
    return VEC_PUSH(a, m, c) ? 0 : error_nomem(err);
}

bool absence_knows(const struct absence *s, struct sv method, struct sv path, uint16_t identity) {
    return find_model(s, method, path_directory(path), identity, segment_shape_of(last_segment(path))) != NULL;
}
