// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_REDACT_H
#define PLUMB_SCAN_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"
#include "match/match.h"
#include "model/exchange.h"

// Redaction keeps meaning: each secret or personal value in an answer becomes {{class:hash8}}, where class is the
// pattern's id and hash8 the first 8 hex digits of the value's hash under a key of this scan. Equal values stay equal,
// different ones different (16 digits where 8 would be the same), and nothing secret leaves this module except through
// redact_reveal, at the moment of sending.
//
// One redactor per scan, one thread. What it remembers is bounded: 4 MiB of values that can be revealed, 65,536 texts
// that stay. Beyond that values are still replaced; only revealing them is no longer possible.
struct redactor;

int redactor_new(struct arena *a, const struct match_set *set, uint64_t key, struct redactor **ret,
                 struct error *err) MUST_USE;

// The value of an identity's header, or any other text that the user gave as a secret. It is masked wherever it appears
// from now on: plain, percent-encoded, JSON-escaped, inside base64. A scheme word ("Bearer ", "Basic ") stays readable;
// the user:password inside Basic, the password alone and the values of a Cookie header count as secrets of their own.
// Parts shorter than 4 bytes are ignored. `class_id` becomes the class of the placeholder (other characters than
// [a-z0-9_] turned to '_').
int redact_add_secret(struct redactor *r, struct sv value, struct sv class_id, struct error *err) MUST_USE;
// The same for a header of an identity of which it is not known whether it is a secret ("Accept", "X-Tenant"): only
// values of credential headers, and values that look drawn at random, are registered.
int redact_add_header(struct redactor *r, const struct header *header, struct sv class_id, struct error *err) MUST_USE;

// A text of ours (marker, canary token, forged credential) that must stay readable: a found value that lies inside of
// it is left alone, of a value around it only the rest is replaced. Texts shorter than 8 bytes are refused (ERR_USAGE):
// they could be anybody's.
int redact_allow(struct redactor *r, struct sv text, struct error *err) MUST_USE;

// The view of an answer: reason, header values and body with placeholders; everything in `a`, nothing points into
// `raw`. Hits stand in the order reason and headers, then body. `location` is "reason", "header:set-cookie",
// "body:/users/0/email" for JSON (RFC 6901 pointer into the view) or "body@123" (offset in the view). JSON stays JSON:
// a value inside a string is replaced in place, a bare number becomes a string that holds the placeholder. JSON escapes
// in a value (a\u0040b.org) do not hide it. A placeholder that the target itself sends is not believed: "{{" before a
// known class and a hash is broken up as "{ {".
int redact_response(struct redactor *r, struct arena *a, const struct response *raw, struct response *ret_view,
                    struct sensitive_hit **ret_hits, size_t *ret_count, struct error *err) MUST_USE;

// The view of a request: registered secrets and values that the vault knows are masked in target, header values and
// body; values of credential headers (Authorization, Cookie, X-Api-Key …) always, except texts of ours (redact_allow).
int redact_request(struct redactor *r, struct arena *a, const struct request *raw, struct request *ret_view,
                   struct error *err) MUST_USE;

// Puts raw values in the place of known placeholders; unknown ones stay. A percent-encoded placeholder gets a
// percent-encoded value, one inside JSON a JSON-escaped value; elsewhere blanks and control bytes are percent-encoded.
// What was revealed is masked like a registered secret from then on. Returns `text` itself when there is nothing to do.
int redact_reveal(struct redactor *r, struct arena *a, struct sv text, struct sv *ret, struct error *err) MUST_USE;

// Does a placeholder stand in it? After redact_reveal: one whose value is not known (any more), so it must not be written anywhere.
bool redact_has_placeholder(struct redactor *r, struct sv text);

#endif
