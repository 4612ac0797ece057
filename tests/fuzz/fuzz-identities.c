// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "cli/identity_file.h"
#include "scan/identity/login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *environment(const char *name) {
    static char value[] = "value";
    assert(name[0] != '\0');
    return name[0] == 'V' ? value : NULL;
}

// What the client will put on one line has no line ends.
static void check_line(struct sv s) {
    for (size_t i = 0; i < s.len; i++) assert(s.ptr[i] != '\r' && s.ptr[i] != '\n' && s.ptr[i] != '\0');
}

static void check_headers(const struct header_list *list) {
    for (size_t i = 0; i < list->len; i++) {
        check_line(list->ptr[i].name);
        check_line(list->ptr[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {0};
    arena_init(&a, (size_t)64 << 20);
    struct identity_list list = {0};
    struct error err = {0};
    if (identity_file_parse(&a, &list, sv_make((const char *)data, size), environment, &err) != 0) {
        assert(err.code != 0 && err.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < list.len; i++) {
        const struct principal *p = &list.ptr[i];
        assert(p->name.len > 0);
        check_headers(&p->headers);
        if (p->login == NULL) continue;
        assert(p->login->request.method.len > 0 || p->login->first_refresh_token.len > 0);
        check_line(p->login->request.url);
        check_headers(&p->login->request.headers);
        check_headers(&p->login->refresh.headers);
        check_line(p->login->send_name);
    }
    return 0;
}
