// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_ERROR_H
#define PLUMB_BASE_ERROR_H

#include <errno.h>

// Codes: 0 is success, negative errno values as they are, and ours below.
enum error_code {
    ERR_SYNTAX = -2001,  // the input breaks its grammar
    ERR_LIMIT = -2002,   // a bound of ours was reached
    ERR_USAGE = -2003,   // the user asked for something that cannot be
    ERR_SCOPE = -2004,   // outside what may be contacted
    ERR_NETWORK = -2005, // target not reached
    ERR_TLS = -2006,
    ERR_TIMEOUT = -2007,
    ERR_UNSUPPORTED = -2008,
    ERR_NOT_FOUND = -2009,
    ERR_MISMATCH = -2010, // a recording does not fit what is asked of it
    ERR_CANCELLED = -2011,
    ERR_POLICY = -2012, // the method guard refused
};

// Filled once, at the place that knows most; owned by the caller; may be NULL everywhere. Nothing to free.
struct error {
    int code;
    unsigned line;   // 1-based in the input, 0 when unknown
    unsigned column; // 1-based, 0 when unknown
    const char *where; // source place of ours, for debug output
    char text[400];    // one sentence: what was wrong, where, what to do
};

#define ERROR_STR_(x) #x
#define ERROR_STR(x) ERROR_STR_(x)
// Sets and returns `code`: `return error_set(err, ERR_SYNTAX, "…", …);`
#define error_set(err, code, ...) error_set_at((err), (code), __FILE__ ":" ERROR_STR(__LINE__), __VA_ARGS__)

int error_set_at(struct error *err, int code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Out of memory, in one word.
int error_nomem_at(struct error *err, const char *where);
#define error_nomem(err) error_nomem_at((err), __FILE__ ":" ERROR_STR(__LINE__))
// Puts context before the text ("spec.yaml: …").
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Adds a position in the input.
void error_at(struct error *err, unsigned line, unsigned column);

#define MUST_USE __attribute__((warn_unused_result))
#define ignore_result(call) \
    do {                    \
        if (call) {         \
        }                   \
    } while (0)

#endif
