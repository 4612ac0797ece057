// SPDX-License-Identifier: Apache-2.0
// Who the scan may be: --as and --as-file. Values are credentials: no error text of this file quotes one.
#include <stdlib.h>

#include "cli/files.h"
#include "cli/identity_file.h"
#include "cli/scan_args.h"

static int read_argument(struct arena *a, struct identity_list *list, struct sv text, struct error *err) {
    size_t equals = sv_find_char(text, '=');
    struct sv header = equals == SIZE_MAX ? SV_NONE : sv_from_index(text, equals + 1);
    size_t colon = sv_find_char(header, ':');
    if (equals == SIZE_MAX || colon == SIZE_MAX)
        return error_set(err, ERR_USAGE, "--as wants NAME='Header: value', for example --as alice='Authorization: Bearer TOKEN'");
    struct principal *p;
    int r = identity_open(a, list, sv_slice(text, 0, equals), &p, err);
    if (r == 0) r = identity_add_header(a, p, sv_trim(sv_slice(header, 0, colon)), sv_trim(sv_from_index(header, colon + 1)), err);
    if (r != 0) error_prefix(err, "--as: ");
    return r;
}

static int read_file(struct arena *a, struct identity_list *list, const char *path, struct error *err) {
    struct sv bytes;
    int r = files_read(a, path, IDENTITY_FILE_LIMIT, "the identity file", &bytes, err);
    if (r != 0) return r;
    r = identity_file_parse(a, list, bytes, getenv, err);
    if (r != 0) error_prefix(err, "the identity file %s: ", path);
    return r;
}

int scan_identities_read(struct arena *a, const struct invocation *in, const struct principal **ret, size_t *ret_count, struct error *err) {
    struct identity_list list = {0};
    size_t files, arguments;
    struct sv *paths = options_values(a, in, OPTION_AS_FILE, &files), *texts = options_values(a, in, OPTION_AS, &arguments);
    if (paths == NULL || texts == NULL) return error_nomem(err);
    int r = 0;
    for (size_t i = 0; i < files && r == 0; i++) r = read_file(a, &list, paths[i].ptr, err);
    for (size_t i = 0; i < arguments && r == 0; i++) r = read_argument(a, &list, texts[i], err);
    if (r != 0) return r;
    *ret = list.ptr;
    *ret_count = list.len;
    return 0;
}
