// SPDX-License-Identifier: Apache-2.0
// HMAC (RFC 2104) with SHA-2 by its compression function: H(key ^ opad || H(key ^ ipad || message)). The states after the two pads depend on the
// secret only and are kept; a try then is the blocks of "header.payload", padded once for all secrets, and one block for the outer hash.
#define OPENSSL_SUPPRESS_DEPRECATED // the compression function alone has no newer name
#include "scan/identity/jwt_secrets.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "http/jwt.h"

enum { WORDS_MAX = 200000, WORD_MAX = 512 };

struct pads256 {
    SHA_LONG inner[8], outer[8];
};
struct pads512 {
    SHA_LONG64 inner[8], outer[8];
};

struct jwt_secrets {
    struct sv *words;
    size_t count;
    struct pads256 *pads256;
    struct pads512 *pads384, *pads512;
};

static void pad_block(unsigned char *block, size_t size, const unsigned char *key, size_t len, unsigned char with) {
    for (size_t i = 0; i < size; i++) block[i] = (unsigned char)((i < len ? key[i] : 0) ^ with);
}

static void fill256(struct sv word, struct pads256 *ret) {
    unsigned char key[SHA256_DIGEST_LENGTH], block[SHA256_CBLOCK];
    const unsigned char *bytes = (const unsigned char *)word.ptr;
    size_t len = word.len;
    if (len > SHA256_CBLOCK) {
        SHA256(bytes, len, key);
        bytes = key;
        len = sizeof key;
    }
    SHA256_CTX c;
    for (int outer = 0; outer < 2; outer++) {
        SHA256_Init(&c);
        pad_block(block, sizeof block, bytes, len, outer ? 0x5c : 0x36);
        SHA256_Transform(&c, block);
        memcpy(outer ? ret->outer : ret->inner, c.h, sizeof ret->inner);
    }
}

static void fill512(struct sv word, bool is_384, struct pads512 *ret) {
    unsigned char key[SHA512_DIGEST_LENGTH], block[SHA512_CBLOCK];
    const unsigned char *bytes = (const unsigned char *)word.ptr;
    size_t len = word.len;
    if (len > SHA512_CBLOCK) {
        if (is_384) SHA384(bytes, len, key);
        else SHA512(bytes, len, key);
        bytes = key;
        len = is_384 ? SHA384_DIGEST_LENGTH : SHA512_DIGEST_LENGTH;
    }
    SHA512_CTX c;
    for (int outer = 0; outer < 2; outer++) {
        if (is_384) SHA384_Init(&c);
        else SHA512_Init(&c);
        pad_block(block, sizeof block, bytes, len, outer ? 0x5c : 0x36);
        SHA512_Transform(&c, block);
        memcpy(outer ? ret->outer : ret->inner, c.h, sizeof ret->inner);
    }
}

static const struct node *first_of(const struct node *object, struct sv name) {
    const struct node *list = node_get(object, name);
    return node_is(list, NODE_ARRAY) ? list->first : NULL;
}

