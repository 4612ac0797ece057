// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SPEC_SPEC_INTERNAL_H
#define PLUMB_SPEC_SPEC_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "data/node.h"
#include "spec/spec.h"

#define SPEC_OPERATIONS_MAX      20000
#define SPEC_DOCUMENTS_MAX       64
#define SPEC_DOCUMENTS_BYTES_MAX ((size_t)256 << 20)
#define SPEC_REF_DEPTH_MAX       64
#define SPEC_SCHEMAS_MAX         500000
#define SPEC_WARNINGS_MAX        1000
#define SPEC_PARAMETERS_MAX      256
#define SPEC_BODY_LEAVES_MAX     64
#define SPEC_BODY_DEPTH_MAX      5
// Steps of spec_spend; a step is some tens of nanoseconds.
#define SPEC_WORK_MAX UINT64_C(200000000)

// One file. Documents live in the arena and never move.
struct document {
    struct sv name; // for messages
    struct sv path; // relative to the directory of the main document; its own name may be anything
    struct sv bytes;
    struct node *root; // NULL when it could not be read
    struct map refs;   // text of a $ref -> struct place, also for those that lead nowhere
    size_t *lines;     // offset of each line's first byte, made when first asked for
    size_t line_count;
};

// A node and the document that its references are relative to.
struct place {
    struct node *node;
    struct document *doc;
};

struct pending_schema {
    struct place place;
    struct schema *schema;
};

// One run of spec_read. Only running out of memory ends it early; all else that is wrong becomes a warning.
struct builder {
    struct arena *a;
    const struct spec_options *options;
    struct api *api;
    struct spec_warnings *warnings;
    size_t warning_count;
    bool nomem;
    bool swagger; // Swagger 2.0
    struct document *main;
    struct map documents; // path -> struct document
    size_t document_bytes;
    struct map schemas; // address of a node -> struct schema
    VEC_OF(struct pending_schema) pending;
    size_t schema_count;
    struct map operations; // "GET /members/{}" -> struct operation
    struct map schemes;    // id -> struct security_scheme
    struct sv base_path;
    size_t operation_count;
    uint64_t work; // spent so far
};

// warn.c
void spec_warn(struct builder *b, struct place p, const char *format, ...) __attribute__((format(printf, 3, 4)));
// 1-based position; of the key when the node is a member and the key stands right before it.
void spec_place(struct builder *b, struct place p, unsigned *ret_line, unsigned *ret_column);
// At most 120 bytes of a hostile text, for messages.
struct sv spec_short(struct sv text);
// Notes that memory ran out; for `return spec_nomem(b)`.
void *spec_nomem(struct builder *b);

// Takes `cost` from what one specification may cost. False when it is used up, said once: small files can describe much
// work.
bool spec_spend(struct builder *b, uint64_t cost);

// ref.c: follows $ref until something else stands there. False (with a warning) when it leads nowhere.
bool spec_follow(struct builder *b, struct place *p);
// The member, references followed; node NULL when absent or broken.
struct place spec_member(struct builder *b, struct place object, struct sv key);
struct place spec_child(struct place parent, struct node *node);
struct document *spec_document_add(struct builder *b, struct sv name, struct sv path, struct sv bytes);

// schema.c: the schema of a node. Never NULL unless memory ran out. Its content is there after spec_schema_finish.
struct schema *spec_schema(struct builder *b, struct place p);
void spec_schema_finish(struct builder *b);
// A schema of its own with these types.
struct schema *spec_schema_plain(struct builder *b, uint32_t types);

// value.c: JSON text of a node; SV_NONE when it is nested too deeply or too long.
struct sv spec_json(struct builder *b, const struct node *n);
// JSON text as it goes into a parameter: strings without quotes and escapes. SV_NONE stays.
struct sv spec_raw(struct builder *b, struct sv json);
// JSON text of the first example that a parameter or media type object gives, SV_NONE when none.
struct sv spec_example(struct builder *b, struct place p);
// Text of a string or number, else SV_NONE.
struct sv spec_text(const struct node *n);

// Parameters of an operation while it is read.
struct parameters {
    VEC_OF(struct parameter) v;
};

// parameters.c: reads path-item and operation parameters, the latter win. Body parameters of Swagger 2.0 are passed
// over.
void spec_parameters(struct builder *b, struct place item, struct place operation, struct operation *op,
                     struct parameters *ret);
// body.c: reads the request body into op and its leaves into `ret`.
void spec_body(struct builder *b, struct place item, struct place operation, struct operation *op,
               struct parameters *ret);
// Flattens a body's schema into leaves; spec_schema_finish must have run.
void spec_body_leaves(struct builder *b, struct place p, struct schema *s, struct sv example, struct parameters *ret);

// security.c
void spec_security_schemes(struct builder *b);
void spec_security(struct builder *b, struct place operation, struct operation *op);
// response.c
void spec_responses(struct builder *b, struct place operation, struct operation *op);
// servers.c: base path of a `servers` array; SV_NONE when there is none that can be used.
struct sv spec_servers(struct builder *b, struct place servers, bool keep);
void spec_base_path(struct builder *b);
// operation.c
void spec_paths(struct builder *b, struct place paths);

#endif
