// SPDX-License-Identifier: Apache-2.0
#include "cli/scan_args.h"

#include <sys/stat.h>

#include "base/numbers.h"
#include "base/vec.h"
#include "checks/check.h"
#include "cli/files.h"

#define SHOWN(text) SV_ARG(sv_slice((text), 0, 80))

// -- target --------------------------------------------------------------------------------------------------------------------------

static int explain_scheme(struct sv text, struct error *err) {
    size_t colon = sv_find(text, SV("://"));
    if (colon != SIZE_MAX)
        return error_set(err, ERR_USAGE, "only http:// and https:// can be scanned, not " SV_FMT, SHOWN(text));
    return error_set(err, ERR_USAGE, SV_FMT " has no scheme; write http://" SV_FMT " or https://" SV_FMT, SHOWN(text), SHOWN(text), SHOWN(text));
}

static int read_url(struct arena *a, const char *what, struct sv text, struct url *ret, struct error *err) {
    if (!sv_starts_with_nocase(text, SV("http://")) && !sv_starts_with_nocase(text, SV("https://"))) {
        int r = explain_scheme(text, err);
        error_prefix(err, "%s: ", what);
        return r;
    }
    if (url_parse(a, text, ret, err) != 0) {
        error_prefix(err, "%s: ", what);
        return ERR_USAGE;
    }
    if (ret->userinfo.ptr != NULL)
        return error_set(err, ERR_USAGE, "%s: a name and password in the URL would stand in every report; use --as-file instead", what);
    return 0;
}

static int read_target(struct arena *a, struct sv target, struct scan_options *o, struct error *err) {
    struct sv text = sv_trim(target);
    int r = read_url(a, "URL", text, &o->target, err);
    size_t hash = sv_find_char(text, '#');
    o->target_text = hash == SIZE_MAX ? text : sv_slice(text, 0, hash); // a fragment never leaves the client (RFC 9110 4.2.5)
    return r;
}

static int read_origins(struct arena *a, const struct invocation *in, struct scan_options *o, struct error *err) {
    size_t count;
    struct sv *texts = options_values(a, in, OPTION_ALLOW_ORIGIN, &count);
    struct url *list = arena_new_array(a, struct url, count + 1);
    if (texts == NULL || list == NULL) return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        int r = read_url(a, "--allow-origin", texts[i], &list[i], err);
        if (r != 0) return r;
        if (list[i].query.ptr != NULL || !sv_eq(list[i].path, SV("/")))
            return error_set(err, ERR_USAGE, "--allow-origin: an origin has no path; write " SV_FMT, SV_ARG(url_origin(a, &list[i])));
    }
    o->allow_origins = list;
    o->allow_origin_count = count;
    return 0;
}

// -- patterns and lists --------------------------------------------------------------------------------------------------------------

static bool is_method(struct sv s) {
    if (sv_eq(s, SV("*"))) return true;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-')) return false;
    }
    return s.len > 0;
}

static struct sv upper(struct arena *a, struct sv s) {
    char *text = arena_alloc(a, s.len + 1);
    if (text == NULL) return SV_NONE;
    for (size_t i = 0; i < s.len; i++) text[i] = s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? (char)(s.ptr[i] - 'a' + 'A') : s.ptr[i];
    return sv_make(text, s.len);
}

static int read_pattern(struct arena *a, const char *name, struct sv text, struct operation_pattern *ret, struct error *err) {
    struct sv rest = sv_trim(text), method = SV("");
    size_t blank = sv_find_char(rest, ' ');
    if (blank != SIZE_MAX) {
        method = sv_slice(rest, 0, blank);
        rest = sv_trim(sv_from_index(rest, blank));
        if (!is_method(method))
            return error_set(err, ERR_USAGE, "--%s: " SV_FMT " is no method; write for example 'GET /members/*'", name, SHOWN(method));
        method = upper(a, method);
        if (method.ptr == NULL) return error_nomem(err);
    }
    if (!sv_starts_with(rest, SV("/")) && !sv_starts_with(rest, SV("*")))
        return error_set(err, ERR_USAGE, "--%s: the path of a pattern begins with /; write for example 'GET /members/*', not '" SV_FMT "'", name, SHOWN(text));
    *ret = (struct operation_pattern){method, rest};
    return 0;
}

