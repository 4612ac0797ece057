// SPDX-License-Identifier: Apache-2.0
#include "scan/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/json_writer.h"
#include "http/jwt.h"
#include "scan/engine_state.h"

enum { PATH_LIMIT = 4096 };

struct recorder {
    int directory, events;
    struct sink_fd out;
    struct arena scratch;
    int failed;
};

int recorder_open(struct arena *a, const char *directory, bool append, struct recorder **ret, struct error *err) {
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) return error_set(err, -errno, "cannot create the directory %s: %s", directory, strerror(errno));
    struct recorder *r = arena_new(a, struct recorder);
    if (r == NULL) return error_nomem(err);
    r->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->directory < 0) return error_set(err, -errno, "cannot open the directory %s: %s", directory, strerror(errno));
    int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (append ? O_APPEND : O_CREAT | O_EXCL);
    r->events = openat(r->directory, "events.jsonl", flags, 0600);
    if (r->events < 0) {
        int code = errno;
        close(r->directory);
        if (code == EEXIST) return error_set(err, ERR_USAGE, "%s holds a recording already; give --resume %s to continue it, or another directory", directory, directory);
        return error_set(err, -code, "%s/events.jsonl: %s", directory, strerror(code));
    }
    arena_init(&r->scratch, (size_t)64 * 1024 * 1024);
    sink_fd_init(&r->out, r->events);
    *ret = r;
    return 0;
}

static void write_text(struct json_writer *w, struct arena *a, const char *key, const char *key64, struct sv text) {
    if (text.ptr == NULL) return;
    for (size_t i = 0; i < text.len;) {
        uint32_t cp;
        size_t n = utf8_sequence(sv_from_index(text, i), &cp);
        if (n == 0) {
            jw_member_string(w, key64, base64_encode(a, text, false, true));
            return;
        }
        i += n;
    }
    jw_member_string(w, key, text);
}

static void write_headers(struct json_writer *w, const struct header_list *list) {
    jw_key(w, "headers");
    jw_array_begin(w);
    for (size_t i = 0; i < list->len; i++) {
        jw_array_begin(w);
        jw_string(w, list->ptr[i].name);
        jw_string(w, list->ptr[i].value);
        jw_array_end(w);
    }
    jw_array_end(w);
}

static void line_begin(struct recorder *r, struct json_writer *w, const char *event) {
    jw_init(w, &r->out.sink, false);
    jw_object_begin(w);
    jw_member_string(w, "e", sv_from(event));
}

static void line_end(struct recorder *r, struct json_writer *w) {
    jw_object_end(w);
    int code = jw_finish(w);
    if (code == 0) code = r->out.sink.write(&r->out.sink, SV("\n"));
    if (code != 0 && r->failed == 0) r->failed = code;
    arena_clear(&r->scratch);
}

static void on_sent(void *context, const struct outgoing *o) {
    struct recorder *r = context;
    struct json_writer w;
    line_begin(r, &w, "sent");
    jw_member_u64(&w, "t", o->ticket);
    jw_member_u64(&w, "x", o->experiment->id);
    jw_member_string(&w, "for", sv_from(o->purpose));
    jw_member_u64(&w, "identity", o->identity);
    if (o->request->origin != 0) jw_member_u64(&w, "origin", o->request->origin);
    jw_member_string(&w, "method", o->request->method);
    write_text(&w, &r->scratch, "target", "target64", o->request->target);
    write_headers(&w, &o->request->headers);
    write_text(&w, &r->scratch, "body", "body64", o->request->body);
    line_end(r, &w);
    // The recording is the journal of what has to be undone: it holds a write before the write leaves.
    if (o->writes && recorder_flush(r) == 0 && fsync(r->events) != 0 && r->failed == 0) r->failed = -errno;
}

