// SPDX-License-Identifier: Apache-2.0
#include "net/client_impl.h"

#include <openssl/ssl.h>
#include <string.h>

#include "http/header.h"

#define TARGET_LENGTH_MAX ((size_t)1 << 20)
#define KEPT_BODY_MAX ((size_t)256 << 10) // larger body buffers are given back after each answer
#define HEADER_LINE_MIN 3u

/* The TLS session is only within reach while the connection is attached, so it is asked at the first line of an answer. */
static void note_tls(struct transfer *t) {
    struct curl_tlssessioninfo *info = NULL;
    if (t->tls_version != NULL || !sv_eq(t->request.origin->scheme, SV("https")))
        return;
    if (curl_easy_getinfo(t->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
        info->backend != CURLSSLBACKEND_OPENSSL || info->internals == NULL)
        return;
    t->tls_version = SSL_get_version((const SSL *)info->internals);
}

/* Reads the status of the block that just ended. 0 when it is not there. */
static unsigned block_status(const struct transfer *t) {
    struct sv rest = buf_sv(&t->head), version;
    if (!sv_split(&rest, ' ', &version) || rest.len < 3 || !sv_is_digits(sv_slice(rest, 0, 3)))
        return 0;
    return (unsigned)(rest.ptr[0] - '0') * 100 + (unsigned)(rest.ptr[1] - '0') * 10 + (unsigned)(rest.ptr[2] - '0');
}

static bool is_empty_line(struct sv line) {
    return line.len == 0 || line.ptr[0] == '\r' || line.ptr[0] == '\n';
}

/* False ends the transfer. */
static bool block_end(struct transfer *t) {
    unsigned status = block_status(t);
    if (status == 101) {
        t->head_done = t->switched = true; // what follows is another protocol
        return false;
    }
    if (status >= 200 || status < 100)
        t->head_done = true;
    return true;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *t = context;
    struct sv line = sv_make(bytes, size * count);
    const struct net_options *o = &t->net->options;
    if (t->header_lines == 0)
        note_tls(t);
    t->header_lines++;
    t->header_bytes += line.len;
    if (t->header_bytes > o->header_cap || t->header_lines > NET_HEADER_LINES_MAX) {
        t->head_cut = true;
        return 0;
    }
    if (t->head_done)
        return line.len; // trailers are counted and dropped
    if (is_empty_line(line))
        return block_end(t) ? line.len : 0;
    if (sv_starts_with_nocase(line, SV("HTTP/")) && t->head.len > 0 && line.len > HEADER_LINE_MIN)
        buf_clear(&t->head); // a new block: what stood there was an interim answer
    buf_add(&t->head, line);
    return buf_failed(&t->head) ? 0 : line.len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *t = context;
    size_t len = size * count, room = t->body.limit - t->body.len;
    buf_add(&t->body, sv_make(bytes, len < room ? len : room));
    if (len <= room && !buf_failed(&t->body))
        return len;
    t->body_cut = true;
    return 0;
}

/* Settings that never change: TLS and proxy. */
static void setup_trust(struct transfer *t) {
    const struct net_options *o = &t->net->options;
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
    curl_easy_setopt(e, CURLOPT_CAPATH, NULL); // with a folder libcurl reads the store anew for each connection
    if (o->ca_file != NULL)
        curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
    if (o->certificate != NULL)
        curl_easy_setopt(e, CURLOPT_SSLCERT, o->certificate);
    if (o->key != NULL)
        curl_easy_setopt(e, CURLOPT_SSLKEY, o->key);
    t->certificate = o->certificate;
    t->key = o->key;
    curl_easy_setopt(e, CURLOPT_PROXY, o->proxy != NULL ? o->proxy : ""); // "" also shuts out the environment
    curl_easy_setopt(e, CURLOPT_NOPROXY, "");
    curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (o->unix_socket != NULL)
        curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
}

static void setup_easy(struct transfer *t) {
    const struct net_options *o = &t->net->options;
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error_text);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L); // decode.c: the bytes as received are kept when they are broken
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, o->http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, 0L); // client.c watches the time
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    if (o->user_agent != NULL)
        curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent);
    setup_trust(t);
    net_socket_easy_setup(t);
}

int transfer_new(struct net *n, struct transfer **ret, struct error *err) {
    struct transfer *t = arena_new(&n->arena, struct transfer);
    if (t == NULL || !VEC_PUSH(&n->arena, &n->transfers, t))
        return error_nomem(err);
    t->net = n;
    buf_init(&t->url, 1024);
    buf_init(&t->method, 256);
    buf_init(&t->scratch, TARGET_LENGTH_MAX + 1024);
    buf_init(&t->head, n->options.header_cap + 1);
    buf_init(&t->body, n->options.body_cap);
    t->easy = curl_easy_init();
    if (t->easy == NULL) {
        n->transfers.len--;
        return error_nomem(err);
    }
    setup_easy(t);
    *ret = t;
    return 0;
}

