// SPDX-License-Identifier: Apache-2.0
/*
 * Recognition as a sum of evidence: each feature that was seen leaves 1 - weight of the doubt, one that speaks against
 * takes its share of what is left of the belief. No feature weighs more than 0.75, so a single header proves nothing
 * alone. What a framework says of its language, or a datastore of its cloud, counts as one more feature there.
 */
#include "stack/stack.h"

#include "http/header.h"
#include "stack/stack_internal.h"

enum { BODIES_MAX = 800, MATCH_LIMIT = 20000, HASHED_BODY = 1024 };
#define CONFIDENCE_MAX   0.99
#define CONFIDENCE_SHOWN 0.3
#define IMPLIED_SHARE    0.9

static void release(void *object) {
    struct stack *s = object;
    for (size_t i = 0; i < s->prints.len; i++)
        for (size_t k = 0; k < s->prints.ptr[i].feature_count; k++)
            pcre2_code_free(s->prints.ptr[i].features[k].code);
    pcre2_match_data_free(s->groups);
    pcre2_match_context_free(s->limits);
}

static int load_all(struct stack *s, const struct stack_options *o, struct error *err) {
    const struct {
        const struct node *document;
        struct sv list;
        enum stack_layer layer;
    } lists[] = {
        {o->frameworks, SV_INIT("fingerprints"), STACK_FRAMEWORK},
        {o->languages, SV_INIT("fingerprints"), STACK_LANGUAGE},
        {o->datastores, SV_INIT("fingerprints"), STACK_DATASTORE},
        {o->clouds, SV_INIT("fingerprints"), STACK_CLOUD},
        {o->proxies, SV_INIT("fingerprints"), STACK_PROXY},
        {o->clouds, SV_INIT("identity_sources"), STACK_IDENTITY_SOURCE},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        int r = stack_load(s, lists[i].document, lists[i].list, lists[i].layer, err);
        if (r != 0)
            return r;
    }
    return 0;
}

int stack_new(struct arena *a, const struct stack_options *options, struct stack **ret, struct error *err) {
    struct stack *s = arena_new(a, struct stack);
    if (s == NULL)
        return error_nomem(err);
    s->a = a;
    s->seed = options->seed;
    rng_derive(&s->rng, options->seed, SV("stack"), 0);
    s->groups = pcre2_match_data_create(4, NULL);
    s->limits = pcre2_match_context_create(NULL);
    if (s->groups == NULL || s->limits == NULL || !arena_on_fini(a, release, s)) {
        release(s);
        return error_nomem(err);
    }
    pcre2_set_match_limit(s->limits, MATCH_LIMIT);
    int r = load_all(s, options, err);
    if (r == 0)
        *ret = s;
    return r;
}

// -- own questions
// --------------------------------------------------------------------------------------------------------------

static bool plan(struct stack *s, struct arena *a, enum stack_probe probe, struct sv known, struct request *rq) {
    struct sv accept = SV("application/json");
    struct sv word = rng_word(&s->rng, a, 12);
    size_t q = sv_find_char(known, '?');
    known = q == SIZE_MAX ? known : sv_slice(known, 0, q);
    rq->method = SV("GET");
    rq->target = known;
    switch (probe) {
    case STACK_PROBE_UNKNOWN_PAGE:
        accept = SV("text/html");
        rq->target = arena_printf(a, "/" SV_FMT, SV_ARG(word));
        break;
    case STACK_PROBE_UNKNOWN_PATH:
        rq->target = arena_printf(a, "/" SV_FMT, SV_ARG(word));
        break;
    case STACK_PROBE_WRONG_METHOD:
        rq->method = SV("OPTIONS");
        break;
    case STACK_PROBE_UNKNOWN_METHOD:
        rq->method = SV("FOOBAR"); // no server gives it an effect
        break;
    case STACK_PROBE_BAD_ESCAPE:
        rq->target = SV("/%zz");
        break;
    case STACK_PROBE_BAD_QUERY:
        rq->target = arena_printf(a, SV_FMT "?%%zz=%%", SV_ARG(known));
        break;
    case STACK_PROBE_TRAILING_SLASH:
        rq->target = arena_printf(a, SV_FMT "/", SV_ARG(known));
        break;
    case STACK_PROBE_HEAD:
        rq->method = SV("HEAD");
        break;
    case STACK_PROBE_NONE:
    case STACK_PROBE_COUNT:
        return false;
    }
    return rq->target.ptr != NULL && word.ptr != NULL && header_add(a, &rq->headers, SV("Accept"), accept);
}

bool stack_next(struct stack *s, struct arena *a, struct sv known_path, struct request *ret, uint32_t *ret_id) {
    if (known_path.len == 0 || known_path.ptr[0] != '/')
        known_path = SV("/");
    while (++s->next_probe < STACK_PROBE_COUNT) {
        enum stack_probe probe = (enum stack_probe)s->next_probe;
        if (probe == STACK_PROBE_TRAILING_SLASH && sv_ends_with(known_path, SV("/")))
            continue; // it is the same question again
        struct request rq = {0};
        if (!plan(s, a, probe, known_path, &rq))
            continue;
        *ret = rq;
        *ret_id = (uint32_t)probe;
        return true;
    }
    s->next_probe = STACK_PROBE_COUNT;
    return false;
}

// -- answers
// --------------------------------------------------------------------------------------------------------------------

