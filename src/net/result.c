// SPDX-License-Identifier: Apache-2.0
#include "net/client_impl.h"

#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/numbers.h"
#include "http/header.h"
#include "net/decode.h"

/* "127.0.0.1:8080", with brackets around IPv6. */
static struct sv place(const struct transfer *t) {
    const struct url *o = t->request.origin;
    bool brackets = o->host_is_ipv6 || sv_find_char(o->host, ':') != SIZE_MAX;
    return arena_printf(t->request.arena, "%s" SV_FMT "%s:%u", brackets ? "[" : "", SV_ARG(o->host), brackets ? "]" : "",
                        (unsigned)o->port);
}

#define DETAIL(t, ...) arena_printf((t)->request.arena, __VA_ARGS__)

static bool says(const struct transfer *t, const char *part) {
    return strstr(t->error_text, part) != NULL;
}

/* Next line without its end; obsolete folding is left to the caller. */
static bool next_line(struct sv *rest, struct sv *ret) {
    if (rest->len == 0)
        return false;
    size_t end = sv_find_char(*rest, '\n');
    struct sv line = sv_slice(*rest, 0, end);
    *rest = end == SIZE_MAX ? SV_NONE : sv_from_index(*rest, end + 1);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    *ret = line;
    return true;
}

static unsigned digit(char c) {
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : 0;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200 ". */
static void parse_status_line(struct sv line, struct response *ret) {
    struct sv rest = line, version, status;
    if (!sv_split(&rest, ' ', &version) || version.len < 6)
        return;
    ret->http_major = (uint8_t)digit(version.ptr[5]);
    ret->http_minor = version.len >= 8 ? (uint8_t)digit(version.ptr[7]) : 0;
    if (sv_split(&rest, ' ', &status) && status.len == 3)
        ret->status = (uint16_t)(digit(status.ptr[0]) * 100 + digit(status.ptr[1]) * 10 + digit(status.ptr[2]));
    ret->reason = rest.ptr != NULL ? sv_trim(rest) : SV_NONE;
}

/* Joins a folded line to the value before it (RFC 9112 5.2). False when out of memory. */
static bool unfold(struct arena *a, struct header_list *list, struct sv line) {
    if (list->len == 0)
        return true;
    struct header *last = &list->ptr[list->len - 1];
    struct sv joined = arena_printf(a, SV_FMT " " SV_FMT, SV_ARG(last->value), SV_ARG(sv_trim(line)));
    if (joined.ptr == NULL)
        return false;
    last->value = joined;
    return true;
}

/* Field lines of the last block; one allocation for the text and one for the list. */
static bool parse_head(struct transfer *t, struct response *ret) {
    struct arena *a = t->request.arena;
    struct sv rest = arena_copy_sv(a, buf_sv(&t->head)), line;
    struct header_list list = {.cap = t->header_lines};
    if (rest.ptr == NULL || !next_line(&rest, &line))
        return false;
    parse_status_line(line, ret);
    list.ptr = arena_new_array(a, struct header, list.cap);
    if (list.ptr == NULL)
        return false;
    while (list.len < list.cap && next_line(&rest, &line)) {
        if (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
            if (!unfold(a, &list, line))
                return false;
            continue;
        }
        size_t colon = sv_find_char(line, ':');
        if (colon == SIZE_MAX || colon == 0)
            continue;
        list.ptr[list.len++] = (struct header){.name = sv_trim(sv_slice(line, 0, colon)),
                                               .value = sv_trim(sv_from_index(line, colon + 1))};
    }
    ret->headers = list;
    return true;
}

static bool set_body(struct transfer *t, struct response *ret) {
    struct net *n = t->net;
    struct sv body = buf_sv(&t->body);
    struct sv coding = header_find(&ret->headers, SV("Content-Encoding"));
    if (t->body_cut)
        ret->flags |= RESPONSE_BODY_CUT;
    if (coding.len > 0 && body.len > 0) {
        switch (decode_content(coding, body, &n->decoded)) {
        case DECODE_CUT:
            ret->flags |= RESPONSE_BODY_CUT;
            body = buf_sv(&n->decoded);
            break;
        case DECODE_PARTIAL:
            if (!t->body_cut)
                ret->flags |= RESPONSE_INCOMPLETE;
            body = buf_sv(&n->decoded);
            break;
        case DECODE_DONE:
            body = buf_sv(&n->decoded);
            break;
        case DECODE_BAD:
            ret->flags |= RESPONSE_BAD_ENCODING;
            break;
        case DECODE_PLAIN:
            break;
        }
    }
    ret->body = arena_copy_sv(t->request.arena, body);
    if (n->decoded.cap > (size_t)256 << 10) {
        buf_fini(&n->decoded);
        buf_init(&n->decoded, n->options.body_cap);
    }
    return ret->body.ptr != NULL;
}

static void set_times(const struct transfer *t, struct response *ret) {
    curl_off_t sent = 0, first = 0, total = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total);
    if (total == 0) // ended by us: libcurl has not summed up
        total = (curl_off_t)(clock_monotonic() - t->started);
    ret->first_byte = first > sent ? (usec_t)(first - sent) : 0;
    ret->total = total > sent ? (usec_t)(total - sent) : 0;
    if (ret->total < ret->first_byte)
        ret->total = ret->first_byte;
}

