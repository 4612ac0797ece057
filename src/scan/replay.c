// SPDX-License-Identifier: Apache-2.0
// Reads a recording back and moves an engine through it.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/numbers.h"
#include "data/node.h"
#include "http/header.h"
#include "http/jwt.h"
#include "scan/identity/identity.h"
#include "scan/identity/login.h"
#include "scan/record.h"

#define RECORDING_MAX ((size_t)2 * 1024 * 1024 * 1024)
#define LINE_ARENA ((size_t)128 * 1024 * 1024)

static int read_file(struct arena *a, int directory, const char *name, size_t limit, struct sv *ret, struct error *err) {
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0) return error_set(err, -errno, "%s of the recording: %s", name, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > limit) {
        close(fd);
        return error_set(err, ERR_LIMIT, "%s of the recording is not a regular file of at most %zu bytes", name, limit);
    }
    size_t size = (size_t)st.st_size, got = 0;
    char *p = arena_alloc(a, size + 1);
    while (p != NULL && got < size) {
        ssize_t n = read(fd, p + got, size - got);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        got += (size_t)n;
    }
    close(fd);
    if (p == NULL) return error_nomem(err);
    *ret = sv_make(p, got);
    return 0;
}

static uint64_t get_u64(const struct node *n, const char *key, uint64_t otherwise) {
    const struct node *m = node_get(n, sv_from(key));
    uint64_t v;
    return m != NULL && number_parse_u64(m->text, &v) == 0 ? v : otherwise;
}

static struct sv get_bytes(struct arena *a, const struct node *n, const char *key, const char *key64) {
    struct sv plain = node_get_text(n, sv_from(key));
    if (plain.ptr != NULL) return plain;
    struct sv encoded = node_get_text(n, sv_from(key64));
    return encoded.ptr == NULL ? SV_NONE : base64_decode(a, encoded);
}

static int read_list(struct arena *a, const struct node *list, const struct sv **ret, size_t *ret_count) {
    size_t count = node_is(list, NODE_ARRAY) ? list->count : 0;
    if (count == 0) return 0;
    struct sv *items = arena_new_array(a, struct sv, count);
    if (items == NULL) return -ENOMEM;
    size_t i = 0;
    for (const struct node *n = list->first; n != NULL && i < count; n = n->next) items[i++] = n->text;
    *ret = items;
    *ret_count = i;
    return 0;
}

static int read_patterns(struct arena *a, const struct node *list, const struct operation_pattern **ret, size_t *ret_count) {
    size_t count = node_is(list, NODE_ARRAY) ? list->count : 0;
    if (count == 0) return 0;
    struct operation_pattern *items = arena_new_array(a, struct operation_pattern, count);
    if (items == NULL) return -ENOMEM;
    size_t i = 0;
    for (const struct node *n = list->first; n != NULL && i < count; n = n->next) {
        const struct node *method = node_at(n, 0), *pattern = node_at(n, 1);
        if (method != NULL && pattern != NULL) items[i++] = (struct operation_pattern){.method = method->text, .pattern = pattern->text};
    }
    *ret = items;
    *ret_count = i;
    return 0;
}

static int read_identities(struct arena *a, const struct node *list, struct scan_options *o) {
    size_t count = node_is(list, NODE_ARRAY) ? list->count : 0;
    if (count == 0) return 0;
    struct principal *items = arena_new_array(a, struct principal, count);
    if (items == NULL) return -ENOMEM;
    for (const struct node *n = list->first; n != NULL && o->identity_count < count; n = n->next) {
        struct principal *p = &items[o->identity_count++];
        *p = (struct principal){.name = node_get_text(n, SV("name")), .role = node_get_text(n, SV("role")), .tenant = node_get_text(n, SV("tenant"))};
        if (identity_read_record(a, n, p) != 0) return -ENOMEM;
    }
    o->identities = items;
    return 0;
}

