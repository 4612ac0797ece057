// SPDX-License-Identifier: Apache-2.0
// OpenSSL on memory: makes the handshake and says what was agreed on. The certificate is judged as by a client that verifies, but nothing is refused,
// so that a wrong one can be described.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/json_writer.h"
#include "net/tls_impl.h"

enum { CHAIN_MAX = 10, NAMES_MAX = 50, TEXT_MAX = 300, JSON_MAX = 128 * 1024, FEED_MAX = 1 << 20 };

static void note_error(struct tls_shake *s, const char *otherwise) {
    unsigned long code = ERR_get_error();
    const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;
    snprintf(s->error, sizeof s->error, "%s", text != NULL ? text : otherwise);
    ERR_clear_error();
}

// The authorities that HTTP requests are verified with.
static void load_authorities(SSL_CTX *context, const struct net_options *options) {
    const char *file = options->ca_file != NULL ? options->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
    bool loaded = file != NULL && SSL_CTX_load_verify_file(context, file) == 1;
    if (!loaded && options->ca_file == NULL) SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
}

static bool set_identity(SSL_CTX *context, const struct net_options *o, const struct net_request *rq) {
    const char *certificate = rq->certificate != NULL ? rq->certificate : o->certificate;
    const char *key = rq->key != NULL ? rq->key : o->key;
    if (certificate == NULL) return true;
    bool ok = SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
              SSL_CTX_use_PrivateKey_file(context, key != NULL ? key : certificate, SSL_FILETYPE_PEM) == 1;
    ERR_clear_error();
    return ok;
}

static bool is_address(struct sv host) {
    struct net_ip ip;
    return net_ip_parse(host, &ip);
}

static bool configure(struct tls_shake *s, const struct net_options *options, const struct net_request *request) {
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    s->context = SSL_CTX_new(TLS_client_method());
    if (s->context == NULL) return false;
    SSL_CTX_set_security_level(s->context, 0); // weak keys and digests are to be seen, not refused
    SSL_CTX_set_verify(s->context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_options(s->context, SSL_OP_LEGACY_SERVER_CONNECT);
    load_authorities(s->context, options);
    if (!set_identity(s->context, options, request) || SSL_CTX_set_min_proto_version(s->context, TLS1_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(s->context, "DEFAULT:@SECLEVEL=0") != 1)
        return false;
    s->ssl = SSL_new(s->context);
    s->in = s->ssl == NULL ? NULL : BIO_new(BIO_s_mem());
    s->out = s->in == NULL ? NULL : BIO_new(BIO_s_mem());
    if (s->out == NULL) {
        BIO_free(s->in);
        return false;
    }
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_connect_state(s->ssl);
    struct sv host = request->origin->host;
    char *name = arena_alloc(request->arena, host.len + 1);
    if (name == NULL) return false;
    memcpy(name, host.ptr, host.len);
    if (!is_address(sv_make(name, host.len))) SSL_set_tlsext_host_name(s->ssl, name);
    SSL_set_tlsext_status_type(s->ssl, TLSEXT_STATUSTYPE_ocsp);
    return SSL_set_alpn_protos(s->ssl, protocols, sizeof protocols - 1) == 0;
}

int tls_shake_start(struct tls_shake *s, const struct net_options *options, const struct net_request *request, struct error *err) {
    *s = (struct tls_shake){0};
    if (configure(s, options, request)) return 0;
    tls_shake_free(s);
    ERR_clear_error();
    return error_set(err, ERR_TLS, "a TLS client could not be set up");
}

void tls_shake_free(struct tls_shake *s) {
    SSL_free(s->ssl);
    SSL_CTX_free(s->context);
    *s = (struct tls_shake){0};
}

bool tls_shake_feed(struct tls_shake *s, struct sv bytes) {
    if (s->error[0] != '\0') return true;
    if (bytes.len > 0 && BIO_write(s->in, bytes.ptr, bytes.len > FEED_MAX ? FEED_MAX : (int)bytes.len) <= 0) {
        note_error(s, "out of memory");
        return true;
    }
    ERR_clear_error();
    int rc = SSL_do_handshake(s->ssl);
    if (rc == 1) return true;
    int why = SSL_get_error(s->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
    note_error(s, "the handshake failed");
    return true;
}

struct sv tls_shake_output(struct tls_shake *s, struct arena *a) {
    size_t pending = BIO_ctrl_pending(s->out);
    char *copy = pending == 0 || pending > FEED_MAX ? NULL : arena_alloc(a, pending);
    int got = copy == NULL ? 0 : BIO_read(s->out, copy, (int)pending);
    return got <= 0 ? SV_NONE : sv_make(copy, (size_t)got);
}

// -- describing ---------------------------------------------------------------------------------------------------------------------
static void write_name(struct json_writer *w, const char *key, const X509_NAME *name) {
    char text[TEXT_MAX];
    BIO *b = BIO_new(BIO_s_mem());
    int n = b != NULL && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0 ? BIO_read(b, text, sizeof text) : 0;
    BIO_free(b);
    jw_member_string(w, key, sv_make(text, n > 0 ? (size_t)n : 0));
}

// "2026-11-22T10:00:00Z" and seconds from now.
static void write_time(struct json_writer *w, const char *key, const char *key_seconds, const ASN1_TIME *time) {
    struct tm tm;
    char text[40];
    int days = 0, seconds = 0;
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1 || ASN1_TIME_diff(&days, &seconds, NULL, time) != 1) return;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    jw_member_string(w, key, sv_from(text));
    jw_member_i64(w, key_seconds, (int64_t)days * 86400 + seconds);
}

static bool is_plain_text(const unsigned char *p, int len) {
    for (int i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] > 0x7e) return false;
    }
    return len > 0 && len <= 253;
}

