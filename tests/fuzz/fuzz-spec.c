// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "http/build.h"
#include "spec/spec.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// References to other files get the document itself, so that the way through the reader is walked too.
struct mirror {
    struct reader reader;
    struct sv bytes;
};

static int mirror_read(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err) {
    (void)a;
    (void)err;
    if (name.len == 0 || name.ptr[0] == '/')
        abort();
    struct sv segment;
    while (sv_split(&name, '/', &segment))
        if (sv_eq(segment, SV("..")))
            abort();
    *ret = ((struct mirror *)(void *)self)->bytes;
    return 0;
}

// What was read must be sound enough to build a request from it.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)256 << 20};
    if (size > SIZE_CAP)
        return 0;
    struct mirror m = {{mirror_read}, sv_make((const char *)data, size)};
    struct spec_options options = {SV("dir/fuzz.yaml"), SV("https://h.example"), &m.reader};
    struct api api = {0};
    struct spec_warnings warnings = {0};
    (void)spec_looks_like(m.bytes);
    if (spec_read(&a, m.bytes, &options, &api, &warnings, NULL) != 0)
        return 0;
    for (size_t i = 0; i < api.operation_count; i++) {
        const struct operation *op = api.operations[i];
        struct param_value *values = arena_new_array(&a, struct param_value, op->parameter_count + 1);
        struct request rq;
        struct error err = {0};
        if (values == NULL)
            return 0;
        for (size_t p = 0; p < op->parameter_count; p++)
            values[p] = (struct param_value){op->parameters[p].example, true, false};
        int r = call_build(&a, &(struct call){op, values}, &rq, &err);
        if (r == 0 && (rq.target.len == 0 || sv_find_char(rq.target, ' ') != SIZE_MAX))
            abort();
        if (api_find_operation(&api, op->method, op->path) == NULL)
            abort();
    }
    return 0;
}
