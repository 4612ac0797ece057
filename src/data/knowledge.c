// SPDX-License-Identifier: Apache-2.0
#include "data/knowledge.h"

#include "data/knowledge_files.h"

int knowledge_load(struct arena *a, struct sv name, struct node **ret, struct error *err) {
    size_t low = 0;
    size_t high = knowledge_file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sv_cmp(knowledge_files[middle].name, name);
        if (order == 0)
            return node_parse_json(a, knowledge_files[middle].json, &node_limits_document, ret, err);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return error_set(err, ERR_NOT_FOUND, "no file \"" SV_FMT "\" was built in", SV_ARG(name));
}

size_t knowledge_count(void) {
    return knowledge_file_count;
}

struct sv knowledge_name(size_t index) {
    return index < knowledge_file_count ? knowledge_files[index].name : SV_NONE;
}