static int read_origins(struct arena *a, const struct node *list, struct scan_options *o, struct error *err) {
    size_t count = node_is(list, NODE_ARRAY) ? list->count : 0;
    if (count == 0) return 0;
    struct url *items = arena_new_array(a, struct url, count);
    if (items == NULL) return error_nomem(err);
    for (const struct node *n = list->first; n != NULL && o->allow_origin_count < count; n = n->next) {
        int r = url_parse(a, n->text, &items[o->allow_origin_count], err);
        if (r != 0) return r;
        o->allow_origin_count++;
    }
    o->allow_origins = items;
    return 0;
}

static int read_files(struct arena *a, const struct node *list, struct recording *ret) {
    spec_files_init(&ret->files, a, NULL);
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        const struct spec_file f = {.name = node_get_text(n, SV("name")), .bytes = get_bytes(a, n, "text", "text64")};
        if (f.name.ptr != NULL && f.bytes.ptr != NULL && !VEC_PUSH(a, &ret->files.list, f)) return -ENOMEM;
    }
    if (ret->files.list.len > 0) ret->scan.spec_reader = &ret->files.reader;
    return 0;
}

static int read_options(struct arena *a, const struct node *n, struct scan_options *o, struct error *err) {
    o->target_text = node_get_text(n, SV("target"));
    int r = url_parse(a, o->target_text, &o->target, err);
    if (r != 0) return r;
    uint64_t mode = get_u64(n, "mode", MODE_SAFE);
    o->mode = mode == MODE_PASSIVE ? MODE_PASSIVE : mode == MODE_ACTIVE ? MODE_ACTIVE : MODE_SAFE;
    o->spec_name = node_get_text(n, SV("spec_name"));
    o->spec_bytes = get_bytes(a, n, "spec", "spec64");
    o->spec_url = node_get_text(n, SV("spec_url"));
    o->budget_requests = (unsigned)get_u64(n, "budget_requests", 0);
    o->budget_text = node_get_text(n, SV("budget"));
    o->lockout_budget = (unsigned)get_u64(n, "lockout_budget", 0);
    o->metadata = node_get_bool(n, SV("metadata"), false);
    if (read_patterns(a, node_get(n, SV("include")), &o->include, &o->include_count) != 0 ||
        read_patterns(a, node_get(n, SV("exclude")), &o->exclude, &o->exclude_count) != 0 ||
        read_patterns(a, node_get(n, SV("read_only_post")), &o->read_only_post, &o->read_only_post_count) != 0 ||
        read_patterns(a, node_get(n, SV("allow_write")), &o->allow_write, &o->allow_write_count) != 0 ||
        read_patterns(a, node_get(n, SV("allow_delete")), &o->allow_delete, &o->allow_delete_count) != 0 ||
        read_list(a, node_get(n, SV("checks")), &o->checks, &o->check_count) != 0 ||
        read_list(a, node_get(n, SV("skip_checks")), &o->skip_checks, &o->skip_check_count) != 0 ||
        read_identities(a, node_get(n, SV("identities")), o) != 0)
        return error_nomem(err);
    return read_origins(a, node_get(n, SV("allow_origins")), o, err);
}