static void write_alternative(struct json_writer *w, const GENERAL_NAME *name) {
    if (name->type == GEN_DNS) {
        const unsigned char *p = ASN1_STRING_get0_data(name->d.dNSName);
        int len = ASN1_STRING_length(name->d.dNSName);
        if (is_plain_text(p, len)) jw_string(w, sv_make((const char *)p, (size_t)len));
    } else if (name->type == GEN_IPADD) {
        char text[INET6_ADDRSTRLEN];
        int len = ASN1_STRING_length(name->d.iPAddress);
        int family = len == 4 ? AF_INET : AF_INET6;
        if ((len == 4 || len == 16) && inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof text) != NULL)
            jw_string(w, sv_from(text));
    }
}

static void write_alternatives(struct json_writer *w, const X509 *x) {
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    jw_key(w, "san");
    jw_array_begin(w);
    int count = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    for (int i = 0; i < count && i < NAMES_MAX; i++) write_alternative(w, sk_GENERAL_NAME_value(names, i));
    jw_array_end(w);
    GENERAL_NAMES_free(names);
}

static void write_certificate(struct json_writer *w, X509 *x) {
    EVP_PKEY *key = X509_get0_pubkey(x);
    const char *signature = OBJ_nid2sn(X509_get_signature_nid(x));
    const char *type = key == NULL ? NULL : EVP_PKEY_get0_type_name(key);
    int digest = NID_undef;
    jw_object_begin(w);
    write_name(w, "subject", X509_get_subject_name(x));
    write_name(w, "issuer", X509_get_issuer_name(x));
    write_time(w, "not_before", "starts_in", X509_get0_notBefore(x));
    write_time(w, "not_after", "ends_in", X509_get0_notAfter(x));
    jw_member_string(w, "key_type", sv_from(type));
    jw_member_i64(w, "key_bits", key == NULL ? 0 : EVP_PKEY_get_bits(key));
    jw_member_string(w, "signature", sv_from(signature));
    if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) == 1 && digest != NID_undef) jw_member_string(w, "digest", sv_from(OBJ_nid2sn(digest)));
    jw_member_bool(w, "self_signed", X509_self_signed(x, 0) == 1);
    write_alternatives(w, x);
    jw_object_end(w);
    ERR_clear_error();
}

static void write_chain(struct json_writer *w, SSL *ssl) {
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int count = chain == NULL ? 0 : sk_X509_num(chain);
    jw_key(w, "chain");
    jw_array_begin(w);
    for (int i = 0; i < count && i < CHAIN_MAX; i++) write_certificate(w, sk_X509_value(chain, i));
    jw_array_end(w);
}

static bool name_matches(SSL *ssl, struct arena *a, struct sv host) {
    X509 *x = SSL_get0_peer_certificate(ssl);
    struct sv name = arena_copy_sv(a, host);
    if (x == NULL || name.ptr == NULL) return false;
    return (is_address(host) ? X509_check_ip_asc(x, name.ptr, 0) : X509_check_host(x, name.ptr, name.len, 0, NULL)) == 1;
}

static void write_group(struct json_writer *w, SSL *ssl) {
    long group = SSL_get_negotiated_group(ssl);
    EVP_PKEY *key = NULL;
    if (group > 0) jw_member_string(w, "group", sv_from(SSL_group_to_name(ssl, (int)group)));
    if (SSL_get_peer_tmp_key(ssl, &key) == 1) jw_member_i64(w, "group_bits", EVP_PKEY_get_bits(key));
    EVP_PKEY_free(key);
}

static void write_agreed(struct json_writer *w, SSL *ssl, struct arena *a, struct sv host) {
    const unsigned char *protocol = NULL, *staple = NULL;
    unsigned length = 0;
    long verify = SSL_get_verify_result(ssl);
    jw_member_string(w, "version", sv_from(SSL_get_version(ssl)));
    jw_member_string(w, "cipher", sv_from(SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))));
    write_group(w, ssl);
    SSL_get0_alpn_selected(ssl, &protocol, &length);
    if (length > 0) jw_member_string(w, "alpn", sv_make((const char *)protocol, length));
    jw_member_bool(w, "verified", verify == X509_V_OK);
    jw_member_i64(w, "verify_code", verify);
    jw_member_string(w, "verify", sv_from(X509_verify_cert_error_string(verify)));
    jw_member_bool(w, "name_matches", name_matches(ssl, a, host));
    jw_member_bool(w, "ocsp_stapled", SSL_get_tlsext_status_ocsp_resp(ssl, &staple) > 0);
    jw_member_bool(w, "secure_renegotiation", SSL_get_secure_renegotiation_support(ssl) == 1);
    jw_member_bool(w, "session", SSL_SESSION_is_resumable(SSL_get_session(ssl)) == 1);
    write_chain(w, ssl);
}

struct sv tls_shake_describe(struct tls_shake *s, struct arena *a, const struct url *origin) {
    auto_buf text = BUF_INIT(JSON_MAX);
    struct sink_buf sink;
    struct json_writer w;
    sink_buf_init(&sink, &text);
    jw_init(&w, &sink.sink, false);
    jw_object_begin(&w);
    if (s->error[0] == '\0' && SSL_is_init_finished(s->ssl)) write_agreed(&w, s->ssl, a, origin->host);
    else jw_member_string(&w, "error", sv_from(s->error[0] != '\0' ? s->error : "the connection ended before the handshake did"));
    jw_object_end(&w);
    return jw_finish(&w) != 0 || buf_failed(&text) ? SV_NONE : arena_copy_sv(a, buf_sv(&text));
}
