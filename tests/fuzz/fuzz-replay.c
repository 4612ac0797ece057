// SPDX-License-Identifier: Apache-2.0
// A recording from somebody else: any events must be refused or followed without harm.
#include <stdint.h>

#include "scan/record.h"

#define SIZE_CAP ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {.limit = (size_t)64 << 20};
    if (size > SIZE_CAP)
        return 0;
    struct recording rec = {.events = sv_make((const char *)data, size), .events_whole = size};
    rec.scan.target_text = SV("http://127.0.0.1:8080/");
    rec.scan.mode = MODE_SAFE;
    if (url_parse(&a, rec.scan.target_text, &rec.scan.target, NULL) != 0)
        return 0;
    rec.engine = (struct engine_options){.scan = &rec.scan, .seed = 1, .scan_id = SV("fuzz"), .canary_base = SV("http://127.0.0.1:9"), .canary_seed = 2};
    struct engine *e;
    struct error err;
    if (engine_new(&rec.engine, &e, &err) != 0)
        return 0;
    usec_t ended;
    struct scan_result result;
    if (recording_replay(&a, &rec, e, &ended, &err) == 0)
        ignore_result(engine_result(e, &a, ended, &result, &err));
    engine_free(e);
    return 0;
}
