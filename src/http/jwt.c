// SPDX-License-Identifier: Apache-2.0
#include "http/jwt.h"

#include "base/numbers.h"
#include "http/json_scan.h"

#define TOKEN_MAX ((size_t)64 * 1024)

// A NumericDate may have a fraction (RFC 7519 2); whole seconds are enough. False when absent or out of range.
static bool read_date(struct sv payload, struct sv name, int64_t *ret) {
    struct sv text = SV_NONE;
    double value = 0;
    if (!json_member(payload, name, &text) || number_parse_double(text, &value) != 0)
        return false;
    if (!(value > -1e15 && value < 1e15))
        return false;
    *ret = (int64_t)value;
    return true;
}

static struct sv read_text(struct sv object, struct sv name) {
    struct sv text = SV_NONE;
    if (!json_member(object, name, &text) || text.len < 2 || text.ptr[0] != '"')
        return SV_NONE;
    return sv_slice(text, 1, text.len - 1);
}

static int split(struct sv token, struct jwt *t, struct error *err) {
    struct sv parts[3] = {0};
    struct sv part = SV_NONE;
    size_t count = 0;
    if (token.len > TOKEN_MAX)
        return error_set(err, ERR_LIMIT, "the token has %zu bytes, more than %zu", token.len, TOKEN_MAX);
    for (; sv_split(&token, '.', &part); count++)
        if (count < 3)
            parts[count] = part;
    if (count == 5)
        return error_set(err, ERR_UNSUPPORTED, "the token is encrypted (RFC 7516), its claims cannot be read");
    if (count != 3)
        return error_set(err, ERR_SYNTAX, "the token has %zu parts between dots, not 3", count);
    t->header_b64 = parts[0];
    t->payload_b64 = parts[1];
    t->signature_b64 = parts[2];
    return 0;
}

int jwt_parse(struct arena *a, struct sv token, struct jwt *ret, struct error *err) {
    struct jwt t = {0};
    int r = split(token, &t, err);
    if (r != 0)
        return r;
    t.header = base64_decode(a, t.header_b64);
    t.payload = base64_decode(a, t.payload_b64);
    if (t.header.ptr == NULL || t.payload.ptr == NULL || base64_decode(a, t.signature_b64).ptr == NULL)
        return error_set(err, ERR_SYNTAX, "a part of the token is not base64url");
    struct sv unused = SV_NONE;
    if (!json_member(t.header, SV("alg"), &unused))
        return error_set(err, ERR_SYNTAX, "the header of the token is no JSON object");
    if (!json_member(t.payload, SV("exp"), &unused))
        return error_set(err, ERR_SYNTAX, "the payload of the token is no JSON object");
    t.algorithm = read_text(t.header, SV("alg"));
    if (t.algorithm.ptr == NULL)
        return error_set(err, ERR_SYNTAX, "the header of the token has no alg (RFC 7515 4.1.1)");
    t.has_exp = read_date(t.payload, SV("exp"), &t.exp);
    t.has_iat = read_date(t.payload, SV("iat"), &t.iat);
    t.has_nbf = read_date(t.payload, SV("nbf"), &t.nbf);
    *ret = t;
    return 0;
}
