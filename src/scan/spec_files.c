// SPDX-License-Identifier: Apache-2.0
#include "scan/spec_files.h"

static const struct spec_file *find(const struct spec_files *f, struct sv name) {
    VEC_EACH(const struct spec_file, one, &f->list) {
        if (sv_eq(one->name, name)) return one;
    }
    return NULL;
}

static int read_file(struct reader *self, struct arena *a, struct sv name, struct sv *ret, struct error *err) {
    struct spec_files *f = (struct spec_files *)(void *)self;
    const struct spec_file *known = find(f, name);
    if (known == NULL && f->inner == NULL) return error_set(err, ERR_NOT_FOUND, "the recording has no file " SV_FMT, SV_ARG(sv_slice(name, 0, 200)));
    if (known == NULL) {
        struct spec_file fresh = {.name = arena_copy_sv(f->arena, name)};
        int r = f->inner->read(f->inner, f->arena, name, &fresh.bytes, err);
        if (r != 0) return r;
        if (fresh.name.ptr == NULL || !VEC_PUSH(f->arena, &f->list, fresh)) return error_nomem(err);
        known = VEC_LAST(&f->list);
    }
    *ret = arena_copy_sv(a, known->bytes);
    return ret->ptr != NULL ? 0 : error_nomem(err);
}

void spec_files_init(struct spec_files *f, struct arena *a, struct reader *inner) {
    *f = (struct spec_files){.reader = {read_file}, .inner = inner, .arena = a};
}
