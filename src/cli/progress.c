// SPDX-License-Identifier: Apache-2.0
// One calm line on a terminal, redrawn at most four times a second; or one JSON object a line, at most one a second and one a stage.
#include "cli/progress.h"

#include "base/json_writer.h"

int progress_init(struct progress *p, struct cli *cli, const struct invocation *in, struct error *err) {
    *p = (struct progress){.cli = cli};
    struct sv how = options_value(in, OPTION_PROGRESS);
    if (how.ptr == NULL || sv_eq(how, SV("auto"))) p->kind = cli->err_is_terminal ? PROGRESS_LINE : PROGRESS_NONE;
    else if (sv_eq(how, SV("json"))) p->kind = PROGRESS_JSON;
    else if (sv_eq(how, SV("none"))) p->kind = PROGRESS_NONE;
    else return error_set(err, ERR_USAGE, "--progress is auto, json or none, not " SV_FMT, SV_ARG(sv_slice(how, 0, 40)));
    return 0;
}

static void emit(struct progress *p, struct buf *b) {
    if (!buf_failed(b)) ignore_result(p->cli->err->write(p->cli->err, buf_sv(b)));
}

static void show_line(struct progress *p, const struct scan_progress *s) {
    auto_buf b = BUF_INIT((size_t)512);
    // Carriage return, the text, erase to the end of the line (ECMA-48 EL).
    buf_addf(&b, "\r%s: %u requests, %u operations, %u findings, %.0f s\x1b[K", s->stage, s->requests, s->operations, s->findings,
             (double)s->elapsed / (double)USEC_PER_SEC);
    emit(p, &b);
    p->drawn = true;
}

static void show_json(struct progress *p, const struct scan_progress *s) {
    auto_buf b = BUF_INIT((size_t)1024);
    struct sink_buf sink;
    sink_buf_init(&sink, &b);
    struct json_writer w;
    jw_init(&w, &sink.sink, false);
    jw_object_begin(&w);
    jw_member_string(&w, "stage", sv_from(s->stage));
    jw_member_u64(&w, "requests", s->requests);
    jw_member_u64(&w, "queued", s->queued);
    jw_member_u64(&w, "operations", s->operations);
    jw_member_u64(&w, "findings", s->findings);
    jw_member_u64(&w, "elapsed_ms", s->elapsed / USEC_PER_MSEC);
    jw_object_end(&w);
    ignore_result(jw_finish(&w));
    buf_add_char(&b, '\n');
    emit(p, &b);
}

void progress_show(void *context, const struct scan_progress *s) {
    struct progress *p = context;
    p->requests = s->requests;
    if (p->kind == PROGRESS_NONE) return;
    usec_t pause = p->kind == PROGRESS_LINE ? 250 * USEC_PER_MSEC : USEC_PER_SEC;
    bool new_stage = p->stage == NULL || strcmp(p->stage, s->stage) != 0;
    if (!new_stage && s->elapsed < p->last + pause) return;
    p->last = s->elapsed;
    p->stage = s->stage;
    if (p->kind == PROGRESS_LINE) show_line(p, s);
    else show_json(p, s);
}

void progress_end(struct progress *p) {
    if (p->drawn) ignore_result(p->cli->err->write(p->cli->err, SV("\r\x1b[K")));
    p->drawn = false;
}