void transfer_free(struct transfer *t) {
    if (t->state == TRANSFER_ACTIVE)
        curl_multi_remove_handle(t->net->multi, t->easy);
    curl_easy_cleanup(t->easy);
    buf_fini(&t->url);
    buf_fini(&t->method);
    buf_fini(&t->scratch);
    buf_fini(&t->head);
    buf_fini(&t->body);
}

static bool has_control(struct sv text, bool blanks_too) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0' || (blanks_too && (c <= ' ' || c == 0x7f)))
            return true;
    }
    return false;
}

static bool is_token(struct sv text) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char c = sv_lower_char(text.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != '\0' && strchr(marks, c) != NULL)))
            return false;
    }
    return text.len > 0;
}

/* A line end or blank inside one of these would make two requests of one. */
static int check_request(const struct request *r, struct error *err) {
    if (!is_token(r->method) || r->method.len > 64)
        return error_set(err, ERR_USAGE, "\"" SV_FMT "\" cannot be sent as a method", SV_ARG(sv_slice(r->method, 0, 80)));
    if (r->target.len == 0 || r->target.len > TARGET_LENGTH_MAX || has_control(r->target, true))
        return error_set(err, ERR_USAGE, "the target \"" SV_FMT "\" is empty, too long, or has blanks or control bytes",
                         SV_ARG(sv_slice(r->target, 0, 80)));
    if (sv_eq(r->method, SV("HEAD")) && r->body.len > 0)
        return error_set(err, ERR_UNSUPPORTED, "a HEAD request cannot carry a body");
    return 0;
}

/* One line "Name: value" in memory of the request's arena; the list itself is not copied by libcurl. */
static int push_header(struct arena *a, const struct header *h, struct curl_slist ***tail, struct error *err) {
    if (!is_token(h->name) || has_control(h->value, false))
        return error_set(err, ERR_USAGE, "the header \"" SV_FMT "\" has bytes that a field line cannot carry",
                         SV_ARG(sv_slice(h->name, 0, 80)));
    // "Name;" is how libcurl is told to send a field with an empty value.
    size_t len = h->name.len + (h->value.len == 0 ? 1 : 2 + h->value.len);
    struct curl_slist *node = arena_alloc(a, sizeof *node + len + 1);
    if (node == NULL)
        return error_nomem(err);
    char *p = (char *)(node + 1);
    node->data = p;
    memcpy(p, h->name.ptr, h->name.len);
    p += h->name.len;
    if (h->value.len == 0) {
        *p = ';';
    } else {
        memcpy(p, ": ", 2);
        memcpy(p + 2, h->value.ptr, h->value.len);
    }
    **tail = node;
    *tail = &node->next;
    return 0;
}

struct given { // what the caller sets by itself
    bool content_type, accept, encoding;
};

