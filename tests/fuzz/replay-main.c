// SPDX-License-Identifier: Apache-2.0
/*
 * A main for fuzz targets without a fuzzer: runs every file of the corpus folder named as argument through the
 * target, plus the empty input, and reports each as one TAP subtest. A crash or a sanitizer report ends the program,
 * which the missing plan line makes a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REPLAY_SIZE_MAX ((size_t)16 << 20)

// What a target defines.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exact heap copy, so that AddressSanitizer sees the first byte read beyond the input. */
static int replay_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    uint8_t *data = malloc(REPLAY_SIZE_MAX);
    size_t size = data ? fread(data, 1, REPLAY_SIZE_MAX, f) : 0;
    int failed = !data || ferror(f) != 0;
    (void)fclose(f);
    if (!failed) {
        uint8_t *exact = malloc(size ? size : 1);
        if (exact) {
            memcpy(exact, data, size);
            failed = LLVMFuzzerTestOneInput(exact, size) != 0;
            free(exact);
        } else {
            failed = 1;
        }
    }
    free(data);
    return failed ? -1 : 0;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    struct dirent **names = NULL;
    int count = scandir(argv[1], &names, is_visible, alphasort);
    if (count < 1) {
        (void)fprintf(stderr, "%s: no corpus files: a target without a corpus tests nothing\n", argv[1]);
        return 2;
    }
    int failures = LLVMFuzzerTestOneInput((const uint8_t *)"", 0) != 0;
    (void)printf("%sok 1 - empty input\n", failures ? "not " : "");
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
        int failed = length < 0 || (size_t)length >= sizeof path || replay_file(path) != 0;
        failures += failed;
        (void)printf("%sok %d - %s\n", failed ? "not " : "", i + 2, names[i]->d_name);
        (void)fflush(stdout);
        free(names[i]);
    }
    free(names);
    (void)printf("1..%d\n", count + 1);
    return failures ? 1 : 0;
}
