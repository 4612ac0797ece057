// SPDX-License-Identifier: Apache-2.0
#include "http/jwk.h"

#include "base/buf.h"
#include "http/json_scan.h"
#include "http/jwt.h"

#define TEXT_MAX ((size_t)256 * 1024)
#define PEM_MAX ((size_t)8 * 1024)
#define NUMBER_MAX 2048U // bytes: RSA of 16,384 bits
#define PEM_LINE 64U

static struct sv string_member(struct sv object, struct sv name) {
    struct sv text = SV_NONE;
    if (!json_member(object, name, &text) || text.len < 2 || text.ptr[0] != '"')
        return SV_NONE;
    return sv_slice(text, 1, text.len - 1);
}

// Base64urlUInt (RFC 7518 2) without leading zeros; len 0 when there is none of sane size.
static struct sv number_member(struct arena *a, struct sv object, struct sv name) {
    struct sv text = string_member(object, name);
    if (text.len == 0 || text.len > NUMBER_MAX * 2)
        return SV_NONE;
    struct sv bytes = base64_decode(a, text);
    while (bytes.len > 0 && bytes.ptr[0] == '\0')
        bytes = sv_from_index(bytes, 1);
    return bytes.len > NUMBER_MAX ? SV_NONE : bytes;
}

// A coordinate with the full length of its field.
static struct sv coordinate(struct arena *a, struct sv object, struct sv name, size_t length) {
    struct sv number = number_member(a, object, name);
    if (number.len == 0 || number.len > length)
        return SV_NONE;
    char *full = arena_alloc(a, length);
    if (full == NULL)
        return SV_NONE;
    memcpy(full + (length - number.len), number.ptr, number.len);
    return sv_make(full, length);
}

static size_t field_length(enum jwk_kind kind) {
    return kind == JWK_P256 ? 32 : kind == JWK_P384 ? 48 : 66;
}

static bool curve_of(struct sv name, enum jwk_kind *ret) {
    if (sv_eq(name, SV("P-256")))
        *ret = JWK_P256;
    else if (sv_eq(name, SV("P-384")))
        *ret = JWK_P384;
    else if (sv_eq(name, SV("P-521")))
        *ret = JWK_P521;
    else
        return false;
    return true;
}

static bool read_key(struct arena *a, struct sv object, struct jwk *ret) {
    struct jwk k = {.kid = string_member(object, SV("kid")), .alg = string_member(object, SV("alg"))};
    struct sv type = string_member(object, SV("kty"));
    if (sv_eq(type, SV("RSA"))) {
        k.kind = JWK_RSA;
        k.modulus = number_member(a, object, SV("n"));
        k.exponent = number_member(a, object, SV("e"));
        *ret = k;
        return k.modulus.len >= 64 && k.exponent.len > 0; // 512 bits is the least that any library signs with
    }
    if (!sv_eq(type, SV("EC")) || !curve_of(string_member(object, SV("crv")), &k.kind))
        return false;
    k.x = coordinate(a, object, SV("x"), field_length(k.kind));
    k.y = coordinate(a, object, SV("y"), field_length(k.kind));
    *ret = k;
    return k.x.len > 0 && k.y.len > 0;
}

// The elements of a JSON array, one a call. `*rest` begins behind the '[' or a ','.
static bool next_element(struct sv *rest, struct sv *ret) {
    if (!json_skip_value(rest, ret))
        return false;
    *rest = sv_trim(*rest);
    if (rest->len > 0 && rest->ptr[0] == ',')
        *rest = sv_from_index(*rest, 1);
    else
        *rest = SV_NONE;
    return true;
}

int jwk_read(struct arena *a, struct sv text, struct jwk *ret, size_t cap, size_t *ret_count, struct error *err) {
    struct sv keys = SV_NONE, element = SV_NONE;
    *ret_count = 0;
    if (text.len > TEXT_MAX)
        return error_set(err, ERR_LIMIT, "the key set has %zu bytes, more than %zu", text.len, TEXT_MAX);
    text = sv_trim(text);
    if (!json_member(text, SV("keys"), &keys))
        return error_set(err, ERR_SYNTAX, "the key set is no JSON object");
    if (keys.len < 2 || keys.ptr[0] != '[') {
        *ret_count = cap > 0 && read_key(a, text, ret);
        return 0;
    }
    struct sv rest = sv_trim(sv_slice(keys, 1, keys.len - 1));
    for (unsigned seen = 0; seen < JWK_KEYS_MAX * 4 && rest.len > 0 && *ret_count < cap; seen++) {
        if (!next_element(&rest, &element))
            break;
        if (read_key(a, element, &ret[*ret_count]))
            ++*ret_count;
    }
    return 0;
}

// -- DER (X.690): tag, length in the shortest form, content ----------------------------------------------------------

static void add_length(struct buf *b, size_t length) {
    if (length < 0x80) {
        buf_add_char(b, (char)length);
    } else if (length < 0x100) {
        buf_add_char(b, (char)(unsigned char)0x81);
        buf_add_char(b, (char)(unsigned char)length);
    } else {
        buf_add_char(b, (char)(unsigned char)0x82);
        buf_add_char(b, (char)(unsigned char)(length >> 8));
        buf_add_char(b, (char)(unsigned char)length);
    }
}

