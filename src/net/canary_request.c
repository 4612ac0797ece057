// SPDX-License-Identifier: Apache-2.0
#include "net/canary_request.h"

#include "base/numbers.h"
#include "http/jwt.h"

#define TOKEN_MIN 4u
#define TOKEN_MAX 64u

static bool is_visible(struct sv s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return s.len > 0;
}

/* "GET http://host/path" and "GET /path" ask for the same. */
static struct sv strip_origin(struct sv target) {
    size_t scheme = sv_starts_with_nocase(target, SV("http://")) ? 7 : sv_starts_with_nocase(target, SV("https://")) ? 8 : 0;
    if (scheme == 0)
        return target;
    struct sv rest = sv_from_index(target, scheme);
    size_t slash = sv_find_char(rest, '/');
    return slash == SIZE_MAX ? SV("/") : sv_from_index(rest, slash);
}

static bool parse_request_line(struct sv line, struct canary_request *ret) {
    struct sv rest = line, method, target;
    if (!sv_split(&rest, ' ', &method) || !sv_split(&rest, ' ', &target))
        return false;
    if (!is_visible(method) || !is_visible(target) || !sv_starts_with(rest, SV("HTTP/1.")) || rest.len != 8)
        return false;
    ret->method = method;
    ret->target = strip_origin(target);
    ret->version = rest;
    return true;
}

static void note_field(struct sv line, struct canary_request *ret) {
    size_t colon = sv_find_char(line, ':');
    if (colon == SIZE_MAX)
        return;
    struct sv name = sv_slice(line, 0, colon), value = sv_trim(sv_from_index(line, colon + 1));
    if (sv_eq_nocase(name, SV("Host")))
        ret->host = value;
    else if (sv_eq_nocase(name, SV("User-Agent")))
        ret->user_agent = value;
    else if (sv_eq_nocase(name, SV("X-Plumbline-Scan")))
        ret->scan_id = value;
}

enum canary_parse canary_request_parse(struct sv bytes, struct canary_request *ret) {
    struct canary_request request = {0};
    bool first = true;
    for (struct sv rest = bytes;;) {
        size_t end = sv_find_char(rest, '\n');
        if (end == SIZE_MAX)
            return CANARY_MORE;
        struct sv line = sv_slice(rest, 0, end);
        rest = sv_from_index(rest, end + 1);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (first && !parse_request_line(line, &request))
            return CANARY_BAD;
        if (!first && line.len == 0)
            break;
        if (!first)
            note_field(line, &request);
        first = false;
    }
    *ret = request;
    return CANARY_COMPLETE;
}

static bool is_token(struct sv s) {
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9')))
            return false;
    return s.len >= TOKEN_MIN && s.len <= TOKEN_MAX;
}

static bool is_redirect_status(uint64_t status) {
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* to/<base64url of a URL>/<status> */
static void parse_redirect(struct arena *a, struct sv rest, struct canary_target *ret) {
    struct sv word, coded;
    uint64_t status = 0;
    if (!sv_split(&rest, '/', &word) || !sv_eq(word, SV("to")) || !sv_split(&rest, '/', &coded))
        return;
    if (number_parse_u64(rest, &status) != 0 || !is_redirect_status(status))
        return;
    struct sv to = base64_decode(a, coded);
    if (to.ptr == NULL || !is_visible(to)) // a line end would write fields of its own into our answer
        return;
    ret->known = true;
    ret->status = (unsigned)status;
    ret->redirect_to = to;
}

void canary_target_parse(struct arena *a, struct sv target, struct canary_target *ret) {
    *ret = (struct canary_target){.status = 404};
    struct sv path = sv_slice(target, 0, sv_find_char(target, '?'));
    struct sv first;
    if (!sv_starts_with(path, SV("/")))
        return;
    path = sv_from_index(path, 1);
    if (!sv_split(&path, '/', &first) || !is_token(first))
        return;
    ret->token = first;
    ret->key_set = sv_eq(path, SV("jwks.json"));
    if (path.len == 0 || ret->key_set) {
        ret->known = true;
        ret->status = 200;
        return;
    }
    parse_redirect(a, path, ret);
}