int recording_read(struct arena *a, const char *directory, struct recording *ret, struct error *err) {
    *ret = (struct recording){0};
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return error_set(err, ERR_USAGE, "cannot open the recording %s: %s", directory, strerror(errno));
    struct sv header;
    struct node *root;
    int r = read_file(a, dir, "scan.json", node_limits_document.max_bytes, &header, err);
    if (r == 0) r = read_file(a, dir, "events.jsonl", RECORDING_MAX, &ret->events, err);
    close(dir);
    if (r == 0) r = node_parse_json(a, header, &node_limits_document, &root, err);
    if (r != 0) {
        error_prefix(err, "%s: ", directory);
        return r;
    }
    if (!sv_eq(node_get_text(root, SV("format")), SV("plumbline/recording/1")))
        return error_set(err, ERR_UNSUPPORTED, "%s/scan.json is not of the format plumbline/recording/1", directory);
    struct engine_options *o = &ret->engine;
    if (number_parse_u64(node_get_text(root, SV("seed")), &o->seed) != 0 || number_parse_u64(node_get_text(root, SV("canary_seed")), &o->canary_seed) != 0)
        return error_set(err, ERR_SYNTAX, "%s/scan.json lacks a seed", directory);
    o->scan_id = node_get_text(root, SV("scan"));
    o->started_realtime = get_u64(root, "started", 0);
    o->canary_base = node_get_text(root, SV("canary"));
    ret->scan.seed = o->seed;
    ret->scan.has_seed = true;
    size_t end = sv_rfind_char(ret->events, '\n');
    ret->events_whole = end == SIZE_MAX ? 0 : end + 1;
    ret->events = sv_slice(ret->events, 0, ret->events_whole);
    if (read_files(a, node_get(node_get(root, SV("options")), SV("spec_files")), ret) != 0) return error_nomem(err);
    return read_options(a, node_get(root, SV("options")), &ret->scan, err);
}

