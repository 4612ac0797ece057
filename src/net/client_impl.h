// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_NET_CLIENT_IMPL_H
#define PLUMB_NET_CLIENT_IMPL_H

// Shared by the files of the HTTP client (client.c, socket.c, transfer.c, result.c, resolve.c) and nobody else.

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "net/client.h"

#define NET_TRANSFERS_MAX 1024u // in flight at once
#define NET_HEADER_LINES_MAX 1000u
#define NET_TICK_MSEC 20u // how exact the time-outs are

// An address without its port.
struct net_ip {
    int family; // AF_INET or AF_INET6
    uint8_t bytes[16];
};

struct net_pin_entry {
    struct sv host;
    uint16_t port;
    struct net_ip *ips;
    size_t ip_count;
    const char *resolve_line; // "host:port:[a],[b]" as CURLOPT_RESOLVE takes it
};

// One descriptor of libcurl under a uv_poll_t. libuv takes a descriptor out of epoll on every uv_poll_stop, so between two requests of a
// kept-alive connection the poll goes on with the same events ("idle") and only a changed wish of libcurl costs a system call.
struct net_socket {
    uv_poll_t poll;
    struct net *net;
    struct net_socket *next_free;
    curl_socket_t fd;
    int events;   // what the poll waits for, 0: stopped
    bool idle;    // libcurl does not want events now
    bool foreign; // not opened by our callback (resolver pipes)
    bool connecting; // libcurl may close it without telling: see net_socket_sweep
};

enum transfer_state {
    TRANSFER_IDLE,
    TRANSFER_ACTIVE,  // in the multi handle
    TRANSFER_PENDING, // never sent: its result is known and waits for the loop
    TRANSFER_DELAYED, // the unix socket's queue was full: tried again with the next tick
};

// One easy handle, used again and again.
struct transfer {
    struct net *net;
    CURL *easy;
    enum transfer_state state;
    struct transfer *next_free;
    struct net_request request;
    const struct net_pin_entry *pin; // NULL: the host is a literal address (`literal`)
    struct net_ip literal;

    // What the easy handle was told last, so that equal settings are not repeated.
    struct buf url;    // CURLOPT_URL
    struct buf method; // CURLOPT_CUSTOMREQUEST
    bool had_body, had_nobody;
    const char *certificate, *key;
    long idle_age; // CURLOPT_MAXAGE_CONN
    unsigned pins_generation;

    struct buf scratch;       // target as a C string
    struct buf head;          // raw field lines of the last header block, status line first
    struct buf body;          // as received, before Content-Encoding is undone
    unsigned header_lines;    // of all blocks, interim answers and trailers included
    size_t header_bytes;      // as above
    bool head_done;           // the final header block is complete
    bool body_cut, head_cut;  // a cap was reached
    bool switched;            // 101: HTTP ends here
    const char *tls_version;  // static text of OpenSSL, NULL on plain HTTP

    uint64_t serial;        // number of the request in this client
    usec_t started;         // net_send
    usec_t connect_started; // first socket of this transfer, 0 when none was opened
    curl_socket_t newest_socket; // that this transfer opened; of use while connect_started is not 0
    char error_text[CURL_ERROR_SIZE];
};

struct net {
    struct arena arena; // lives as long as the client; holds the client itself
    struct net_options options;
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t curl_timer, tick;
    uv_check_t check;

    VEC_OF(struct net_pin_entry *) pins;
    struct curl_slist *resolve; // all pins
    unsigned pins_generation;
    struct net_ip *proxy_ips;
    size_t proxy_ip_count;
    bool proxy_absolute_form; // requests to http:// targets go to the proxy as absolute URLs

    VEC_OF(struct transfer *) transfers;
    struct transfer *free_transfers;
    struct net_socket **sockets; // by descriptor
    size_t socket_slots;
    struct net_socket *free_sockets;
    unsigned connecting; // sockets with that mark
    // Ends of the header list: "Content-Type:", "Accept:", "Expect:" take away what libcurl adds by itself. no_content_type leads to
    // no_accept and no_expect, no_content_type_only to no_expect.
    struct curl_slist no_content_type, no_content_type_only, no_accept, no_expect;
    char *accept_encoding; // our field line
    struct buf decoded; // scratch of content decoding

    struct tls_probe *tls_probes; // under way (tls_probe.c)
    unsigned in_flight;           // both kinds
    bool in_dispatch;     // inside net_settle or a loop callback: timers are applied at its end
    bool timeout_changed; // curl_timeout is new
    long curl_timeout;    // ms, -1: none
    uint64_t next_serial;
    uint64_t cancel_before; // net_cancel_all: serials below this one are to end
    bool closing;
    bool curl_global; // curl_global_init succeeded
};

// socket.c
int net_socket_setup(struct net *n, struct error *err) MUST_USE;
void net_socket_easy_setup(struct transfer *t);
void net_socket_close_all(struct net *n);
// Forgets sockets that libcurl closed by itself. Before the loop polls again: libuv ends the program over a closed descriptor.
void net_socket_sweep(struct net *n);

// client.c
void net_settle(struct net *n); // takes finished transfers, starts new ones, applies libcurl's timer

// transfer.c
int transfer_new(struct net *n, struct transfer **ret, struct error *err) MUST_USE;
int transfer_prepare(struct transfer *t, struct error *err) MUST_USE;
void transfer_free(struct transfer *t);

// result.c
void transfer_result(struct transfer *t, CURLcode code, struct net_result *ret);
// For ends that libcurl did not make: time-outs, cancellation, scope.
enum transfer_end { END_CONNECT_TIMEOUT, END_FIRST_BYTE_TIMEOUT, END_TOTAL_TIMEOUT, END_CANCELLED, END_NOT_PINNED };
void transfer_result_end(struct transfer *t, enum transfer_end end, struct net_result *ret);

// resolve.c
bool net_ip_parse(struct sv text, struct net_ip *ret);
bool net_ip_matches(const struct net_ip *ip, const struct sockaddr *address);
const struct net_pin_entry *net_pin_find(const struct net *n, struct sv host, uint16_t port);
int net_proxy_setup(struct net *n, struct error *err) MUST_USE;
bool net_address_allowed(const struct transfer *t, const struct sockaddr *address);

#endif
