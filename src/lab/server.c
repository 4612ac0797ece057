// SPDX-License-Identifier: Apache-2.0
// libmicrohttpd with a thread for each connection: a route may sleep or fetch something from this same server without stopping others.
#include "lab/lab.h"

#include <arpa/inet.h>
#include <microhttpd.h>

enum { CONNECTIONS_MAX = 400, IDLE_SECONDS = 30, ANSWER_MAX = 8 * 1024 * 1024, ARENA_MAX = 16 * 1024 * 1024 };

// Called with the request line's target, before anything is decoded.
static void *on_target(void *user, const char *target, struct MHD_Connection *connection) {
    struct lab_server *s = user;
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct lab_call *c = arena_new(&arena, struct lab_call);
    if (c == NULL) {
        arena_fini(&arena);
        return NULL;
    }
    c->arena = arena; // it holds the call itself
    c->lab = s->lab;
    c->connection = connection;
    c->status = 200;
    c->type = "application/json";
    buf_init(&c->body, LAB_BODY_MAX);
    buf_init(&c->out, ANSWER_MAX);
    struct sv text = arena_copy_sv(&c->arena, sv_from(target));
    size_t mark = sv_find_char(text, '?');
    c->path = mark == SIZE_MAX ? text : sv_slice(text, 0, mark);
    c->query = mark == SIZE_MAX ? SV_NONE : sv_from_index(text, mark + 1);
    return c;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
    (void)user;
    (void)connection;
    (void)code;
    struct lab_call *c = *state;
    if (c == NULL) return;
    buf_fini(&c->body);
    buf_fini(&c->out);
    struct arena arena = c->arena;
    arena_fini(&arena);
    *state = NULL;
}

static enum MHD_Result send_answer(struct lab_call *c) {
    struct MHD_Response *r = MHD_create_response_from_buffer(c->out.len, c->out.ptr, MHD_RESPMEM_MUST_COPY);
    if (r == NULL) return MHD_NO;
    if (c->type != NULL) (void)MHD_add_response_header(r, "Content-Type", c->type);
    for (size_t i = 0; i < c->header_count; i++) {
        struct sv value = arena_copy_sv(&c->arena, c->headers[i].value);
        if (value.ptr != NULL) (void)MHD_add_response_header(r, c->headers[i].name, value.ptr); // refuses line ends
    }
    enum MHD_Result sent = MHD_queue_response(c->connection, c->status, r);
    MHD_destroy_response(r);
    return sent;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **state) {
    struct lab_server *s = user;
    struct lab_call *c = *state;
    (void)connection;
    (void)url;
    (void)version;
    if (c == NULL || c->path.ptr == NULL) return MHD_NO;
    if (!c->begun) {
        c->begun = true;
        return MHD_YES;
    }
    if (*size > 0) {
        buf_add(&c->body, sv_make(data, *size));
        *size = 0;
        return MHD_YES;
    }
    c->method = sv_from(method);
    if (buf_failed(&c->body)) answer_error(c, 413, SV("The body is too long."));
    else s->answer(c);
    if (buf_failed(&c->out)) answer_error(c, 500, SV("The answer is too long."));
    return send_answer(c);
}

int lab_server_start(struct lab_server *s, uint16_t *port, struct error *err) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, *port, NULL, NULL,
                                 on_request, s, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_THREAD_STACK_SIZE, (size_t)512 * 1024,
                                 MHD_OPTION_END);
    if (s->daemon == NULL)
        return error_set(err, ERR_NETWORK, "127.0.0.1:%u cannot be listened on: %s; choose another --port", (unsigned)*port, strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info != NULL && info->port != 0) *port = info->port;
    return 0;
}

void lab_server_stop(struct lab_server *s) {
    if (s->daemon != NULL) MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
}