static int read_patterns(struct arena *a, const struct invocation *in, enum option_id id, const char *name, const struct operation_pattern **ret,
                         size_t *ret_count, struct error *err) {
    struct sv *texts = options_values(a, in, id, ret_count);
    if (texts == NULL) return error_nomem(err);
    struct operation_pattern *list = arena_new_array(a, struct operation_pattern, *ret_count + 1);
    if (list == NULL) return error_nomem(err);
    for (size_t i = 0; i < *ret_count; i++) {
        int r = read_pattern(a, name, texts[i], &list[i], err);
        if (r != 0) return r;
    }
    *ret = list;
    return 0;
}

static int read_all_patterns(struct arena *a, const struct invocation *in, struct scan_options *o, struct error *err) {
    int r = read_patterns(a, in, OPTION_INCLUDE, "include", &o->include, &o->include_count, err);
    if (r == 0) r = read_patterns(a, in, OPTION_EXCLUDE, "exclude", &o->exclude, &o->exclude_count, err);
    if (r == 0) r = read_patterns(a, in, OPTION_READ_ONLY_POST, "read-only-post", &o->read_only_post, &o->read_only_post_count, err);
    if (r == 0) r = read_patterns(a, in, OPTION_ALLOW_WRITE, "allow-write", &o->allow_write, &o->allow_write_count, err);
    if (r == 0) r = read_patterns(a, in, OPTION_ALLOW_DELETE, "allow-delete", &o->allow_delete, &o->allow_delete_count, err);
    if (r == 0 && o->mode != MODE_ACTIVE && o->allow_write_count + o->allow_delete_count > 0)
        return error_set(err, ERR_USAGE, "--allow-write and --allow-delete have a meaning in active mode only; add --mode active or leave them out");
    return r;
}

// Whoever asks for writes says where: by a description, or by name.
static int check_active(const struct invocation *in, const struct scan_options *o, struct error *err) {
    if (o->mode != MODE_ACTIVE || options_has(in, OPTION_SPEC) || o->allow_write_count > 0) return 0;
    return error_set(err, ERR_USAGE, "--mode active writes only where it knows what it does: add --spec FILE|URL, or name the operations with --allow-write 'METHOD PATTERN'");
}

static bool is_category(struct sv name) {
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        if (sv_eq(name, sv_from(category_infos[i].key))) return true;
    }
    return false;
}

static int refuse_check(struct arena *a, const char *option, struct sv name, struct error *err) {
    size_t count = 0;
    const char **words = arena_alloc_array(a, check_registry_count + CATEGORY_COUNT, sizeof *words);
    if (words == NULL) return error_nomem(err);
    for (size_t i = 0; i < check_registry_count; i++) words[count++] = check_registry[i]->id;
    for (size_t i = 0; i < CATEGORY_COUNT; i++) words[count++] = category_infos[i].key;
    const char *near = options_nearest(name, words, count);
    if (near != NULL) return error_set(err, ERR_USAGE, "--%s: no check or category " SV_FMT "; did you mean %s?", option, SHOWN(name), near);
    return error_set(err, ERR_USAGE, "--%s: no check or category '" SV_FMT "'; 'plumb checks' lists them", option, SHOWN(name));
}

struct name_list {
    struct sv *ptr;
    size_t len, cap;
};

static int read_checks(struct arena *a, const struct invocation *in, enum option_id id, const char *option, const struct sv **ret, size_t *ret_count,
                       struct error *err) {
    size_t count;
    struct name_list list = {0};
    struct sv *texts = options_values(a, in, id, &count), name;
    if (texts == NULL) return error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct sv rest = texts[i];
        while (sv_split(&rest, ',', &name)) {
            name = sv_trim(name);
            if (name.len == 0) continue;
            if (check_find(name) == NULL && !is_category(name)) return refuse_check(a, option, name, err);
            if (!VEC_PUSH(a, &list, name)) return error_nomem(err);
        }
    }
    *ret = list.ptr;
    *ret_count = list.len;
    return 0;
}

// -- how -----------------------------------------------------------------------------------------------------------------------------

static int read_mode(const struct invocation *in, struct scan_options *o, struct error *err) {
    struct sv mode = options_value(in, OPTION_MODE);
    if (mode.ptr == NULL || sv_eq(mode, SV("safe"))) o->mode = MODE_SAFE;
    else if (sv_eq(mode, SV("passive"))) o->mode = MODE_PASSIVE;
    else if (sv_eq(mode, SV("active"))) o->mode = MODE_ACTIVE;
    else return error_set(err, ERR_USAGE, "--mode is passive, safe or active, not " SV_FMT, SHOWN(mode));
    return 0;
}

