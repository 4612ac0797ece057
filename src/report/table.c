// SPDX-License-Identifier: Apache-2.0
// One line per place, in columns as wide as their content: for people, grep and sort.
#include "report/names.h"
#include "report/report.h"
#include "report/text.h"

enum { COLUMNS = 6, PLACE_MAX = 60, PARAMETER_MAX = 32 };

struct row {
    struct sv cell[COLUMNS];
};

static const struct row header = {{SV_INIT("SEVERITY"), SV_INIT("CONFIDENCE"), SV_INIT("CHECK"), SV_INIT("PLACE"),
                                   SV_INIT("PARAMETER"), SV_INIT("TITLE")}};

static struct sv fitted(struct arena *a, struct sv text, size_t columns) {
    auto_buf b = BUF_INIT((size_t)64 * 1024);
    text_fit(&b, text, columns);
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

static int make_row(struct arena *a, const struct result_finding *f, const struct result_occurrence *o, struct row *ret) {
    auto_buf place = BUF_INIT((size_t)64 * 1024);
    text_place(&place, o->method, o->path);
    struct sv parameter = o->parameter.len == 0 ? SV("-")
                                                : arena_printf(a, "%s " SV_FMT, report_parameter_places[o->parameter_in], SV_ARG(o->parameter));
    *ret = (struct row){{sv_from(severity_names[f->severity]), sv_from(confidence_names[f->confidence]), sv_from(f->check),
                         fitted(a, buf_sv(&place), PLACE_MAX), fitted(a, parameter, PARAMETER_MAX), fitted(a, f->title, 200)}};
    for (size_t c = 0; c < COLUMNS; c++) {
        if (ret->cell[c].ptr == NULL)
            return -ENOMEM;
    }
    return 0;
}

static void add_row(struct buf *b, const struct row *row, const size_t width[COLUMNS], bool colour, enum text_colour tint) {
    for (size_t c = 0; c < COLUMNS; c++) {
        bool last = c + 1 == COLUMNS;
        text_colour(b, colour && c == 0, tint);
        buf_add(b, row->cell[c]);
        text_colour(b, colour && c == 0, COLOUR_NONE);
        size_t used = text_columns(row->cell[c]);
        if (!last)
            buf_add_repeat(b, ' ', (width[c] > used ? width[c] - used : 0) + 2);
    }
    buf_add_char(b, '\n');
}

static void widen(size_t width[COLUMNS], const struct row *row) {
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t used = text_columns(row->cell[c]);
        if (used > width[c])
            width[c] = used;
    }
}

int report_write_table(const struct scan_result *r, const struct report_options *options, struct sink *out, struct error *err) {
    auto_arena a = {0};
    arena_init(&a, (size_t)64 * 1024 * 1024);
    auto_buf b = BUF_INIT((size_t)64 * 1024 * 1024);
    size_t count = 0;
    for (size_t i = 0; i < r->finding_count; i++)
        count += r->findings[i].occurrence_count;
    struct row *rows = arena_new_array(&a, struct row, count);
    if (rows == NULL)
        return error_nomem(err);
    bool colour = options != NULL && options->colour;
    size_t width[COLUMNS] = {0};
    widen(width, &header);
    size_t n = 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        for (size_t k = 0; k < r->findings[i].occurrence_count; k++, n++) {
            if (make_row(&a, &r->findings[i], &r->findings[i].occurrences[k], &rows[n]) != 0)
                return error_nomem(err);
            widen(width, &rows[n]);
        }
    }
    add_row(&b, &header, width, colour, COLOUR_BOLD);
    n = 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        for (size_t k = 0; k < r->findings[i].occurrence_count; k++, n++)
            add_row(&b, &rows[n], width, colour, text_severity_colour(r->findings[i].severity));
    }
    if (buf_failed(&b))
        return error_nomem(err);
    int code = out->write(out, buf_sv(&b));
    return code == 0 ? 0 : error_set(err, code, "the table could not be written");
}