static void write_hits(struct json_writer *w, const struct exchange *x) {
    if (x->hit_count == 0) return;
    jw_key(w, "hits");
    jw_array_begin(w);
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        jw_object_begin(w);
        jw_member_string(w, "class", h->class_id);
        jw_member_string(w, "placeholder", h->placeholder);
        jw_member_string(w, "location", h->location);
        jw_member_u64(w, "validated", h->validated);
        if (h->is_example) jw_member_bool(w, "example", true);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void on_done(void *context, uint32_t ticket, const struct exchange *x, const struct raw_answer *answer, const struct login_outcome *login) {
    struct recorder *r = context;
    struct json_writer w;
    const struct response *p = &x->response;
    line_begin(r, &w, "done");
    jw_member_u64(&w, "t", ticket);
    jw_member_u64(&w, "started", x->started);
    jw_member_u64(&w, "ended", answer->ended);
    jw_member_u64(&w, "bytes", answer->bytes);
    jw_member_u64(&w, "outcome", x->outcome);
    if (answer->detail.len > 0) jw_member_string(&w, "detail", answer->detail);
    if (exchange_answered(x)) {
        jw_member_u64(&w, "status", p->status);
        jw_member_u64(&w, "major", p->http_major);
        jw_member_u64(&w, "minor", p->http_minor);
        if (p->flags != 0) jw_member_u64(&w, "flags", p->flags);
        jw_member_string(&w, "reason", p->reason);
        jw_member_u64(&w, "first_byte", p->first_byte);
        jw_member_u64(&w, "total", p->total);
        write_headers(&w, &p->headers);
        write_text(&w, &r->scratch, "body", "body64", p->body);
        write_hits(&w, x);
        if (login != NULL && login->good) login_record(&w, login);
    }
    line_end(r, &w);
}

struct engine_tap recorder_tap(struct recorder *r) {
    return (struct engine_tap){.context = r, .sent = on_sent, .done = on_done};
}

void recorder_canary(struct recorder *r, const struct canary_event *call, bool own) {
    struct json_writer w;
    line_begin(r, &w, "canary");
    jw_member_string(&w, "token", call->token);
    jw_member_string(&w, "method", call->method);
    jw_member_string(&w, "path", call->path);
    jw_member_string(&w, "agent", call->user_agent);
    jw_member_string(&w, "source", call->source);
    jw_member_u64(&w, "at", call->at);
    if (own) jw_member_bool(&w, "own", true);
    line_end(r, &w);
}

void recorder_stop(struct recorder *r, enum stop_reason why, int signal_number) {
    struct json_writer w;
    line_begin(r, &w, "stop");
    jw_member_u64(&w, "why", why);
    if (signal_number > 0) jw_member_u64(&w, "signal", (uint64_t)signal_number);
    line_end(r, &w);
}

void recorder_warn(struct recorder *r, struct sv text) {
    struct json_writer w;
    line_begin(r, &w, "warn");
    jw_member_string(&w, "text", text);
    line_end(r, &w);
}

void recorder_mark(struct recorder *r, const char *event) {
    struct json_writer w;
    line_begin(r, &w, event);
    line_end(r, &w);
}

void recorder_time(struct recorder *r, usec_t now) {
    struct json_writer w;
    line_begin(r, &w, "time");
    jw_member_u64(&w, "at", now);
    line_end(r, &w);
}

void recorder_end(struct recorder *r, usec_t realtime) {
    struct json_writer w;
    line_begin(r, &w, "end");
    jw_member_u64(&w, "realtime", realtime);
    line_end(r, &w);
}

int recorder_flush(struct recorder *r) {
    int code = sink_fd_flush(&r->out);
    if (code != 0 && r->failed == 0) r->failed = code;
    return r->failed;
}

int recorder_close(struct recorder *r, struct error *err) {
    int code = recorder_flush(r);
    if (code == 0 && fsync(r->events) != 0) code = -errno;
    close(r->events);
    close(r->directory);
    sink_fd_fini(&r->out);
    arena_fini(&r->scratch);
    return code == 0 ? 0 : error_set(err, code, "the recording could not be written: %s", strerror(code < 0 && code > -2000 ? -code : EIO));
}

static void write_list(struct json_writer *w, const char *key, const struct sv *list, size_t count) {
    if (count == 0) return;
    jw_key(w, key);
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) jw_string(w, list[i]);
    jw_array_end(w);
}

static void write_patterns(struct json_writer *w, const char *key, const struct operation_pattern *list, size_t count) {
    if (count == 0) return;
    jw_key(w, key);
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        jw_array_begin(w);
        jw_string(w, list[i].method);
        jw_string(w, list[i].pattern);
        jw_array_end(w);
    }
    jw_array_end(w);
}