/* The whole answer, or what there is of it. False when memory ran out. */
static bool answer(struct transfer *t, uint32_t flags, struct net_result *ret) {
    struct response r = {.flags = flags};
    if (t->head_cut)
        r.flags |= RESPONSE_HEADERS_CUT;
    set_times(t, &r);
    if (!parse_head(t, &r) || !set_body(t, &r)) {
        ret->outcome = OUTCOME_PROTOCOL;
        ret->detail = SV("the answer is larger than the memory that is left for it");
        return false;
    }
    ret->outcome = OUTCOME_DONE;
    ret->response = r;
    return true;
}

static void common(struct transfer *t, struct net_result *ret) {
    char *address = NULL;
    curl_off_t body = 0;
    *ret = (struct net_result){.outcome = OUTCOME_PROTOCOL};
    curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    if (address != NULL && address[0] != '\0')
        ret->peer_address = arena_copy_sv(t->request.arena, sv_from(address));
    ret->bytes_received = t->header_bytes + (body > 0 ? (size_t)body : 0);
    ret->tls_version = sv_from(t->tls_version);
}

static void set_end(struct net_result *ret, enum outcome outcome, struct sv detail) {
    ret->outcome = outcome;
    ret->detail = detail;
}

static void connect_failed(struct transfer *t, struct net_result *ret) {
    struct sv at = place(t);
    long number = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    if (t->net->options.unix_socket != NULL)
        set_end(ret, OUTCOME_REFUSED_CONNECTION,
                DETAIL(t, "nobody listens on the socket %.100s (%s)", t->net->options.unix_socket, strerror((int)number)));
    else if (t->net->options.proxy != NULL)
        set_end(ret, OUTCOME_REFUSED_CONNECTION,
                DETAIL(t, "the proxy %.100s could not be reached: %s", t->net->options.proxy, strerror((int)number)));
    else if (number == ECONNREFUSED)
        set_end(ret, OUTCOME_REFUSED_CONNECTION,
                DETAIL(t, "connection refused by " SV_FMT ": is the service running, and is the port right?", SV_ARG(at)));
    else if (number == ETIMEDOUT)
        set_end(ret, OUTCOME_TIMEOUT, DETAIL(t, SV_FMT " does not answer: the connection timed out", SV_ARG(at)));
    else
        set_end(ret, OUTCOME_REFUSED_CONNECTION,
                DETAIL(t, "no connection to " SV_FMT ": %s: check the address and the way to it", SV_ARG(at),
                       number != 0 ? strerror((int)number) : t->error_text));
}

