// SPDX-License-Identifier: Apache-2.0
// The line that repeats a probe in a shell. Every word is quoted; credentials stay in the reader's environment.
#include "base/escape.h"
#include "http/tls_hello.h"
#include "http/url.h"
#include "report/report.h"

static void add_word(struct buf *b, struct sv word) {
    buf_add_char(b, ' ');
    esc_shell(b, word);
}

static void add_identity(struct buf *b, struct sv name) {
    buf_add(b, SV(" -H \"$PLUMB_HEADER_"));
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_add_char(b, plain ? (char)(c >= 'a' && c <= 'z' ? c - 32 : c) : '_');
    }
    buf_add_char(b, '"');
}

// A header without a value is written with a semicolon; with a colon curl would leave it out.
static void add_header(struct arena *a, struct buf *b, const struct header *h) {
    struct sv line = h->value.len == 0 ? arena_printf(a, SV_FMT ";", SV_ARG(h->name))
                                       : arena_printf(a, SV_FMT ": " SV_FMT, SV_ARG(h->name), SV_ARG(h->value));
    buf_add(b, SV(" -H"));
    add_word(b, line);
}

static bool has_content_type(const struct header_list *list) {
    for (size_t i = 0; i < list->len; i++) {
        if (sv_eq_nocase(list->ptr[i].name, SV("content-type")))
            return true;
    }
    return false;
}

// A TLS probe is no HTTP request: openssl repeats the handshake, and the bytes of a hello go through any TCP client.
static struct sv tls_line(struct arena *a, const struct scan_result *r, const struct request *rq) {
    auto_arena scratch = {.limit = (size_t)64 << 10};
    struct url to;
    auto_buf b = BUF_INIT((size_t)16 * 1024);
    if (url_parse(&scratch, r->origins[rq->origin], &to, NULL) != 0) return SV_NONE;
    struct sv host = sv_find_char(to.host, ':') == SIZE_MAX ? to.host : arena_printf(&scratch, "[" SV_FMT "]", SV_ARG(to.host));
    if (rq->body.len == 0) {
        buf_add(&b, SV("openssl s_client -showcerts -status -connect"));
        add_word(&b, arena_printf(&scratch, SV_FMT ":%u", SV_ARG(host), (unsigned)to.port));
        buf_add(&b, SV(" < /dev/null"));
    } else {
        buf_add(&b, SV("echo"));
        add_word(&b, rq->body);
        buf_add(&b, SV(" | xxd -r -p | nc -w 3"));
        add_word(&b, to.host);
        add_word(&b, arena_printf(&scratch, "%u", (unsigned)to.port));
        buf_add(&b, SV(" | xxd"));
    }
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

struct sv report_curl(struct arena *a, const struct scan_result *r, const struct result_evidence *e) {
    if (e->raw == NULL || e->raw->origin >= r->origin_count) return SV_NONE;
    const struct request *rq = e->raw;
    if (request_is_tls(rq)) return tls_line(a, r, rq);
    auto_buf b = BUF_INIT((size_t)256 * 1024);
    buf_add(&b, SV("curl -i -g --path-as-is"));
    if (sv_eq(rq->method, SV("HEAD"))) buf_add(&b, SV(" -I"));
    else if (!sv_eq(rq->method, SV("GET")) || rq->body.len > 0) {
        buf_add(&b, SV(" -X"));
        add_word(&b, rq->method);
    }
    for (size_t i = 0; i < rq->headers.len; i++) {
        add_header(a, &b, &rq->headers.ptr[i]);
    }
    if (e->identity > 0 && e->identity <= r->identity_count) add_identity(&b, r->identities[e->identity - 1]);
    if (rq->body.len > 0) {
        if (!has_content_type(&rq->headers))
            buf_add(&b, SV(" -H 'Content-Type:'")); // curl would add one
        buf_add(&b, SV(" --data-raw"));
        add_word(&b, rq->body);
    }
    struct sv url = arena_printf(a, SV_FMT SV_FMT, SV_ARG(r->origins[rq->origin]), SV_ARG(rq->target));
    add_word(&b, url);
    if (sv_contains(buf_sv(&b), SV("{{")) && sv_contains(buf_sv(&b), SV("}}")))
        buf_add(&b, SV(" # {{...}} stands for a value that was redacted: put it in"));
    return buf_failed(&b) ? SV_NONE : arena_copy_sv(a, buf_sv(&b));
}

struct sv report_finding_curl(struct arena *a, const struct scan_result *r, const struct result_finding *f) {
    struct sv curl = f->curl;
    for (size_t i = 0; i < f->evidence_count && curl.ptr == NULL; i++) {
        if (f->evidence[i].role == EVIDENCE_PROBE)
            curl = report_curl(a, r, &f->evidence[i]);
    }
    return curl;
}

struct sv report_write_curl(struct arena *a, const struct scan_result *r, const struct result_write *w) {
    if (w->curl.ptr != NULL) return w->curl;
    const struct result_evidence e = {.raw = w->undo, .identity = w->by};
    return report_curl(a, r, &e);
}
