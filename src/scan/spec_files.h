// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_SPEC_FILES_H
#define PLUMB_SCAN_SPEC_FILES_H

#include "base/vec.h"
#include "spec/spec.h"

// The files beside a specification: remembered while they are read, so that a recording can keep them, and given back from one. Private to
// src/scan.
struct spec_file {
    struct sv name, bytes;
};
struct spec_files {
    struct reader reader; // hand this to spec_read
    struct reader *inner; // where files really come from; NULL: only what is in the list
    struct arena *arena;
    VEC_OF(struct spec_file) list;
};
void spec_files_init(struct spec_files *f, struct arena *a, struct reader *inner);

#endif