static int push_list(struct transfer *t, const struct header_list *list, struct curl_slist ***tail, struct given *given,
                     struct error *err) {
    for (size_t i = 0; list != NULL && i < list->len; i++) {
        const struct header *h = &list->ptr[i];
        given->content_type |= sv_eq_nocase(h->name, SV("Content-Type"));
        given->accept |= sv_eq_nocase(h->name, SV("Accept"));
        given->encoding |= sv_eq_nocase(h->name, SV("Accept-Encoding"));
        int rc = push_header(t->request.arena, h, tail, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int set_headers(struct transfer *t, struct error *err) {
    struct net *n = t->net;
    struct curl_slist *head = NULL, **tail = &head;
    struct given given = {0};
    int rc = push_list(t, &t->request.request->headers, &tail, &given, err);
    if (rc == 0)
        rc = push_list(t, t->request.identity_headers, &tail, &given, err);
    if (rc != 0)
        return rc;
    if (given.accept)
        *tail = &n->no_expect;
    else
        *tail = &n->no_accept;
    if (!given.content_type && t->request.request->body.ptr != NULL)
        *tail = given.accept ? &n->no_content_type_only : &n->no_content_type;
    if (!given.encoding) {
        struct curl_slist *node = arena_new(t->request.arena, struct curl_slist);
        if (node == NULL)
            return error_nomem(err);
        *node = (struct curl_slist){.data = n->accept_encoding, .next = head};
        head = node;
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, head);
    return 0;
}

/* libcurl keeps connections apart by the certificate that they were made with. */
static void set_certificate(struct transfer *t) {
    const struct net_options *o = &t->net->options;
    bool own = t->request.certificate != NULL;
    const char *certificate = own ? t->request.certificate : o->certificate;
    const char *key = own ? t->request.key : o->key;
    if (certificate == t->certificate && key == t->key)
        return;
    curl_easy_setopt(t->easy, CURLOPT_SSLCERT, certificate);
    curl_easy_setopt(t->easy, CURLOPT_SSLKEY, key);
    t->certificate = certificate;
    t->key = key;
}

static bool set_if_changed(CURL *easy, CURLoption option, struct buf *last, struct sv text) {
    if (last->len > 0 && sv_eq(buf_sv(last), text))
        return true;
    buf_clear(last);
    buf_add(last, text);
    return !buf_failed(last) && curl_easy_setopt(easy, option, last->ptr) == CURLE_OK;
}

static int set_url(struct transfer *t, struct error *err) {
    const struct url *o = t->request.origin;
    bool brackets = o->host_is_ipv6 || sv_find_char(o->host, ':') != SIZE_MAX;
    buf_clear(&t->scratch);
    buf_addf(&t->scratch, SV_FMT "://%s" SV_FMT "%s:%u", SV_ARG(o->scheme), brackets ? "[" : "", SV_ARG(o->host),
             brackets ? "]" : "", (unsigned)o->port);
    size_t origin_len = t->scratch.len;
    buf_add_char(&t->scratch, '/');
    if (!set_if_changed(t->easy, CURLOPT_URL, &t->url, buf_sv(&t->scratch)))
        return error_set(err, ERR_USAGE, "the origin " SV_FMT " cannot be used", SV_ARG(sv_slice(o->host, 0, 80)));
    // Behind an HTTP proxy the request line of a plain target carries the whole URL (RFC 9112 3.2.2).
    if (t->net->proxy_absolute_form && sv_eq(o->scheme, SV("http")))
        buf_truncate(&t->scratch, origin_len);
    else
        buf_clear(&t->scratch);
    buf_add(&t->scratch, t->request.request->target);
    if (buf_failed(&t->scratch) || curl_easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, t->scratch.ptr) != CURLE_OK)
        return error_nomem(err);
    return 0;
}

/* Methods whose requests announce a length even when there is nothing (RFC 9110 8.6). */
static bool takes_body(struct sv method) {
    return sv_eq(method, SV("POST")) || sv_eq(method, SV("PUT")) || sv_eq(method, SV("PATCH"));
}

static bool is_safe(struct sv method) {
    return sv_eq(method, SV("GET")) || sv_eq(method, SV("HEAD")) || sv_eq(method, SV("OPTIONS"));
}

/* How long a connection may have been idle to be used again. libcurl repeats a request whose kept-alive connection ended without a byte,
 * whatever its method; so those that change something only take a connection that the server will hardly be closing just now. Four
 * seconds are under the keep-alive time of common servers (5 s). */
static void set_idle_age(struct transfer *t) {
    long seconds = is_safe(t->request.request->method) ? 4 : 1;
    if (seconds != t->idle_age)
        curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN, seconds);
    t->idle_age = seconds;
}

static int set_method(struct transfer *t, struct error *err) {
    const struct request *r = t->request.request;
    set_idle_age(t);
    bool no_body_back = sv_eq(r->method, SV("HEAD"));
    bool has_body = r->body.ptr != NULL || takes_body(r->method);
    if (t->had_nobody && !no_body_back)
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 0L);
    if (has_body) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body.ptr != NULL ? r->body.ptr : "");
    } else if (t->had_body || (t->had_nobody && !no_body_back)) {
        curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    }
    if (no_body_back && !t->had_nobody)
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    t->had_body = has_body;
    t->had_nobody = no_body_back;
    if (!set_if_changed(t->easy, CURLOPT_CUSTOMREQUEST, &t->method, r->method))
        return error_nomem(err);
    return 0;
}

/* Forgets the last answer. */
static void clear_answer(struct transfer *t) {
    buf_clear(&t->head);
    if (t->body.cap > KEPT_BODY_MAX) {
        buf_fini(&t->body);
        buf_init(&t->body, t->net->options.body_cap);
    }
    buf_clear(&t->body);
    t->header_lines = 0;
    t->header_bytes = 0;
    t->head_done = t->body_cut = t->head_cut = t->switched = false;
    t->tls_version = NULL;
    t->connect_started = 0;
    t->error_text[0] = '\0';
}

int transfer_prepare(struct transfer *t, struct error *err) {
    int rc = check_request(t->request.request, err);
    if (rc != 0)
        return rc;
    clear_answer(t);
    set_certificate(t);
    rc = set_url(t, err);
    if (rc == 0)
        rc = set_method(t, err);
    if (rc == 0)
        rc = set_headers(t, err);
    if (rc == 0 && t->pins_generation != t->net->pins_generation) {
        curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->net->resolve);
        t->pins_generation = t->net->pins_generation;
    }
    return rc;
}
