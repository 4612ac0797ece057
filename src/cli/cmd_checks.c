// SPDX-License-Identifier: Apache-2.0
#include "checks/check.h"
#include "cli/cli.h"

static void add_needs(struct buf *b, uint32_t traits) {
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {
        {CHECK_PASSIVE, "only looks"}, {CHECK_ACTIVE, "--mode active"}, {CHECK_ONE_IDENTITY, "an identity"},
        {CHECK_TWO_IDENTITIES, "two identities"}, {CHECK_CANARY, "canary"},
    };
    size_t start = b->len;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((traits & words[i].bit) != 0) buf_addf(b, "%s%s", b->len == start ? "" : ", ", words[i].word);
    }
    if (b->len == start) buf_add(b, SV("-"));
    if (b->len - start < 16) buf_add_repeat(b, ' ', 16 - (b->len - start));
}

int command_checks(struct cli *cli, const struct invocation *in, struct error *err) {
    (void)in;
    (void)err;
    auto_buf b = BUF_INIT((size_t)1024 * 1024);
    buf_addf(&b, "%-22s %-22s %-16s %s\n", "ID", "CATEGORY", "NEEDS", "FINDS");
    for (size_t category = 0; category < CATEGORY_COUNT; category++) {
        for (size_t i = 0; i < check_registry_count; i++) {
            const struct check *c = check_registry[i];
            if ((size_t)c->category != category) continue;
            buf_addf(&b, "%-22s %-22s ", c->id, category_infos[category].key);
            add_needs(&b, c->traits);
            buf_addf(&b, " %s\n", c->title);
        }
    }
    return cli_print(cli->out, buf_sv(&b));
}
