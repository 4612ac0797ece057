// SPDX-License-Identifier: Apache-2.0
#include "cli/identity_file.h"

#include "http/header.h"
#include "scan/identity/login.h"
#include "support/test.h"

static char *environment(const char *name) {
    static char token[] = "from-the-environment", password[] = "pass word/&", empty[] = "";
    if (strcmp(name, "TOKEN") == 0) return token;
    if (strcmp(name, "PASSWORD") == 0) return password;
    return strcmp(name, "EMPTY") == 0 ? empty : NULL;
}

static const struct principal *read(struct arena *a, const char *text, size_t count) {
    struct identity_list *list = arena_new(a, struct identity_list);
    struct error err = {0};
    assert_ok(&err, identity_file_parse(a, list, sv_from(text), environment, &err));
    assert_int_equal(list->len, count);
    return list->ptr;
}

static bool is_hidden(const struct principal *p, const char *text) {
    for (size_t i = 0; i < p->secret_count; i++) {
        if (sv_eq(p->secrets[i], sv_from(text))) return true;
    }
    return false;
}

static void test_static_forms(void **state) {
    const struct principal *p = read(*state, "- {name: a, role: admin, tenant: acme, basic: {user: alice, password: secret-word}}\n"
                                             "- {name: b, bearer: '${TOKEN}'}\n"
                                             "- {name: c, api_key: {in: query, name: key, value: k-123}}\n"
                                             "- {name: d, api_key: {in: cookie, name: sid, value: s-1}, headers: {X-Tenant: t}}\n"
                                             "- {name: e, api_key: {in: header, name: X-Api-Key, value: k-5}}\n"
                                             "- {name: f, certificate: {cert: /dev/null, key: /dev/null}}\n", 6);
    assert_sv_text(p[0].headers.ptr[0].value, "Basic YWxpY2U6c2VjcmV0LXdvcmQ=");
    assert_sv_text(p[0].role, "admin");
    assert_sv_text(p[0].tenant, "acme");
    assert_true(is_hidden(&p[0], "secret-word"));
    assert_sv_text(p[1].headers.ptr[0].value, "Bearer from-the-environment");
    assert_true(is_hidden(&p[1], "from-the-environment"));
    assert_sv_text(p[2].query_name, "key");
    assert_sv_text(p[2].query_value, "k-123");
    assert_sv_text(header_find(&p[3].headers, SV("Cookie")), "sid=s-1");
    assert_sv_text(header_find(&p[3].headers, SV("X-Tenant")), "t");
    assert_sv_text(header_find(&p[4].headers, SV("X-Api-Key")), "k-5");
    assert_string_equal(p[5].certificate, "/dev/null");
    assert_string_equal(p[5].key, "/dev/null");
}

static void test_login(void **state) {
    const struct principal *p = read(*state, "- name: alice\n"
                                             "  login:\n"
                                             "    path: /session\n"
                                             "    json: {user: alice, password: '${PASSWORD}', nested: {pin: 1234, list: [true, null]}}\n"
                                             "    token: {json: /data/token}\n"
                                             "    refresh: {url: 'https://x.example/refresh', form: {refresh_token: '{refresh_token}', who: 'a b'}}\n"
                                             "- name: bob\n"
                                             "  login: {method: PUT, path: /in, form: {name: bob, password: '${PASSWORD}'}, token: {cookie: sid}}\n"
                                             "- name: carol\n"
                                             "  login: {path: /in, body: '<login/>', headers: {Content-Type: text/xml, Authorization: Basic eDp5}, token: {header: X-Token}, send: 'X-Token: {token}'}\n", 3);
    const struct login *l = p[0].login;
    assert_sv_text(l->request.method, "POST");
    assert_sv_text(l->request.url, "/session");
    assert_sv_text(l->request.body, "{\"user\":\"alice\",\"password\":\"pass word/&\",\"nested\":{\"pin\":1234,\"list\":[true,null]}}");
    assert_sv_text(header_find(&l->request.headers, SV("Content-Type")), "application/json");
    assert_true(l->source == LOGIN_FROM_JSON && sv_eq(l->name, SV("/data/token")));
    assert_sv_text(l->send_name, "Authorization");
    assert_sv_text(l->send_value, "Bearer {token}");
    assert_sv_text(l->refresh.body, "refresh_token={refresh_token}&who=a%20b");
    assert_sv_text(l->refresh.url, "https://x.example/refresh");
    assert_true(is_hidden(&p[0], "pass word/&") && is_hidden(&p[0], "1234") && !is_hidden(&p[0], "alice"));
    assert_sv_text(p[1].login->request.body, "name=bob&password=pass%20word%2F%26");
    assert_sv_text(p[1].login->request.method, "PUT");
    assert_sv_text(p[1].login->send_name, "Cookie");
    assert_sv_text(p[1].login->send_value, "sid={token}");
    assert_sv_text(p[2].login->request.body, "<login/>");
    assert_true(is_hidden(&p[2], "<login/>") && is_hidden(&p[2], "Basic eDp5"));
    assert_sv_text(p[2].login->send_name, "X-Token");
}

