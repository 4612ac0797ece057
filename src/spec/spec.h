// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SPEC_SPEC_H
#define PLUMB_SPEC_SPEC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/api.h"

// Files come through a reader, so that tests give bytes and nothing else is opened.
struct reader {
    // Reads the file `name` (relative, '/' separated, never "..") beside the main document. 0 or negative; bytes live in the arena.
    int (*read)(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err);
};

struct spec_warning {
    struct sv file;
    unsigned line, column;
    struct sv text; // what was wrong, and what was done ("operation skipped")
};
struct spec_warnings {
    struct spec_warning *ptr;
    size_t len, cap;
};

struct spec_options {
    struct sv name;   // file name or URL, for messages and operation->file
    struct sv origin; // "https://host" of the target: picks the server entry whose path is the base path; may be empty
    struct reader *reader; // NULL: no $ref to other files
};

// Reads OpenAPI 3.0/3.1 or Swagger 2.0 in JSON or YAML into `api` (appends operations with SOURCE_SPEC). `input` must outlive the api.
// ERR_SYNTAX / ERR_UNSUPPORTED / ERR_LIMIT with line and column when the document as a whole is useless; broken parts cost themselves and are warnings.
int spec_read(struct arena *a, struct sv input, const struct spec_options *options, struct api *api, struct spec_warnings *warnings, struct error *err) MUST_USE;

// Cheap test on a body: does this look like an OpenAPI or Swagger document (JSON or YAML)?
bool spec_looks_like(struct sv body);

// Appends an operation unless one with the same method and nameless template exists (then returns that). NULL when out of memory.
struct operation *api_add_operation(struct arena *a, struct api *api, const struct operation *op);
struct operation *api_find_operation(const struct api *api, struct sv method, struct sv path_template);
// The operation whose template fits a concrete path best (literal segments win), or NULL.
struct operation *api_match(const struct api *api, struct sv method, struct sv path);

#endif
