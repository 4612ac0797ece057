// SPDX-License-Identifier: Apache-2.0
// bench-match [MIB]: the pattern pass with the complete built-in set, validators included, over generated text. The
// text is what answers of APIs are made of (records with ids, mail addresses, telephone numbers, prose), and holds one
// secret in every 10 KiB.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/numbers.h"
#include "base/random.h"
#include "match/match.h"

#define BODY         ((size_t)1 << 20) // scanned at once
#define SECRET_EVERY 10240
#define REDACTED     (1U << PATTERN_SECRET | 1U << PATTERN_PERSONAL)
#define ALL          ((1U << PATTERN_KIND_COUNT) - 1)

static const char *const words[] = {
    "the",   "order",   "of",     "a",       "customer", "was",   "delivered", "to",       "warehouse", "and",
    "then",  "signed",  "by",     "another", "person",   "in",    "time",      "although", "weather",   "changed",
    "price", "without", "notice", "for",     "all",      "items", "between",   "morning",  "evening",   "report",
};

static const char *draw_word(struct rng *rng) {
    return words[rng_below(rng, sizeof words / sizeof *words)];
}

static void add_secret(struct buf *b, struct rng *rng) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    buf_add(b, SV("{\"note\":\"AKIA"));
    for (int i = 0; i < 16; i++)
        buf_add_char(b, letters[rng_below(rng, 32)]);
    buf_add(b, SV("\"},"));
}

static void add_record(struct buf *b, struct rng *rng, uint64_t id) {
    buf_addf(b, "{\"id\":%llu,\"uuid\":\"%08x-%04x-4%03x-a%03x-%012llx\",\"total\":%llu.%02llu,\"created\":%llu,",
             (unsigned long long)id, (unsigned)rng_next(rng), (unsigned)rng_below(rng, 65536),
             (unsigned)rng_below(rng, 4096), (unsigned)rng_below(rng, 4096),
             (unsigned long long)rng_below(rng, 1ULL << 48), (unsigned long long)rng_below(rng, 10000),
             (unsigned long long)rng_below(rng, 100), 1700000000000ULL + (unsigned long long)rng_below(rng, 1U << 30));
    if (rng_below(rng, 4) == 0)
        buf_addf(b, "\"email\":\"%s.%s%u@mail%u.net\",", draw_word(rng), draw_word(rng), (unsigned)rng_below(rng, 1000),
                 (unsigned)rng_below(rng, 100));
    if (rng_below(rng, 4) == 0)
        buf_addf(b, "\"phone\":\"+49 151 %07u\",", 1000000 + (unsigned)rng_below(rng, 8999999));
    buf_add(b, SV("\"text\":\""));
    for (uint64_t n = 10 + rng_below(rng, 40); n > 0; n--)
        buf_addf(b, "%s ", draw_word(rng));
    buf_add(b, SV("\"},\n"));
}

static void fill(struct buf *b, struct rng *rng, size_t size) {
    size_t next = SECRET_EVERY;
    for (uint64_t id = 1; b->len < size; id++) {
        add_record(b, rng, id);
        if (b->len >= next) {
            add_secret(b, rng);
            next += SECRET_EVERY;
        }
    }
}

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int scan_all(const struct match_set *set, struct match_scratch *scratch, struct sv text, unsigned kinds,
                    size_t *ret_hits, struct error *err) {
    auto_arena a = {0};
    for (size_t at = 0; at < text.len; at += BODY) {
        struct match_list hits = {0};
        arena_clear(&a);
        int r = match_scan(set, scratch, &a, sv_slice(text, at, at + BODY), kinds, &hits, err);
        if (r < 0)
            return r;
        *ret_hits += hits.len;
    }
    return 0;
}

// Best of three rounds, in CPU seconds: the machine may be shared.
static int measure(const struct match_set *set, struct match_scratch *scratch, struct sv text, unsigned kinds,
                   double *ret_speed, size_t *ret_hits, struct error *err) {
    double best = 0;
    for (int round = 0; round < 3; round++) {
        *ret_hits = 0;
        double start = seconds();
        int r = scan_all(set, scratch, text, kinds, ret_hits, err);
        double speed = (double)text.len / 1e6 / (seconds() - start);
        if (r < 0)
            return r;
        best = speed > best ? speed : best;
    }
    *ret_speed = best;
    return 0;
}

static int run(struct arena *a, size_t size, struct error *err) {
    struct match_set *set = NULL;
    struct match_scratch *scratch = NULL;
    double start = seconds();
    int r = match_open(a, &set, err);
    double open_ms = (seconds() - start) * 1000;
    if (r == 0)
        r = match_scratch_new(a, set, &scratch, err);
    if (r < 0)
        return r;
    auto_buf text = BUF_INIT(size + BODY);
    struct rng rng;
    rng_init(&rng, 1);
    fill(&text, &rng, size);
    if (buf_failed(&text))
        return error_nomem(err);
    double redacted = 0;
    double all = 0;
    size_t hits = 0;
    r = measure(set, scratch, buf_sv(&text), REDACTED, &redacted, &hits, err);
    size_t all_hits = 0;
    if (r == 0)
        r = measure(set, scratch, buf_sv(&text), ALL, &all, &all_hits, err);
    if (r < 0)
        return r;
    (void)printf("bench: match-open %.2f ms, to reach 1: %s\n", open_ms, open_ms <= 1 ? "met" : "short");
    (void)printf("bench: match-redacted-kinds %.0f MB/s (%zu hits)\n", redacted, hits);
    (void)printf("bench: match %.0f MB/s, to reach 150: %s\n", all, all >= 150 ? "met" : "short");
    return hits < size / SECRET_EVERY ? error_set(err, ERR_MISMATCH, "%zu hits are too few", hits) : 0;
}

int main(int argc, char **argv) {
    uint64_t mib = 100;
    if (argc > 2 || (argc == 2 && number_parse_u64_range(sv_from(argv[1]), 1, 1024, &mib) < 0)) {
        (void)fprintf(stderr, "usage: bench-match [MIB]\n");
        return 2;
    }
    auto_arena a = {0};
    struct error err = {0};
    if (run(&a, (size_t)mib << 20, &err) == 0)
        return 0;
    (void)fprintf(stderr, "bench-match: %s\n", err.text);
    return 1;
}