static void certificate_failed(struct transfer *t, struct net_result *ret) {
    struct sv at = place(t);
    long verdict = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    const char *why = X509_verify_cert_error_string(verdict);
    if (verdict == X509_V_OK || says(t, "subject name"))
        why = "it was issued for another name";
    else if (verdict == X509_V_ERR_CERT_HAS_EXPIRED)
        why = "it has expired";
    else if (verdict == X509_V_ERR_CERT_NOT_YET_VALID)
        why = "it is not valid yet";
    else if (verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
        why = "it is self-signed";
    else if (verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
        why = "its issuer is not among the trusted authorities";
    set_end(ret, OUTCOME_TLS,
            DETAIL(t, "the certificate of " SV_FMT " is not accepted: %s; --insecure scans it all the same", SV_ARG(at), why));
}

static void tls_failed(struct transfer *t, struct net_result *ret) {
    struct sv at = place(t);
    if (says(t, "wrong version number") || says(t, "http request") || says(t, "packet length too long") ||
        says(t, "record layer failure"))
        set_end(ret, OUTCOME_TLS, DETAIL(t, SV_FMT " does not speak TLS on this port: use http:// instead of https://", SV_ARG(at)));
    else if (says(t, "certificate required") || says(t, "bad certificate") || says(t, "handshake failure"))
        set_end(ret, OUTCOME_TLS,
                DETAIL(t, SV_FMT " refused the TLS handshake (%s): it may ask for a client certificate (--cert)", SV_ARG(at), t->error_text));
    else if (says(t, "SSL_ERROR_SYSCALL") || says(t, "reset by peer"))
        set_end(ret, OUTCOME_TLS,
                DETAIL(t, SV_FMT " ended the connection during the TLS handshake: if it speaks plain HTTP, use http://", SV_ARG(at)));
    else
        set_end(ret, OUTCOME_TLS, DETAIL(t, "the TLS handshake with " SV_FMT " failed: %s", SV_ARG(at), t->error_text));
}

static void connection_ended(struct transfer *t, CURLcode code, struct net_result *ret) {
    struct sv at = place(t);
    bool https = sv_eq(t->request.origin->scheme, SV("https"));
    if (says(t, "CONNECT tunnel failed") || says(t, "after CONNECT"))
        set_end(ret, OUTCOME_REFUSED_CONNECTION, DETAIL(t, "the proxy refused the way to " SV_FMT ": %s", SV_ARG(at), t->error_text));
    else if (says(t, "alert"))
        tls_failed(t, ret);
    else if (t->header_bytes == 0)
        set_end(ret, OUTCOME_CLOSED,
                DETAIL(t, SV_FMT " closed the connection without an answer; %s", SV_ARG(at),
                       https ? "it may ask for a client certificate (--cert)" : "if it speaks TLS, use https://"));
    else
        set_end(ret, OUTCOME_CLOSED,
                DETAIL(t, SV_FMT " ended the connection before a whole answer (%s)", SV_ARG(at),
                       t->error_text[0] != '\0' ? t->error_text : curl_easy_strerror(code)));
}

static void not_http(struct transfer *t, CURLcode code, struct net_result *ret) {
    struct sv at = place(t);
    bool https = sv_eq(t->request.origin->scheme, SV("https"));
    if (code == CURLE_UNSUPPORTED_PROTOCOL)
        set_end(ret, OUTCOME_PROTOCOL,
                DETAIL(t, "what " SV_FMT " sent is not HTTP%s", SV_ARG(at), https ? "" : "; if it speaks TLS, use https://"));
    else
        set_end(ret, OUTCOME_PROTOCOL,
                DETAIL(t, SV_FMT " broke the rules of HTTP: %s", SV_ARG(at),
                       t->error_text[0] != '\0' ? t->error_text : curl_easy_strerror(code)));
}

/* Ends without a usable answer. */
static void failed(struct transfer *t, CURLcode code, struct net_result *ret) {
    struct sv at = place(t);
    switch ((int)code) {
    case CURLE_COULDNT_CONNECT:
        connect_failed(t, ret);
        return;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        set_end(ret, OUTCOME_UNRESOLVED, DETAIL(t, "no usable address for " SV_FMT, SV_ARG(at)));
        return;
    case CURLE_OPERATION_TIMEDOUT:
        set_end(ret, OUTCOME_TIMEOUT, DETAIL(t, SV_FMT " did not answer in time", SV_ARG(at)));
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
        certificate_failed(t, ret);
        return;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CLIENTCERT:
        tls_failed(t, ret);
        return;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        connection_ended(t, code, ret);
        return;
    default:
        not_http(t, code, ret);
        return;
    }
}

/* Endings after which what came is an answer, though not a whole one. */
static bool is_cut_short(CURLcode code) {
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
           code == CURLE_HTTP2_STREAM || code == CURLE_HTTP2 || code == CURLE_GOT_NOTHING || code == CURLE_WEIRD_SERVER_REPLY ||
           code == CURLE_BAD_CONTENT_ENCODING;
}

static void cut_head(struct transfer *t, CURLcode code, struct net_result *ret) {
    // Of an interim answer nothing can be made; of a final one that goes on and on, its first lines.
    struct response r = {0};
    struct sv rest = buf_sv(&t->head), line;
    if (next_line(&rest, &line))
        parse_status_line(line, &r);
    t->head_cut = true;
    if (r.status >= 200) {
        answer(t, 0, ret);
        return;
    }
    if (code == CURLE_WRITE_ERROR)
        set_end(ret, OUTCOME_PROTOCOL,
                DETAIL(t, SV_FMT " sends interim answers without end", SV_ARG(place(t))));
    else
        not_http(t, code, ret);
}

/* A length that is no number leaves the answer without an end (RFC 9112 6.3: an unrecoverable error), and so does a first chunk without size. */
static bool framing_is_broken(const struct transfer *t) {
    if (t->body.len == 0 && says(t, "hexadecimal"))
        return true;
    struct sv rest = buf_sv(&t->head), line;
    while (next_line(&rest, &line)) {
        uint64_t length;
        if (!sv_starts_with_nocase(line, SV("Content-Length:")))
            continue;
        struct sv value = sv_trim(sv_from_index(line, sizeof "Content-Length:" - 1));
        if (number_parse_u64(value, &length) != 0 || length > INT64_MAX)
            return sv_find_char(value, ',') == SIZE_MAX; // the same length named twice is legal
    }
    return false;
}

// An answer that can be used, whole or cut by our own limits on body and trailers.
static bool is_answer(const struct transfer *t, CURLcode code) {
    return code == CURLE_OK || t->switched || (t->head_done && (t->body_cut || t->head_cut));
}

void transfer_result(struct transfer *t, CURLcode code, struct net_result *ret) {
    common(t, ret);
    if (code == CURLE_OK && !t->head_done)
        code = CURLE_GOT_NOTHING; // libcurl takes a head that ends in the middle for the end of an answer
    if (t->head_done && !t->switched && framing_is_broken(t))
        set_end(ret, OUTCOME_PROTOCOL, DETAIL(t, SV_FMT " broke the rules of HTTP: the answer's length cannot be read", SV_ARG(place(t))));
    else if (is_answer(t, code))
        answer(t, 0, ret);
    else if (t->head_cut || (code == CURLE_OUT_OF_MEMORY && t->head.len > 0 && !t->head_done))
        cut_head(t, code, ret); // libcurl calls a single line over 100 KiB "out of memory"
    else if (t->head_done && is_cut_short(code))
        answer(t, RESPONSE_INCOMPLETE, ret);
    else
        failed(t, code, ret);
}

static double seconds(usec_t time) {
    return (double)time / (double)USEC_PER_SEC;
}

static bool is_connected(const struct transfer *t) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return t->connect_started != 0 && getpeername(t->newest_socket, (struct sockaddr *)&peer, &size) == 0;
}

static void connect_timed_out(struct transfer *t, struct net_result *ret) {
    const struct net_options *o = &t->net->options;
    struct sv at = place(t);
    if (o->unix_socket != NULL)
        set_end(ret, OUTCOME_TIMEOUT,
                DETAIL(t, "the queue of the socket %.100s stayed full for %.1f s: is the service accepting connections?", o->unix_socket,
                       seconds(o->connect_timeout)));
    else if (is_connected(t) && sv_eq(t->request.origin->scheme, SV("https")))
        set_end(ret, OUTCOME_TIMEOUT,
                DETAIL(t, SV_FMT " took the connection and did not answer the TLS handshake within %.1f s: if it speaks plain HTTP, use http://",
                       SV_ARG(at), seconds(o->connect_timeout)));
    else
        set_end(ret, OUTCOME_TIMEOUT,
                DETAIL(t, "no connection to " SV_FMT " within %.1f s: check the address and the port; a firewall may drop the packets", SV_ARG(at),
                       seconds(o->connect_timeout)));
}

void transfer_result_end(struct transfer *t, enum transfer_end end, struct net_result *ret) {
    const struct net_options *o = &t->net->options;
    struct sv at = place(t);
    usec_t total = t->request.total_timeout != 0 ? t->request.total_timeout : o->total_timeout;
    common(t, ret);
    switch (end) {
    case END_CONNECT_TIMEOUT:
        connect_timed_out(t, ret);
        return;
    case END_FIRST_BYTE_TIMEOUT:
        set_end(ret, OUTCOME_TIMEOUT,
                DETAIL(t, SV_FMT " took the request and sent nothing for %.1f s", SV_ARG(at), seconds(o->first_byte_timeout)));
        return;
    case END_TOTAL_TIMEOUT:
        if (t->head_done && answer(t, RESPONSE_INCOMPLETE, ret))
            ret->detail = DETAIL(t, SV_FMT " was still sending after %.1f s", SV_ARG(at), seconds(total));
        else
            set_end(ret, OUTCOME_TIMEOUT, DETAIL(t, SV_FMT " gave no whole answer within %.1f s", SV_ARG(at), seconds(total)));
        return;
    case END_CANCELLED:
        set_end(ret, OUTCOME_BUDGET, SV("cancelled"));
        return;
    case END_NOT_PINNED:
        set_end(ret, OUTCOME_OUT_OF_SCOPE,
                DETAIL(t, SV_FMT " is not among the addresses that may be contacted", SV_ARG(at)));
        return;
    }
}