// True when it was not there before.
static bool seen_add(struct seen_set *set, uint64_t hash) {
    hash += hash == 0;
    if (set->used > SEEN_SLOTS / 2) {
        memset(set->slots, 0, sizeof set->slots);
        set->used = 0;
    }
    size_t i = hash % SEEN_SLOTS;
    for (; set->slots[i] != 0; i = (i + 1) % SEEN_SLOTS)
        if (set->slots[i] == hash)
            return false;
    set->slots[i] = hash;
    set->used++;
    return true;
}

// Field names, status, and the values that name products; other values change all the time.
static uint64_t head_hash(const struct stack *s, const struct exchange *x) {
    static const struct sv telling[] = {SV_INIT("Server"), SV_INIT("X-Powered-By"), SV_INIT("Via")};
    uint64_t h = x->response.status * 0x9e3779b97f4a7c15ULL + (uint64_t)x->request.method.len;
    for (size_t i = 0; i < x->response.headers.len && i < 60; i++) {
        const struct header *field = &x->response.headers.ptr[i];
        h = (h << 7 | h >> 57) ^ sv_hash(field->name, s->seed, i);
        for (size_t k = 0; k < sizeof telling / sizeof telling[0]; k++)
            if (sv_eq_nocase(field->name, telling[k]))
                h ^= sv_hash(field->value, s->seed, 1);
    }
    return h;
}

int stack_observe(struct stack *s, const struct exchange *x, struct error *err) {
    if (!exchange_answered(x))
        return 0;
    bool failed = x->response.status >= 400;
    bool head = seen_add(&s->heads, head_hash(s, x));
    bool body = x->response.body.len > 0;
    if (body && failed)
        body = seen_add(&s->errors, sv_hash(sv_slice(x->response.body, 0, HASHED_BODY), s->seed, x->response.status));
    else if (body)
        body = s->bodies < BODIES_MAX;
    s->bodies += body && !failed;
    return head || body ? stack_judge(s, x, STACK_PROBE_NONE, head, body, err) : 0;
}

int stack_answer(struct stack *s, uint32_t id, const struct exchange *x, struct error *err) {
    if (!exchange_answered(x) || id == 0 || id >= STACK_PROBE_COUNT)
        return 0;
    return stack_judge(s, x, (enum stack_probe)id, true, true, err);
}

// -- verdict
// ----------------------------------------------------------------------------------------------------------------------

double fingerprint_confidence(const struct fingerprint *f) {
    double doubt = 1, against = 1;
    for (size_t i = 0; i < f->feature_count; i++) {
        if (!f->features[i].seen)
            continue;
        if (f->features[i].weight >= 0)
            doubt *= 1 - f->features[i].weight;
        else
            against *= 1 + f->features[i].weight;
    }
    double c = (1 - doubt) * against;
    return c > CONFIDENCE_MAX ? CONFIDENCE_MAX : c;
}

// The strongest fingerprint that implies this one, or NULL.
static const struct fingerprint *implied_by(const struct stack *s, const struct fingerprint *f,
                                            double *ret_confidence) {
    const struct fingerprint *best = NULL;
    *ret_confidence = 0;
    for (size_t i = 0; i < s->prints.len; i++) {
        const struct fingerprint *p = &s->prints.ptr[i];
        for (size_t k = 0; k < p->implies_count; k++) {
            if (p->implies_layer[k] != f->layer || !sv_eq(p->implies[k], f->id))
                continue;
            double c = fingerprint_confidence(p);
            if (c > *ret_confidence) {
                *ret_confidence = c;
                best = p;
            }
        }
    }
    return best;
}

static double total_confidence(const struct stack *s, const struct fingerprint *f) {
    double implied;
    (void)implied_by(s, f, &implied);
    double c = 1 - (1 - fingerprint_confidence(f)) * (1 - IMPLIED_SHARE * implied);
    return c > CONFIDENCE_MAX ? CONFIDENCE_MAX : c;
}

double stack_confidence(const struct stack *s, enum stack_layer layer, struct sv id) {
    for (size_t i = 0; i < s->prints.len; i++)
        if (s->prints.ptr[i].layer == layer && sv_eq(s->prints.ptr[i].id, id))
            return total_confidence(s, &s->prints.ptr[i]);
    return 0;
}

static const struct feature *strongest(const struct fingerprint *f) {
    const struct feature *best = NULL;
    for (size_t i = 0; i < f->feature_count; i++)
        if (f->features[i].seen && f->features[i].weight > 0 && (best == NULL || f->features[i].weight > best->weight))
            best = &f->features[i];
    return best;
}

static struct sv version_of(const struct fingerprint *f) {
    for (size_t i = 0; i < f->feature_count; i++)
        if (f->features[i].seen && f->features[i].version.len > 0)
            return f->features[i].version;
    return SV_NONE;
}

struct stack_guess stack_best(const struct stack *s, enum stack_layer layer) {
    const struct fingerprint *best = NULL;
    double confidence = 0;
    for (size_t i = 0; i < s->prints.len; i++) {
        if (s->prints.ptr[i].layer != layer)
            continue;
        double c = total_confidence(s, &s->prints.ptr[i]);
        if (c > confidence) {
            confidence = c;
            best = &s->prints.ptr[i];
        }
    }
    if (best == NULL || confidence < CONFIDENCE_SHOWN)
        return (struct stack_guess){0};
    const struct feature *proof = strongest(best);
    if (proof == NULL) {
        double ignored;
        const struct fingerprint *from = implied_by(s, best, &ignored);
        proof = from != NULL ? strongest(from) : NULL;
    }
    return (struct stack_guess){.id = best->id,
                                .name = best->name,
                                .version = version_of(best),
                                .confidence = confidence,
                                .evidence = proof != NULL ? proof->evidence : SV_NONE};
}