static void add_value(struct buf *b, unsigned char tag, struct sv content) {
    buf_add_char(b, (char)tag);
    add_length(b, content.len);
    buf_add(b, content);
}

// A positive INTEGER: a zero in front where the first bit is set.
static void add_integer(struct buf *b, struct sv number) {
    bool high = ((unsigned char)number.ptr[0] & 0x80) != 0;
    buf_add_char(b, 0x02);
    add_length(b, number.len + high);
    if (high)
        buf_add_char(b, '\0');
    buf_add(b, number);
}

static struct sv finish(struct arena *a, const struct buf *b) {
    return buf_failed(b) ? SV_NONE : arena_copy_sv(a, buf_sv(b));
}

static struct sv wrap(struct arena *a, unsigned char tag, struct sv content) {
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    add_value(&b, tag, content);
    return content.ptr == NULL ? SV_NONE : finish(a, &b);
}

static struct sv rsa_key(struct arena *a, const struct jwk *key) {
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    add_integer(&b, key->modulus);
    add_integer(&b, key->exponent);
    return wrap(a, 0x30, finish(a, &b));
}

// AlgorithmIdentifier of a key: rsaEncryption with NULL (RFC 3279 2.3.1), or id-ecPublicKey with a named curve (RFC 5480 2.1.1).
static struct sv algorithm_of(enum jwk_kind kind) {
    static const char rsa[] = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    static const char p256[] = "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    static const char p384[] = "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
    static const char p521[] = "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23";
    switch (kind) {
    case JWK_RSA:
        return sv_make(rsa, sizeof rsa - 1);
    case JWK_P256:
        return sv_make(p256, sizeof p256 - 1);
    case JWK_P384:
        return sv_make(p384, sizeof p384 - 1);
    case JWK_P521:
        break;
    }
    return sv_make(p521, sizeof p521 - 1);
}

// BIT STRING content: no unused bits, then the key; a point is uncompressed (SEC 1 2.3.3).
static struct sv key_bits(struct arena *a, const struct jwk *key) {
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    buf_add_char(&b, '\0');
    if (key->kind == JWK_RSA) {
        struct sv inner = rsa_key(a, key);
        if (inner.ptr == NULL)
            return SV_NONE;
        buf_add(&b, inner);
    } else {
        buf_add_char(&b, 0x04);
        buf_add(&b, key->x);
        buf_add(&b, key->y);
    }
    return finish(a, &b);
}

struct sv jwk_der(struct arena *a, const struct jwk *key, enum jwk_form form) {
    if (key->kind == JWK_RSA ? key->modulus.len == 0 || key->exponent.len == 0 : key->x.len == 0 || key->y.len == 0)
        return SV_NONE;
    if (form == JWK_PKCS1)
        return key->kind == JWK_RSA ? rsa_key(a, key) : SV_NONE;
    struct sv bits = wrap(a, 0x03, key_bits(a, key));
    if (bits.ptr == NULL)
        return SV_NONE;
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    buf_add(&b, algorithm_of(key->kind));
    buf_add(&b, bits);
    return wrap(a, 0x30, finish(a, &b));
}

struct sv jwk_pem(struct arena *a, const struct jwk *key, enum jwk_form form) {
    struct sv der = jwk_der(a, key, form);
    struct sv text = der.ptr == NULL ? SV_NONE : base64_encode(a, der, false, true);
    if (text.ptr == NULL)
        return SV_NONE;
    const char *label = form == JWK_PKCS1 ? "RSA PUBLIC KEY" : "PUBLIC KEY";
    auto_buf b = BUF_INIT((size_t)32 * 1024);
    buf_addf(&b, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < text.len; i += PEM_LINE) {
        buf_add(&b, sv_slice(text, i, i + PEM_LINE));
        buf_add_char(&b, '\n');
    }
    buf_addf(&b, "-----END %s-----\n", label);
    return finish(a, &b);
}

// "\n" and "\r" of a JSON string become what they say; a backslash before anything else stays away.
static struct sv resolve_escapes(struct arena *a, struct sv text) {
    char *out = arena_alloc(a, text.len + 1);
    size_t n = 0;
    if (out == NULL)
        return SV_NONE;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' && i + 1 < text.len) {
            c = text.ptr[++i];
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
        out[n++] = c;
    }
    return sv_make(out, n);
}

struct sv pem_find_public_key(struct arena *a, struct sv text) {
    static const struct sv labels[] = {SV_INIT("PUBLIC KEY-----"), SV_INIT("RSA PUBLIC KEY-----"), SV_INIT("EC PUBLIC KEY-----")};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct sv begin = arena_printf(a, "-----BEGIN " SV_FMT, SV_ARG(labels[i])), end = arena_printf(a, "-----END " SV_FMT, SV_ARG(labels[i]));
        size_t from = begin.ptr == NULL || end.ptr == NULL ? SIZE_MAX : sv_find(text, begin);
        size_t length = from == SIZE_MAX ? SIZE_MAX : sv_find(sv_from_index(text, from), end);
        if (length == SIZE_MAX || length > PEM_MAX)
            continue;
        return resolve_escapes(a, sv_slice(text, from, from + length + end.len));
    }
    return SV_NONE;
}