static void write_scan(struct json_writer *w, struct arena *a, const struct scan_options *o, const struct engine *e) {
    jw_member_string(w, "target", o->target_text);
    jw_member_u64(w, "mode", o->mode);
    if (o->spec_name.ptr != NULL) jw_member_string(w, "spec_name", o->spec_name);
    write_text(w, a, "spec", "spec64", o->spec_bytes);
    if (o->spec_url.ptr != NULL) jw_member_string(w, "spec_url", o->spec_url);
    write_patterns(w, "include", o->include, o->include_count);
    write_patterns(w, "exclude", o->exclude, o->exclude_count);
    write_patterns(w, "read_only_post", o->read_only_post, o->read_only_post_count);
    write_patterns(w, "allow_write", o->allow_write, o->allow_write_count);
    write_patterns(w, "allow_delete", o->allow_delete, o->allow_delete_count);
    write_list(w, "checks", o->checks, o->check_count);
    write_list(w, "skip_checks", o->skip_checks, o->skip_check_count);
    jw_key(w, "allow_origins");
    jw_array_begin(w);
    for (size_t i = 0; i < o->allow_origin_count; i++) jw_string(w, url_text(a, &o->allow_origins[i]));
    jw_array_end(w);
    jw_key(w, "identities");
    jw_array_begin(w);
    for (size_t i = 0; i < o->identity_count; i++) {
        jw_object_begin(w);
        jw_member_string(w, "name", o->identities[i].name);
        jw_member_string(w, "role", o->identities[i].role);
        jw_member_string(w, "tenant", o->identities[i].tenant);
        if (i + 1 < e->identity_count) identity_record(w, e->redactor, &e->identities[i + 1]);
        jw_object_end(w);
    }
    jw_array_end(w);
    if (o->budget_requests != 0) jw_member_u64(w, "budget_requests", o->budget_requests);
    jw_member_string(w, "budget", o->budget_text);
    jw_member_u64(w, "lockout_budget", o->lockout_budget);
    if (o->metadata) jw_member_bool(w, "metadata", true);
}

static void write_files(struct json_writer *w, struct arena *a, const struct spec_files *files) {
    if (files == NULL || files->list.len == 0) return;
    jw_key(w, "spec_files");
    jw_array_begin(w);
    VEC_EACH(const struct spec_file, f, &files->list) {
        jw_object_begin(w);
        jw_member_string(w, "name", f->name);
        write_text(w, a, "text", "text64", f->bytes);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void recorder_discard(struct recorder *r) {
    ignore_result(unlinkat(r->directory, "events.jsonl", 0));
    ignore_result(unlinkat(r->directory, "scan.json", 0));
    close(r->events);
    close(r->directory);
    sink_fd_fini(&r->out);
    arena_fini(&r->scratch);
}

int recorder_write_header(struct recorder *r, const struct engine_options *o, const struct engine *e, const struct spec_files *files, struct error *err) {
    int fd = openat(r->directory, "scan.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return error_set(err, -errno, "scan.json of the recording: %s", strerror(errno));
    struct sink_fd out;
    struct json_writer w;
    auto_arena a = {0};
    arena_init(&a, (size_t)256 * 1024 * 1024);
    sink_fd_init(&out, fd);
    jw_init(&w, &out.sink, true);
    jw_object_begin(&w);
    jw_member_string(&w, "format", SV("plumbline/recording/1"));
    jw_member_string(&w, "version", SV(PLUMB_VERSION));
    jw_member_string(&w, "scan", o->scan_id);
    jw_member_string(&w, "seed", arena_printf(&a, "%llu", (unsigned long long)o->seed));
    jw_member_u64(&w, "started", o->started_realtime);
    if (o->canary_base.ptr != NULL) jw_member_string(&w, "canary", o->canary_base);
    jw_member_string(&w, "canary_seed", arena_printf(&a, "%llu", (unsigned long long)o->canary_seed));
    jw_key(&w, "options");
    jw_object_begin(&w);
    write_scan(&w, &a, o->scan, e);
    write_files(&w, &a, files);
    jw_object_end(&w);
    jw_object_end(&w);
    int code = jw_finish(&w);
    if (code == 0) code = sink_fd_flush(&out);
    sink_fd_fini(&out);
    close(fd);
    return code == 0 ? 0 : error_set(err, code, "scan.json of the recording could not be written");
}