static int read_budget(const struct invocation *in, struct scan_options *o, struct error *err) {
    struct sv text = options_value(in, OPTION_BUDGET);
    if (text.ptr == NULL) return 0;
    uint64_t n;
    if (number_parse_u64_range(text, 1, 100000000, &n) == 0) o->budget_requests = (unsigned)n;
    else if (number_parse_duration(text, &o->budget_time) != 0 || o->budget_time == 0)
        return error_set(err, ERR_USAGE, "--budget: " SV_FMT " is neither a number of requests nor a time; write 500, 30s or 5m", SHOWN(text));
    o->budget_text = text;
    return 0;
}

static int read_numbers(const struct invocation *in, struct scan_options *o, struct error *err) {
    struct sv rate = options_value(in, OPTION_RATE), seed = options_value(in, OPTION_SEED);
    if (rate.ptr != NULL && (number_parse_double(rate, &o->rate) != 0 || !(o->rate >= 0.01 && o->rate <= 1e6)))
        return error_set(err, ERR_USAGE, "--rate: " SV_FMT " is no number of requests a second between 0.01 and 1000000; write for example --rate 20", SHOWN(rate));
    if (seed.ptr != NULL && number_parse_u64(seed, &o->seed) != 0)
        return error_set(err, ERR_USAGE, "--seed: " SV_FMT " is no number from 0 to 18446744073709551615", SHOWN(seed));
    o->has_seed = seed.ptr != NULL;
    struct sv lockout = options_value(in, OPTION_LOCKOUT_BUDGET);
    uint64_t tries = 5;
    if (lockout.ptr != NULL && number_parse_u64_range(lockout, 0, 1000, &tries) != 0)
        return error_set(err, ERR_USAGE, "--lockout-budget: " SV_FMT " is no number from 0 to 1000", SHOWN(lockout));
    o->lockout_budget = (unsigned)tries;
    return read_budget(in, o, err);
}

// HOST:PORT[=URL], the host of IPv6 in brackets.
static int read_canary(struct arena *a, const struct invocation *in, struct scan_options *o, struct error *err) {
    struct sv text = options_value(in, OPTION_CANARY);
    o->no_canary = options_has(in, OPTION_NO_CANARY);
    if (text.ptr == NULL) return 0;
    if (o->no_canary) return error_set(err, ERR_USAGE, "--canary and --no-canary contradict each other; leave one out");
    size_t equals = sv_find_char(text, '=');
    struct sv address = sv_slice(text, 0, equals);
    if (equals != SIZE_MAX) {
        struct url u;
        int r = read_url(a, "--canary", sv_from_index(text, equals + 1), &u, err);
        if (r != 0) return r;
        o->canary_public_url = sv_from_index(text, equals + 1);
    }
    size_t colon = sv_rfind_char(address, ':');
    uint64_t port;
    if (colon == SIZE_MAX || colon == 0 || number_parse_u64_range(sv_from_index(address, colon + 1), 0, 65535, &port) != 0)
        return error_set(err, ERR_USAGE, "--canary wants HOST:PORT or HOST:PORT=URL, for example 192.0.2.7:8099, not " SV_FMT, SHOWN(text));
    struct sv host = sv_slice(address, 0, colon);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') host = sv_slice(host, 1, host.len - 1);
    if (address_classify(host) == ADDRESS_NOT_LITERAL)
        return error_set(err, ERR_USAGE, "--canary: " SV_FMT " is no address of this machine; write it as numbers, for example 192.0.2.7:8099", SHOWN(host));
    o->canary_host = host;
    o->canary_port = (uint16_t)port;
    return 0;
}

static int readable(struct arena *a, const struct invocation *in, enum option_id id, const char *what, const char **ret, struct error *err) {
    const char *path = options_text(in, id);
    struct sv ignored;
    if (path == NULL) return 0;
    struct arena_mark mark = arena_mark(a);
    int r = files_read(a, path, (size_t)16 * 1024 * 1024, what, &ignored, err);
    arena_rewind(a, mark); // a private key does not stay here
    *ret = path;
    return r;
}

