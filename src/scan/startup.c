// SPDX-License-Identifier: Apache-2.0
#include "scan/startup.h"

#include "base/random.h"

enum { STARTUP_CERTIFICATES = 16 }; // as many identities as a scan may have

enum address_class startup_address_class(const struct scan_options *o, const struct names *names) {
    if (o->unix_socket != NULL) return ADDRESS_LOOPBACK;
    enum address_class class = address_classify(o->target.host);
    if (class != ADDRESS_NOT_LITERAL) return class;
    const struct net_addresses *found = &names->ptr[0].pinned;
    if (found->len == 0) return ADDRESS_PUBLIC;
    // The most careful class of all addresses decides how politely we ask.
    class = ADDRESS_LOOPBACK;
    for (size_t i = 0; i < found->len; i++) {
        enum address_class one = address_classify(found->ptr[i]);
        if (one != ADDRESS_LOOPBACK) class = one;
        if (one == ADDRESS_PUBLIC) break;
    }
    return class;
}

int startup_net(const struct scan_options *o, const struct names *names, struct net **ret, struct error *err) {
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
    for (size_t i = 0; i < names->len && r == 0; i++) {
        const struct name_entry *n = &names->ptr[i];
        if (n->pinned.len > 0) r = net_pin(*ret, n->url->host, n->url->port, &n->pinned, err);
    }
    return r;
}

int startup_canary_options(struct arena *a, const struct scan_options *o, const struct names *names, const struct engine_options *eo,
                           struct canary_options *ret, struct error *err) {
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
        if (names->ptr[0].pinned.len == 0) return error_set(err, ERR_NETWORK, "no address for " SV_FMT, SV_ARG(o->target.host));
        address = names->ptr[0].pinned.ptr[0];
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
    const char *other = resume_difference(&ret->scan, o);
    if (other != NULL)
        return error_set(err, ERR_USAGE, "%s was made with another %s; give the same options again (credentials are never kept), or begin a new recording",
                         o->record_dir, other);
    return 0;
}

int startup_sandbox(const struct scan_options *o, struct sandbox_report *ret, struct error *err) {
    struct sandbox_path paths[4 + 2 * STARTUP_CERTIFICATES];
    size_t count = 0;
    for (size_t i = 0; i < o->identity_count && i < STARTUP_CERTIFICATES; i++) {
        const struct principal *p = &o->identities[i];
        if (p->certificate != NULL) paths[count++] = (struct sandbox_path){.path = p->certificate};
        if (p->key != NULL) paths[count++] = (struct sandbox_path){.path = p->key};
    }
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