// What a login sends is known by the names in it, however the body was written down.
static void test_what_is_hidden_of_a_login(void **state) {
    const struct principal *p = read(*state, "- {name: json, login: {path: /l, token: {cookie: s}, body: '{\"user\":\"alice\",\"password\":\"hunter-22\"}'}}\n"
                                             "- {name: form, login: {path: /l, token: {cookie: s}, body: 'user=alice&password=hunter%2D22'}}\n"
                                             "- {name: soap, login: {path: /l, token: {cookie: s}, body: '<s:in><s:user>alice</s:user><s:password>hunter-22</s:password></s:in>'}}\n"
                                             "- {name: words, login: {path: /l, token: {cookie: s}, json: {password: hunter-22, pinned: true, mapping: false}, refresh: {path: /r, json: {refresh_token: '{refresh_token}'}}}}\n"
                                             "- {name: twice, basic: {user: u, password: hunter-22}}\n"
                                             "- {name: twice, bearer: '${TOKEN}'}\n"
                                             "- {name: key, api_key: {in: header, name: X-Shop, value: hunter-22}}\n", 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(is_hidden(&p[i], "hunter-22"));
        assert_false(is_hidden(&p[i], "alice") || is_hidden(&p[i], "true") || is_hidden(&p[i], "false") || is_hidden(&p[i], "{refresh_token}"));
    }
}

static void test_oauth2(void **state) {
    const struct principal *p = read(*state, "- {name: a, oauth2: {token_url: /token, client_id: app, client_secret: 's/1', scope: 'read write'}}\n"
                                             "- {name: b, oauth2: {token_url: /token, client_id: app, grant: password, username: u, password: p-word}}\n"
                                             "- {name: c, oauth2: {token_url: /token, client_id: app, grant: refresh_token, refresh_token: r-999}}\n", 3);
    assert_sv_text(p[0].login->request.body, "grant_type=client_credentials&client_id=app&client_secret=s%2F1&scope=read%20write");
    assert_sv_text(p[0].login->refresh.body, "grant_type=refresh_token&refresh_token={refresh_token}&client_id=app&client_secret=s%2F1&scope=read%20write");
    assert_sv_text(p[0].login->name, "/access_token");
    assert_true(is_hidden(&p[0], "s/1"));
    assert_sv_text(p[1].login->request.body, "grant_type=password&username=u&password=p-word&client_id=app");
    assert_true(is_hidden(&p[1], "p-word"));
    assert_int_equal(p[2].login->request.method.len, 0);
    assert_sv_text(p[2].login->first_refresh_token, "r-999");
    assert_true(is_hidden(&p[2], "r-999"));
}

static void test_refused(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"- {name: a}", "has no credential"},
        {"- {name: a, basic: {user: 'hush:hush', password: hush}}", "no colon"},
        {"- {name: a, basic: {user: hush}}", "the password of basic is missing"},
        {"- {name: a, bearer: [hush]}", "bearer is missing or is no text"},
        {"- {name: a, bearer: '${NOT_SET}'}", "NOT_SET is not set"},
        {"- {name: a, bearer: '${EMPTY}'}", "EMPTY is not set"},
        {"- {name: a, bearer: '${hush'}", "no closing brace"},
        {"- {name: a, bearer: '${9 hush}'}", "name of an environment variable"},
        {"- {name: a, api_key: {in: trailer, name: k, value: hush}}", "header, query or cookie"},
        {"- {name: a, certificate: {cert: /does/not/exist}}", "cannot be read"},
        {"- {name: a, login: {token: {json: /t}}}", "either path"},
        {"- {name: a, login: {path: /l, url: 'http://x/l', token: {json: /t}}}", "either path"},
        {"- {name: a, login: {path: l, token: {json: /t}}}", "begins with /"},
        {"- {name: a, login: {path: /l}}", "token wants"},
        {"- {name: a, login: {path: /l, token: {json: t}}}", "pointer"},
        {"- {name: a, login: {path: /l, token: {json: /t, cookie: c}}}", "one place"},
        {"- {name: a, login: {path: /l, token: {json: /t}, send: 'Authorization: Bearer hush'}}", "with {token} in it"},
        {"- {name: a, login: {path: /l, form: {a: b}, json: {a: hush}, token: {json: /t}}}", "one of body, form and json"},
        {"- {name: a, login: {path: /l, method: 'post', token: {json: /t}}}", "capitals"},
        {"- {name: a, login: {path: /l, token: {json: /t}, tries: 9}}", "unknown member tries"},
        {"- {name: a, login: {url: 'http://u:hush@x/l', token: {json: /t}}}", "before the @"},
        {"- {name: a, oauth2: {client_id: hush}}", "token_url"},
        {"- {name: a, oauth2: {token_url: /t, grant: implicit}}", "grant of oauth2"},
        {"- {name: a, oauth2: {token_url: /t, grant: password, username: hush}}", "username and password"},
        {"- {name: a, oauth2: {token_url: /t}, login: {path: /l, token: {json: /t}}}", "exclude each other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct identity_list list = {0};
        struct error err = {0};
        int r = identity_file_parse(*state, &list, sv_from(cases[i].text), environment, &err);
        if (r != ERR_USAGE || strstr(err.text, cases[i].says) == NULL) fail_msg("%s: %d %s", cases[i].text, r, err.text);
        assert_null(strstr(err.text, "hush")); // no value is ever quoted
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_static_forms),
        test_with_arena(test_login),
        test_with_arena(test_what_is_hidden_of_a_login), test_with_arena(test_oauth2),
        test_with_arena(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