static int read_connection(struct arena *a, const struct invocation *in, struct scan_options *o, struct error *err) {
    o->insecure = options_has(in, OPTION_INSECURE);
    int r = readable(a, in, OPTION_CERT, "the client certificate", &o->certificate, err);
    if (r == 0) r = readable(a, in, OPTION_KEY, "the private key", &o->key, err);
    if (r == 0) r = readable(a, in, OPTION_CA_FILE, "the list of authorities", &o->ca_file, err);
    if (r == 0 && o->key != NULL && o->certificate == NULL) return error_set(err, ERR_USAGE, "--key needs --cert, the certificate that it belongs to");
    struct sv proxy = options_value(in, OPTION_PROXY);
    struct url u;
    if (r == 0 && proxy.ptr != NULL) {
        if (!sv_starts_with(proxy, SV("http://")) && !sv_starts_with(proxy, SV("https://")))
            return error_set(err, ERR_USAGE, "--proxy: write the proxy as a URL, for example http://127.0.0.1:3128, not " SV_FMT, SHOWN(proxy));
        if (url_parse(a, proxy, &u, err) != 0) {
            error_prefix(err, "--proxy: ");
            return ERR_USAGE;
        }
        o->proxy = proxy.ptr;
    }
    o->unix_socket = options_text(in, OPTION_UNIX_SOCKET);
    struct stat st;
    if (r == 0 && o->unix_socket != NULL && (stat(o->unix_socket, &st) != 0 || !S_ISSOCK(st.st_mode)))
        return error_set(err, ERR_USAGE, "--unix-socket: %.200s is no socket; is the service running?", o->unix_socket);
    return r;
}

static int read_recording(const struct invocation *in, struct scan_options *o, struct error *err) {
    const char *record = options_text(in, OPTION_RECORD), *resume = options_text(in, OPTION_RESUME);
    if (record != NULL && resume != NULL)
        return error_set(err, ERR_USAGE, "--resume continues the recording that it names; leave --record out");
    o->record_dir = resume != NULL ? resume : record;
    o->resume = resume != NULL;
    return 0;
}

int scan_args_read(struct cli *cli, const struct invocation *in, struct sv target, struct scan_options *ret, struct error *err) {
    struct arena *a = cli->arena;
    *ret = (struct scan_options){.sandbox = cli->sandbox, .metadata = options_has(in, OPTION_METADATA), .no_scan_header = options_has(in, OPTION_NO_SCAN_HEADER)};
    int r = read_target(a, target, ret, err);
    if (r == 0) r = read_mode(in, ret, err);
    if (r == 0) r = read_all_patterns(a, in, ret, err);
    if (r == 0) r = check_active(in, ret, err);
    if (r == 0) r = read_checks(a, in, OPTION_CHECKS, "checks", &ret->checks, &ret->check_count, err);
    if (r == 0) r = read_checks(a, in, OPTION_SKIP_CHECKS, "skip-checks", &ret->skip_checks, &ret->skip_check_count, err);
    if (r == 0) r = read_origins(a, in, ret, err);
    if (r == 0) r = read_numbers(in, ret, err);
    if (r == 0) r = read_canary(a, in, ret, err);
    if (r == 0) r = read_connection(a, in, ret, err);
    if (r == 0) r = read_recording(in, ret, err);
    if (r == 0) r = scan_identities_read(a, in, &ret->identities, &ret->identity_count, err);
    return r;
}

int gate_args_read(const struct invocation *in, struct gate_options *ret, struct error *err) {
    *ret = (struct gate_options){0};
    struct sv threshold = options_value(in, OPTION_THRESHOLD), fail_on = options_value(in, OPTION_FAIL_ON), coverage = options_value(in, OPTION_MIN_COVERAGE);
    uint64_t n;
    if (threshold.ptr != NULL) {
        if (number_parse_u64_range(threshold, 0, 100, &n) != 0)
            return error_set(err, ERR_USAGE, "--threshold: " SV_FMT " is no score from 0 to 100", SHOWN(threshold));
        ret->has_threshold = true;
        ret->threshold = (unsigned)n;
    }
    if (fail_on.ptr != NULL) {
        size_t s = 0;
        while (s < SEVERITY_COUNT && !sv_eq(fail_on, sv_from(severity_names[s]))) s++;
        if (s == SEVERITY_COUNT)
            return error_set(err, ERR_USAGE, "--fail-on is info, low, medium, high or critical, not " SV_FMT, SHOWN(fail_on));
        ret->has_fail_on = true;
        ret->fail_on = (enum severity)s;
    }
    if (coverage.ptr != NULL) {
        if (number_parse_double(coverage, &ret->min_coverage) != 0 || !(ret->min_coverage >= 0 && ret->min_coverage <= 100))
            return error_set(err, ERR_USAGE, "--min-coverage: " SV_FMT " is no percentage from 0 to 100", SHOWN(coverage));
        ret->has_min_coverage = true;
    }
    return 0;
}
