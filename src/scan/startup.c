// SPDX-License-Identifier: Apache-2.0
#include "scan/startup.h"

#include "base/log.h"
#include "base/random.h"

enum address_class startup_address_class(const struct scan_options *o) {
    if (o->unix_socket != NULL) return ADDRESS_LOOPBACK;
    enum address_class class = address_classify(o->target.host);
    if (class != ADDRESS_NOT_LITERAL) return class;
    auto_arena a = {0};
    arena_init(&a, (size_t)1024 * 1024);
    struct net_addresses found;
    if (net_resolve(&a, o->target.host, o->target.port, &found, NULL) != 0 || found.len == 0) return ADDRESS_PUBLIC;
    // The most careful class of all addresses decides how politely we ask.
    class = ADDRESS_LOOPBACK;
    for (size_t i = 0; i < found.len; i++) {
        enum address_class one = address_classify(found.ptr[i]);
        if (one != ADDRESS_LOOPBACK) class = one;
        if (one == ADDRESS_PUBLIC) break;
    }
    return class;
}

// A public name that points at link-local addresses points at a metadata service: never in scope by name.
static int pin(struct arena *a, struct net *n, const struct url *u, struct error *err) {
    if (address_classify(u->host) != ADDRESS_NOT_LITERAL) return 0;
    struct net_addresses found;
    struct error local = {0};
    if (net_resolve(a, u->host, u->port, &found, &local) != 0) {
        log_debug("%s", local.text);
        return 0;
    }
    for (size_t i = 0; i < found.len; i++) {
        if (address_classify(found.ptr[i]) == ADDRESS_LINK_LOCAL)
            return error_set(err, ERR_SCOPE, SV_FMT " resolves to the link-local address " SV_FMT "; that is no API. Nothing was sent", SV_ARG(u->host),
                             SV_ARG(found.ptr[i]));
    }
    return net_pin(n, u->host, u->port, &found, err);
}

int startup_net(struct arena *a, const struct scan_options *o, struct net **ret, struct error *err) {
    struct net_options no = {
        .insecure = o->insecure,
        .http2 = true,
        .certificate = o->certificate,
        .key = o->key,
        .ca_file = o->ca_file,
        .proxy = o->proxy,
        .unix_socket = o->unix_socket,
        .user_agent = "plumbline/" PLUMB_VERSION,
    };
    int r = net_new(&no, ret, err);
    if (r != 0 || o->unix_socket != NULL || o->proxy != NULL) return r;
    r = pin(a, *ret, &o->target, err);
    for (size_t i = 0; i < o->allow_origin_count && r == 0; i++) r = pin(a, *ret, &o->allow_origins[i], err);
    return r;
}

int startup_canary_options(struct arena *a, const struct scan_options *o, const struct engine_options *eo, struct canary_options *ret, struct error *err) {
    *ret = (struct canary_options){.scan_id = eo->scan_id, .secret_seed = eo->canary_seed, .port = o->canary_port};
    ret->public_url = o->canary_public_url;
    if (o->canary_host.ptr != NULL) {
        ret->listen_host = o->canary_host;
        return 0;
    }
    if (o->unix_socket != NULL) {
        ret->listen_host = SV("127.0.0.1");
        return 0;
    }
    struct sv address = o->target.host;
    if (address_classify(address) == ADDRESS_NOT_LITERAL) {
        struct net_addresses found;
        int r = net_resolve(a, o->target.host, o->target.port, &found, err);
        if (r != 0) return r;
        if (found.len == 0) return error_set(err, ERR_NETWORK, "no address for " SV_FMT, SV_ARG(o->target.host));
        address = found.ptr[0];
    }
    return canary_local_address(a, address, &ret->listen_host, err);
}

void startup_identity(struct arena *a, const struct scan_options *o, const struct recording *resumed, struct engine_options *ret) {
    if (resumed != NULL) {
        ret->seed = resumed->engine.seed;
        ret->canary_seed = resumed->engine.canary_seed;
        ret->scan_id = resumed->engine.scan_id;
        ret->started_realtime = resumed->engine.started_realtime;
        return;
    }
    ret->seed = o->has_seed ? o->seed : random_seed();
    ret->canary_seed = random_seed();
    ret->started_realtime = clock_realtime();
    char text[25];
    clock_format_utc(ret->started_realtime, text); // 2026-01-02T03:04:05.678Z
    ret->scan_id = arena_printf(a, "%.4s%.2s%.2s-%.2s%.2s%.2s-%06llx", text, text + 5, text + 8, text + 11, text + 14, text + 17,
                                (unsigned long long)(random_seed() & 0xffffff));
}

int startup_resume(struct arena *a, const struct scan_options *o, struct recording *ret, struct error *err) {
    if (o->record_dir == NULL) return error_set(err, ERR_USAGE, "--resume needs the directory of a recording");
    int r = recording_read(a, o->record_dir, ret, err);
    if (r != 0) return r;
    if (!sv_eq(ret->scan.target_text, o->target_text))
        return error_set(err, ERR_USAGE, "%s is a recording of " SV_FMT ", not of " SV_FMT, o->record_dir, SV_ARG(ret->scan.target_text),
                         SV_ARG(o->target_text));
    if (ret->scan.identity_count != o->identity_count)
        return error_set(err, ERR_USAGE, "%s was made with %zu identities; give the same ones again (credentials are never kept)", o->record_dir,
                         ret->scan.identity_count);
    return 0;
}

int startup_sandbox(const struct scan_options *o, struct sandbox_report *ret, struct error *err) {
    struct sandbox_path paths[4];
    size_t count = 0;
    const char *const readable[] = {o->certificate, o->key, o->ca_file};
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        if (readable[i] != NULL) paths[count++] = (struct sandbox_path){.path = readable[i]};
    }
    if (o->record_dir != NULL) paths[count++] = (struct sandbox_path){.path = o->record_dir, .write = true};
    const struct sandbox_rules rules = {.paths = paths, .path_count = count};
    int r = sandbox_enter(&rules, ret, err);
    if (r != 0) error_prefix(err, "cannot restrict this process: ");
    return r;
}
