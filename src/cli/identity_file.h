// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CLI_IDENTITY_FILE_H
#define PLUMB_CLI_IDENTITY_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "data/node.h"
#include "model/principal.h"

// Identities as people write them (docs/identities.md). Everything read here may be a credential: no error text quotes a value.

#define IDENTITY_MAX 16
#define IDENTITY_FILE_LIMIT ((size_t)1024 * 1024)

struct identity_list {
    struct principal *ptr;
    size_t len, cap;
};

// Gives the value of an environment variable, NULL when it is not set. getenv(3) fits.
typedef char *(*identity_environment)(const char *name);

// The identity of that name, made when it is new.
int identity_open(struct arena *a, struct identity_list *list, struct sv name, struct principal **ret, struct error *err) MUST_USE;
int identity_add_header(struct arena *a, struct principal *p, struct sv name, struct sv value, struct error *err) MUST_USE;
// Adds the identities of a file's bytes (YAML or JSON).
int identity_file_parse(struct arena *a, struct identity_list *list, struct sv bytes, identity_environment environment, struct error *err) MUST_USE;

// Private to the two files that read it.
struct identity_reader {
    struct arena *arena;
    identity_environment environment;
    struct principal *who;
    struct {
        struct sv *ptr;
        size_t len, cap;
    } secrets;
    struct error *err;
};
// The text of a scalar with ${NAME} replaced. ERR_USAGE when it is no scalar or a variable is not set; `what` names it.
int identity_value(struct identity_reader *r, const struct node *n, const char *what, struct sv *ret) MUST_USE;
int identity_secret(struct identity_reader *r, struct sv value) MUST_USE; // must never be shown
int identity_known_members(struct identity_reader *r, const struct node *n, const char *what, const char *members) MUST_USE;
int identity_read_login(struct identity_reader *r, const struct node *n) MUST_USE;
int identity_read_oauth2(struct identity_reader *r, const struct node *n) MUST_USE;

#endif
