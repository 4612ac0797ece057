// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_LAB_LAB_H
#define PLUMB_LAB_LAB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sv.h"

// plumb-lab: the API of a bicycle workshop with planted flaws, and with `fixed` the same routes without them. It listens on 127.0.0.1
// and nowhere else, and what it fetches for callers comes from loopback and from its own metadata service only.

enum { LAB_LIMITS_MAX = 64, LAB_HEADERS_MAX = 12, LAB_ARGUMENTS_MAX = 2, LAB_BODY_MAX = 64 * 1024 };

// One window of one caller at one route.
struct lab_limit {
    uint64_t key; // 0: free
    usec_t since;
    unsigned count;
};

struct lab {
    bool fixed;
    uint16_t port, metadata_port; // of 127.0.0.1, host byte order
    usec_t started;               // monotonic
    atomic_uint_fast64_t calls;
    pthread_mutex_t lock; // guards limits
    struct lab_limit limits[LAB_LIMITS_MAX];
};

struct lab_header {
    const char *name;
    struct sv value;
};

struct MHD_Connection;

// One request and the answer that is being made of it. Belongs to one thread.
struct lab_call {
    struct lab *lab;
    struct MHD_Connection *connection;
    struct arena arena;
    struct sv method;
    struct sv path, query;                     // as sent; query SV_NONE when there was none
    struct sv arguments[LAB_ARGUMENTS_MAX];    // what stood in the place of {…} in the route, decoded
    struct buf body;                           // of the request, cut at LAB_BODY_MAX
    bool begun;
    unsigned status; // of the answer; 200 to begin with
    const char *type;
    struct buf out;
    struct lab_header headers[LAB_HEADERS_MAX];
    size_t header_count;
};

struct lab_user {
    struct sv id, name, email, tenant, role, token;
};

struct lab_route {
    const char *method;
    const char *path; // segments; {x} is any one segment, {*} at the end is all the rest
    void (*answer)(struct lab_call *c);
};

struct lab_routes {
    const struct lab_route *list;
    size_t count;
};
extern const struct lab_routes lab_routes_input, lab_routes_cors, lab_routes_fetching, lab_routes_access, lab_routes_exposure, lab_routes_limits,
    lab_routes_service, lab_routes_traps;

// Finds the route and lets it answer; 404 and 405 are made here.
void lab_answer(struct lab_call *c);
// The tree of the instance metadata service and of the container agent, by the host that was asked.
void lab_answer_metadata(struct lab_call *c);

// -- server.c ---------------------------------------------------------------------------------------------------------------

struct lab_server {
    struct lab *lab;
    void (*answer)(struct lab_call *c);
    struct MHD_Daemon *daemon;
};
// Listens on 127.0.0.1, port 0 takes a free one; *port is set to it.
int lab_server_start(struct lab_server *s, uint16_t *port, struct error *err) MUST_USE;
void lab_server_stop(struct lab_server *s);

// -- call.c -----------------------------------------------------------------------------------------------------------------

// Decoded value of a query parameter; SV_NONE when absent.
struct sv call_query(struct lab_call *c, const char *name);
struct sv call_header(const struct lab_call *c, const char *name);
// Member of a JSON body, when it is a text; SV_NONE when absent.
struct sv call_body_text(struct lab_call *c, const char *name);
// By bearer token; NULL for anybody else.
const struct lab_user *call_user(const struct lab_call *c);
// 401 and false unless a known user asks.
bool call_demands_user(struct lab_call *c);
bool call_demands_admin(struct lab_call *c);
uint64_t call_random(const struct lab_call *c);

// At most LAB_HEADERS_MAX. `value` must live as long as the call.
void answer_header(struct lab_call *c, const char *name, struct sv value);
void answer_status(struct lab_call *c, unsigned status, const char *type);
// {"error": "…"}
void answer_error(struct lab_call *c, unsigned status, struct sv text);
void answer_add(struct lab_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
// "key":"value" with the value escaped.
void answer_member(struct lab_call *c, const char *key, struct sv value);
void answer_array_end(struct lab_call *c); // cuts a comma at the end and closes the list

// Counts a call of `who` at `what`; false when there were more than `most` in the window. *ret_left and *ret_wait (seconds) say what remains.
bool limit_take(struct lab *lab, struct sv what, struct sv who, unsigned most, unsigned seconds, unsigned *ret_left, unsigned *ret_wait);

#endif