static bool read_headers(struct arena *a, const struct node *list, struct header_list *ret) {
    for (const struct node *n = node_is(list, NODE_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        const struct node *name = node_at(n, 0), *value = node_at(n, 1);
        if (name != NULL && value != NULL && !header_add(a, ret, name->text, value->text)) return false;
    }
    return true;
}

static bool read_hits(struct arena *a, const struct node *list, struct raw_answer *answer) {
    size_t count = node_is(list, NODE_ARRAY) ? list->count : 0;
    if (count == 0) return true;
    struct sensitive_hit *hits = arena_new_array(a, struct sensitive_hit, count);
    if (hits == NULL) return false;
    for (const struct node *n = list->first; n != NULL && answer->hit_count < count; n = n->next) {
        hits[answer->hit_count++] = (struct sensitive_hit){
            .class_id = node_get_text(n, SV("class")),
            .placeholder = node_get_text(n, SV("placeholder")),
            .location = node_get_text(n, SV("location")),
            .validated = (uint8_t)get_u64(n, "validated", 0),
            .is_example = node_get_bool(n, SV("example"), false),
        };
    }
    answer->hits = hits;
    return true;
}

static int event_sent(const struct node *n, struct engine *e, struct error *err) {
    struct outgoing out;
    if (engine_next(e, &out) != ENGINE_SEND)
        return error_set(err, ERR_MISMATCH, "the recording sends request %llu, but nothing would be sent here; was it made by another version?",
                         (unsigned long long)get_u64(n, "t", 0));
    if (!sv_eq(out.request->method, node_get_text(n, SV("method"))) ||
        (node_get_text(n, SV("target")).ptr != NULL && !sv_eq(out.request->target, node_get_text(n, SV("target")))))
        return error_set(err, ERR_MISMATCH, "request %u of the recording is " SV_FMT " " SV_FMT ", but here it would be " SV_FMT " " SV_FMT "; was it made by another version?",
                         out.ticket, SV_ARG(node_get_text(n, SV("method"))), SV_ARG(node_get_text(n, SV("target"))), SV_ARG(out.request->method),
                         SV_ARG(out.request->target));
    return 0;
}

static int event_done(struct arena *a, const struct node *n, struct engine *e, struct error *err) {
    uint64_t outcome = get_u64(n, "outcome", OUTCOME_COUNT);
    if (outcome >= OUTCOME_COUNT) return error_set(err, ERR_SYNTAX, "an event of the recording has no valid outcome");
    struct response p = {
        .status = (uint16_t)get_u64(n, "status", 0),
        .http_major = (uint8_t)get_u64(n, "major", 1),
        .http_minor = (uint8_t)get_u64(n, "minor", 1),
        .flags = (uint32_t)get_u64(n, "flags", 0),
        .reason = node_get_text(n, SV("reason")),
        .body = get_bytes(a, n, "body", "body64"),
        .first_byte = get_u64(n, "first_byte", 0),
        .total = get_u64(n, "total", 0),
    };
    struct raw_answer answer = {
        .outcome = (enum outcome)outcome,
        .response = outcome == OUTCOME_DONE ? &p : NULL,
        .detail = node_get_text(n, SV("detail")),
        .started = get_u64(n, "started", 0),
        .ended = get_u64(n, "ended", 0),
        .bytes = (size_t)get_u64(n, "bytes", 0),
        .redacted = true,
    };
    struct login_outcome login;
    if (login_read_record(a, n, &login) != 0) return error_nomem(err);
    if (login.good) answer.login = &login;
    if (!read_headers(a, node_get(n, SV("headers")), &p.headers) || !read_hits(a, node_get(n, SV("hits")), &answer)) return error_nomem(err);
    return engine_complete(e, (uint32_t)get_u64(n, "t", 0), &answer, err);
}

static int event_canary(const struct node *n, struct engine *e, struct error *err) {
    struct canary_event call = {
        .token = node_get_text(n, SV("token")),
        .method = node_get_text(n, SV("method")),
        .path = node_get_text(n, SV("path")),
        .user_agent = node_get_text(n, SV("agent")),
        .source = node_get_text(n, SV("source")),
        .at = get_u64(n, "at", 0),
    };
    return engine_canary(e, &call, node_get_bool(n, SV("own"), false), err);
}

static int one_event(struct arena *a, const struct node *n, struct engine *e, usec_t *ret_ended, struct error *err) {
    struct sv kind = node_get_text(n, SV("e"));
    if (sv_eq(kind, SV("sent"))) return event_sent(n, e, err);
    if (sv_eq(kind, SV("done"))) return event_done(a, n, e, err);
    if (sv_eq(kind, SV("canary"))) return event_canary(n, e, err);
    if (sv_eq(kind, SV("time"))) return engine_time_passed(e, get_u64(n, "at", 0), err);
    if (sv_eq(kind, SV("linger"))) return engine_linger_over(e, err);
    if (sv_eq(kind, SV("abandon"))) return engine_abandon_undos(e, err);
    if (sv_eq(kind, SV("restart"))) {
        engine_restart_interrupted(e);
        return 0;
    }
    if (sv_eq(kind, SV("stop"))) {
        uint64_t why = get_u64(n, "why", 0);
        engine_note_signal(e, (int)(get_u64(n, "signal", 0) & 127));
        return why > STOP_NONE && why < STOP_COUNT ? engine_stop(e, (enum stop_reason)why, err) : error_set(err, ERR_SYNTAX, "an unknown reason to stop");
    }
    if (sv_eq(kind, SV("warn"))) {
        engine_warn(e, SV_FMT, SV_ARG(node_get_text(n, SV("text"))));
        return 0;
    }
    if (sv_eq(kind, SV("end"))) {
        *ret_ended = get_u64(n, "realtime", 0);
        return 0;
    }
    return error_set(err, ERR_SYNTAX, "an unknown event in the recording: " SV_FMT, SV_ARG(sv_slice(kind, 0, 40)));
}

int recording_replay(struct arena *a, const struct recording *rec, struct engine *e, usec_t *ret_ended, struct error *err) {
    (void)a;
    struct sv rest = rec->events, line;
    unsigned number = 0;
    auto_arena scratch = {0};
    arena_init(&scratch, LINE_ARENA);
    *ret_ended = 0;
    while (rest.len > 0 && sv_split(&rest, '\n', &line)) {
        number++;
        if (line.len == 0) continue;
        struct node *n;
        int r = node_parse_json(&scratch, line, &node_limits_document, &n, err);
        if (r == 0) r = one_event(&scratch, n, e, ret_ended, err);
        if (r != 0) {
            error_prefix(err, "events.jsonl:%u: ", number);
            return r;
        }
        arena_clear(&scratch);
    }
    return 0;
}