int jwt_secrets_new(struct arena *a, const struct node *list, struct jwt_secrets **ret, struct error *err) {
    struct jwt_secrets *s = arena_new(a, struct jwt_secrets);
    size_t count = 0;
    for (const struct node *g = first_of(list, SV("groups")); g != NULL; g = g->next) {
        for (const struct node *w = first_of(g, SV("secrets")); w != NULL; w = w->next) count++;
    }
    if (count > WORDS_MAX) return error_set(err, ERR_LIMIT, "more than %d secrets to try", WORDS_MAX);
    if (s == NULL) return error_nomem(err);
    s->words = arena_new_array(a, struct sv, count + 1);
    s->pads256 = arena_new_array(a, struct pads256, count + 1);
    s->pads384 = arena_new_array(a, struct pads512, count + 1);
    s->pads512 = arena_new_array(a, struct pads512, count + 1);
    if (s->words == NULL || s->pads256 == NULL || s->pads384 == NULL || s->pads512 == NULL) return error_nomem(err);
    for (const struct node *g = first_of(list, SV("groups")); g != NULL; g = g->next) {
        for (const struct node *w = first_of(g, SV("secrets")); w != NULL; w = w->next) {
            if (node_is(w, NODE_STRING) && w->text.len <= WORD_MAX) s->words[s->count++] = w->text;
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        fill256(s->words[i], &s->pads256[i]);
        fill512(s->words[i], true, &s->pads384[i]);
        fill512(s->words[i], false, &s->pads512[i]);
    }
    *ret = s;
    return 0;
}

size_t jwt_secrets_count(const struct jwt_secrets *s) {
    return s->count;
}

// The message as whole blocks, with its end mark and the length in bits that counts the pad before it.
static unsigned char *pad_message(struct arena *a, struct sv message, size_t block, size_t length_bytes, size_t *ret_blocks) {
    size_t total = message.len + 1 + length_bytes;
    size_t blocks = (total + block - 1) / block;
    unsigned char *p = arena_alloc(a, blocks * block);
    if (p == NULL) return NULL;
    memset(p, 0, blocks * block);
    memcpy(p, message.ptr, message.len);
    p[message.len] = 0x80;
    uint64_t bits = (uint64_t)(message.len + block) * 8;
    for (size_t i = 0; i < 8; i++) p[blocks * block - 1 - i] = (unsigned char)(bits >> (8 * i));
    *ret_blocks = blocks;
    return p;
}

static void put_bits(unsigned char *end, size_t bytes) {
    uint64_t bits = (uint64_t)bytes * 8;
    end[-1] = (unsigned char)bits;
    end[-2] = (unsigned char)(bits >> 8);
}

static size_t search256(const struct jwt_secrets *s, const unsigned char *message, size_t blocks, const unsigned char want[SHA256_DIGEST_LENGTH]) {
    SHA_LONG wanted[8];
    for (size_t k = 0; k < 8; k++)
        wanted[k] = (SHA_LONG)want[k * 4] << 24 | (SHA_LONG)want[k * 4 + 1] << 16 | (SHA_LONG)want[k * 4 + 2] << 8 | want[k * 4 + 3];
    unsigned char outer[SHA256_CBLOCK] = {0};
    outer[SHA256_DIGEST_LENGTH] = 0x80;
    put_bits(outer + sizeof outer, SHA256_CBLOCK + SHA256_DIGEST_LENGTH);
    SHA256_CTX c;
    SHA256_Init(&c);
    for (size_t i = 0; i < s->count; i++) {
        memcpy(c.h, s->pads256[i].inner, sizeof c.h);
        for (size_t b = 0; b < blocks; b++) SHA256_Transform(&c, message + b * SHA256_CBLOCK);
        for (size_t k = 0; k < 8; k++) {
            SHA_LONG word = __builtin_bswap32(c.h[k]);
            memcpy(outer + k * 4, &word, 4);
        }
        memcpy(c.h, s->pads256[i].outer, sizeof c.h);
        SHA256_Transform(&c, outer);
        if (c.h[0] == wanted[0] && memcmp(c.h, wanted, sizeof wanted) == 0) return i;
    }
    return SIZE_MAX;
}

static size_t search512(const struct jwt_secrets *s, bool is_384, const unsigned char *message, size_t blocks, const unsigned char *want) {
    size_t words = (is_384 ? SHA384_DIGEST_LENGTH : SHA512_DIGEST_LENGTH) / 8;
    SHA_LONG64 wanted[8] = {0};
    for (size_t k = 0; k < words; k++) {
        memcpy(&wanted[k], want + k * 8, 8);
        wanted[k] = __builtin_bswap64(wanted[k]);
    }
    unsigned char outer[SHA512_CBLOCK] = {0};
    outer[words * 8] = 0x80;
    put_bits(outer + sizeof outer, SHA512_CBLOCK + words * 8);
    const struct pads512 *pads = is_384 ? s->pads384 : s->pads512;
    SHA512_CTX c;
    SHA512_Init(&c);
    for (size_t i = 0; i < s->count; i++) {
        memcpy(c.h, pads[i].inner, sizeof c.h);
        for (size_t b = 0; b < blocks; b++) SHA512_Transform(&c, message + b * SHA512_CBLOCK);
        for (size_t k = 0; k < words; k++) {
            SHA_LONG64 word = __builtin_bswap64(c.h[k]);
            memcpy(outer + k * 8, &word, 8);
        }
        memcpy(c.h, pads[i].outer, sizeof c.h);
        SHA512_Transform(&c, outer);
        if (c.h[0] == wanted[0] && memcmp(c.h, wanted, words * 8) == 0) return i;
    }
    return SIZE_MAX;
}

bool jwt_secrets_try(const struct jwt_secrets *s, struct arena *scratch, struct sv token, struct sv *ret_word) {
    struct jwt t;
    *ret_word = SV_NONE;
    if (jwt_parse(scratch, token, &t, NULL) != 0) return false;
    struct sv signature = base64_decode(scratch, t.signature_b64);
    size_t want = sv_eq(t.algorithm, SV("HS256")) ? SHA256_DIGEST_LENGTH : sv_eq(t.algorithm, SV("HS384")) ? SHA384_DIGEST_LENGTH
                : sv_eq(t.algorithm, SV("HS512")) ? SHA512_DIGEST_LENGTH : 0;
    if (want == 0 || signature.ptr == NULL || signature.len != want) return false;
    struct sv message = sv_slice(token, 0, token.len - t.signature_b64.len - 1);
    bool is_256 = want == SHA256_DIGEST_LENGTH;
    size_t blocks;
    const unsigned char *padded = pad_message(scratch, message, is_256 ? SHA256_CBLOCK : SHA512_CBLOCK, is_256 ? 8 : 16, &blocks);
    if (padded == NULL) return false;
    const unsigned char *wanted = (const unsigned char *)signature.ptr;
    size_t at = is_256 ? search256(s, padded, blocks, wanted) : search512(s, want == SHA384_DIGEST_LENGTH, padded, blocks, wanted);
    if (at != SIZE_MAX) *ret_word = s->words[at];
    return true;
}
