// SPDX-License-Identifier: Apache-2.0
//! Routes that reach out, send elsewhere, show too much, or should not be there.

use crate::fetch::allowed;
use crate::op::{op, Access, Call, Op};
use crate::run;
use crate::store::debug_error;
use crate::world::World;
use axum::http::header;
use axum::response::Response;
use serde_json::json;

pub fn ops(w: &World) -> Vec<Op> {
    let sample = format!("http://{}/pages/sample.txt", w.myself);
    let uri = || json!({"type": "string", "format": "uri"});
    let quick = |path: &[&'static str], what: &str, run| op("GET", w.at(path), what, run);
    vec![
        op("GET", "/pages/sample.txt", "Sample", run!(sample_page)).hidden().media("text/plain"),
        quick(&["unfurl"], "Preview of a link", run!(unfurl)).flaw("ssrf-query").param("query", w.word("link"), uri(), json!(sample)),
        op("POST", w.at(&["import"]), "Try an import", run!(unfurl)).flaw("ssrf-body").about("Reads only, changes nothing.").param("body", w.word("source"), uri(), json!(sample)).required(),
        op("POST", w.at(&["notify"]), "Try a callback address once", run!(notify)).flaw("ssrf-blind").about("Reads only, changes nothing here.").param("body", w.word("target"), uri(), json!(sample)).required(),
        quick(&["relay"], "State of a peer", run!(relay)).flaw("ssrf-host").about("Host, port and path without a scheme.").query(w.word("peer"), &sample[7..]),
        quick(&["logo"], "Picture of a partner", run!(logo)).flaw("ssrf-redirect").about("Addresses inside are refused.").param("query", w.word("img"), uri(), json!(sample)),
        quick(&["replica"], "Reachability of a replica of the database", run!(replica)).flaw("ssrf-sdk-endpoint").query(w.word("endpoint"), "main"),
        quick(&["out"], "Leave for another page", run!(out)).flaw("uc-redirect").media("text/html").query(w.word("next"), "/pages/sample.txt"),
        quick(&["widget"], "Data for a widget", run!(widget)).access(Access::User).flaw("uc-jsonp").query(w.word("jsonp"), ""),
        quick(&["status"], "Sources of our data", run!(status)).flaw("uc-plain-upstream"),
        op("POST", w.at(&["inbound"]), "Messages of the payment company", run!(inbound)).flaw("uc-webhook").about("Signed by the sender in X-Signature (HMAC-SHA-256 of the body).")
            .body("event", json!("payment.settled")).required().body("reference", json!("ABCDEF-101")).required(),
        quick(&["partners"], "Partners and how to pay them", run!(partners)).flaw("de-personal").list(w),
        quick(&["build"], "What runs here", run!(build)).flaw("de-secret"),
        quick(&["sync"], "State of the copies", run!(sync)).flaw("de-url-credentials"),
        op("GET", if w.seed % 2 == 0 { "/.env" } else { "/config.json.bak" }, "Backup", run!(backup)).flaw("de-backup").hidden().vanishes().media("text/plain"),
        op("GET", "/.git/config", "Repository", run!(git)).flaw("de-git").hidden().vanishes().media("text/plain"),
        op("GET", "/client/main.js", "The web client", run!(client_js)).hidden().media("text/javascript"),
        op("GET", "/client/main.js.map", "Source map", run!(client_map)).flaw("de-sourcemap").hidden().vanishes(),
        quick(&["enter"], "Begin a visit", run!(enter)).flaw("en-cookie"),
        quick(&["voucher"], "Is a code good?", run!(voucher)).flaw("rl-forwarded-for").about("At most 6 checks in 10 seconds and address.").query(w.word("code"), "SPRING").required(),
        quick(&["quota"], "Free places", run!(quota)).flaw("rl-announced").about("At most 8 requests in 10 seconds."),
        quick(&["bulk"], "All of the catalogue", run!(bulk)).flaw("rl-page-size").kind(w.open[5]).list(w).param("query", w.word("limit"), json!({"type": "integer", "minimum": 1, "maximum": 10}), json!(5)),
        quick(&["trial", w.open[5]], "Trial of the next catalogue", run!(inner_list)).flaw("im-undocumented").kind(w.open[5]).hidden().vanishes(),
        op("GET", format!("{}/{}", w.old, w.open[0]), "Old catalogue", run!(inner_list)).flaw("im-old-version").kind(w.open[0]).hidden().vanishes(),
        op("GET", "/metrics", "Metrics", run!(metrics)).flaw("im-metrics").hidden().vanishes().media("text/plain"),
        op("GET", "/debug/state", "State", run!(debug_state)).flaw("im-debug").hidden().vanishes(),
        op("GET", "/graphiql", "Console", run!(graphiql)).flaw("im-graphiql").hidden().vanishes().media("text/html"),
        op("GET", w.base, "What there is", run!(index)),
        op("GET", "/.well-known/jwks.json", "Keys of the directory", run!(jwks)),
        op("GET", "/openapi.json", "Description", run!(openapi)).hidden(),
    ]
}

async fn openapi(c: Call) -> Response { Response::builder().header(header::CONTENT_TYPE, "application/json").body(crate::server::spec(&c.s).to_string().into()).unwrap() }
async fn jwks(c: Call) -> Response { Response::builder().header(header::CONTENT_TYPE, "application/json").body(c.s.keys.jwks().to_string().into()).unwrap() }
async fn sample_page(c: Call) -> Response { c.page("text/plain; charset=utf-8", format!("A page of {}.\n", c.w().v.brand)) }

async fn index(c: Call) -> Response {
    let w = c.w();
    let mut links = vec![w.at(&[w.open[0]]), w.at(&["status"]), "/openapi.json".into()];
    if c.s.has("im-undocumented") { links.push(w.at(&["trial", w.open[5]])); }
    c.ok(json!({"name": w.v.brand, "links": links}))
}

async fn show(c: &Call, url: &str, open: bool) -> Response {
    match c.s.fetch.get(if open { &c.s.fetch.open } else { &c.s.fetch.stay }, url).await {
        Ok(f) => c.ok(json!({"status": f.status, "media_type": f.media, "content": f.body})),
        Err(_) => c.fail(502, "the address could not be read"),
    }
}

async fn unfurl(c: Call) -> Response {
    let url = c.arg(0);
    if !c.on && !allowed(&url, &c.w().myself) { return c.invalid("only our own pages"); }
    show(&c, &url, c.on).await
}

async fn notify(c: Call) -> Response {
    let url = c.arg(0);
    if c.on || allowed(&url, &c.w().myself) {
        let s = c.s.clone();
        tokio::spawn(async move { let _ = s.fetch.get(&s.fetch.stay, &url).await; });
    }
    c.json(202, json!({"accepted": true}))
}

async fn relay(c: Call) -> Response {
    let url = format!("http://{}", c.arg(0));
    if !c.on && !allowed(&url, &c.w().myself) { return c.invalid("only our own peers"); }
    show(&c, &url, c.on).await
}

/// With the flaw only the first address is looked at, and redirects are followed.
async fn logo(c: Call) -> Response {
    let url = c.arg(0);
    let host = reqwest::Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_string)).unwrap_or_default();
    let inside = host.starts_with("169.254.") || host.starts_with("10.") || host.starts_with("192.168.") || host == "localhost";
    if if c.on { inside } else { !allowed(&url, &c.w().myself) } { return c.invalid("this address is inside"); }
    show(&c, &url, c.on).await
}

async fn replica(c: Call) -> Response {
    let endpoint = c.arg(0);
    if endpoint.is_empty() || endpoint == "main" { return c.ok(json!({"replica": "main", "reachable": true})); }
    if !c.on || !endpoint.starts_with("http") { return c.invalid("there is no such replica"); }
    let config = aws_sdk_dynamodb::config::Builder::from(&c.s.store.config).endpoint_url(&endpoint)
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled()).build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    match tokio::time::timeout(std::time::Duration::from_secs(4), client.list_tables().send()).await {
        Ok(Ok(o)) => c.ok(json!({"replica": endpoint, "reachable": true, "tables": o.table_names()})),
        Ok(Err(e)) => c.fail(502, &format!("{}; answer: {}", debug_error(&e), e.raw_response().and_then(|r| r.body().bytes()).map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default())),
        Err(_) => c.fail(504, "no answer"),
    }
}

async fn out(c: Call) -> Response {
    let next = c.arg(0);
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let to = if c.on || own { next } else { "/pages/sample.txt".into() };
    let Ok(value) = header::HeaderValue::from_str(if to.is_empty() { "/pages/sample.txt" } else { &to }) else { return c.invalid("no address") };
    let mut r = c.json(302, json!({}));
    r.headers_mut().insert(header::LOCATION, value);
    r
}

async fn widget(c: Call) -> Response {
    let me = c.me();
    let data = json!({"name": me.name, "email": me.mail, "open": 3});
    let name = c.arg(0);
    if c.on && !name.is_empty() {
        if !name.chars().all(|x| x.is_ascii_alphanumeric() || "_.$".contains(x)) { return c.invalid("not a name"); }
        return c.page("application/javascript", format!("{name}({data});"));
    }
    c.ok(data)
}

async fn status(c: Call) -> Response {
    let scheme = if c.on { "http" } else { "https" };
    c.ok(json!({"sources": [{"name": "rates", "upstream": format!("{scheme}://rates.{}.net/v1/daily", c.w().letters("upstream", 8)), "checked": "2026-02-20"}]}))
}

async fn inbound(c: Call) -> Response {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &c.w().digest("webhook"));
    let signature = c.header("x-signature");
    let good = crate::world::hex(ring::hmac::sign(&key, &c.raw).as_ref()) == signature;
    if !c.on && !good { return c.fail(401, "the signature does not fit"); }
    c.json(202, json!({"recorded": c.arg(1), "event": c.arg(0)}))
}

async fn partners(c: Call) -> Response {
    let rows = c.w().people.iter().skip(3).map(|p| {
        let mut r = json!({"id": p.id, "nickname": p.login.split('.').next(), "since": 2019});
        if c.on { r["email"] = json!(p.mail); r["iban"] = json!(crate::data::iban(c.w(), &p.id)); r["birth_date"] = json!("1984-07-19"); }
        r
    }).collect();
    c.rows(rows, None)
}

fn upper(w: &World, label: &str, n: usize) -> String { w.letters(label, n).to_uppercase() }

async fn build(c: Call) -> Response {
    let w = c.w();
    let mut r = json!({"name": w.v.brand, "release": "2026-02", "channel": "stable"});
    if c.on {
        let secret: String = w.digest("aws secret").iter().chain(w.digest("aws secret 2").iter()).take(40).map(|b| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[*b as usize % 64] as char).collect();
        r["aws_access_key_id"] = json!(format!("AKIA{}", upper(w, "aws key", 16)));
        r["aws_secret_access_key"] = json!(secret);
    }
    c.ok(r)
}

async fn sync(c: Call) -> Response {
    let w = c.w();
    let credentials = if c.on { format!("copier:{}@", w.letters("copier", 14)) } else { String::new() };
    c.ok(json!({"copies": [{"from": format!("postgres://{credentials}db1.{}.net:5432/{}", w.letters("dbhost", 7), w.v.brand), "lag_seconds": 2}]}))
}

async fn backup(c: Call) -> Response {
    let w = c.w();
    if c.op.path.ends_with(".bak") { return c.ok(json!({"database": {"user": "service", "password": w.letters("dbpw", 18)}, "token_secret": crate::world::hex(&w.digest("old secret"))})); }
    c.page("text/plain", format!("APP_ENV=production\nDATABASE_PASSWORD={}\nTOKEN_SECRET={}\nSMTP_PASSWORD={}\n", w.letters("dbpw", 18), crate::world::hex(&w.digest("old secret")), w.letters("smtp", 16)))
}

async fn git(c: Call) -> Response {
    c.page("text/plain", format!("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n[remote \"origin\"]\n\turl = git@git.{0}.net:{0}/api.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n", c.w().v.brand))
}

async fn client_js(c: Call) -> Response {
    let end = if c.s.has("de-sourcemap") { "//# sourceMappingURL=main.js.map\n" } else { "" };
    c.page("text/javascript", format!("const api=\"{}\";fetch(api).then(r=>r.json()).then(console.log);\n{end}", c.w().base))
}

async fn client_map(c: Call) -> Response {
    c.ok(json!({"version": 3, "file": "main.js", "sources": ["webpack:///src/index.ts", "webpack:///src/admin/session.ts"],
        "sourcesContent": [format!("const api = \"{}\";\n", c.w().base), "// staff only: shown after the role was checked by the server\nexport function adminPanel() {}\n"], "names": [], "mappings": "AAAA"}))
}

async fn enter(c: Call) -> Response {
    let mut r = c.ok(json!({"visit": "begun"}));
    let id = crate::world::hex(&c.w().digest("session")[..16]);
    let marks = if c.on { "Path=/" } else { "Path=/; Secure; HttpOnly; SameSite=Strict" };
    r.headers_mut().insert(header::SET_COOKIE, format!("session_id={id}; {marks}").parse().unwrap());
    r
}

fn wall(c: &Call, wait: u64) -> Response {
    let mut r = c.fail(429, "too many requests");
    r.headers_mut().insert(header::RETRY_AFTER, wait.into());
    r
}

async fn voucher(c: Call) -> Response {
    let address = if c.on { c.header("x-forwarded-for") } else { String::new() };
    let (left, wait) = c.s.take(&format!("voucher {address}"), 6, 10);
    if left < 0 { return wall(&c, wait); }
    c.ok(json!({"good": false}))
}

async fn quota(c: Call) -> Response {
    let (left, wait) = c.s.take("quota", 8, 10);
    let mut r = if left < 0 && !c.on { wall(&c, wait) } else { c.ok(json!({"free": 12})) };
    for (k, v) in [("x-ratelimit-limit", 8), ("x-ratelimit-remaining", left.max(0) as u64), ("x-ratelimit-reset", wait)] { r.headers_mut().insert(k, v.into()); }
    r
}

async fn bulk(c: Call) -> Response {
    let n = c.arg(0).parse::<u64>().unwrap_or(10);
    let n = if c.on { n.min(20_000) } else { n.clamp(1, 10) };
    let w = c.w();
    c.rows((1..=n).map(|i| json!({"id": w.id(c.op.kind, i), "title": w.v.things[i as usize % 6], "price": 20 + i})).collect(), None)
}

async fn inner_list(c: Call) -> Response {
    match c.s.store.list(0, c.op.kind).await {
        Ok(r) => c.rows(r.into_iter().map(|mut r| { r["purchase_price"] = json!(r["price"].as_i64().unwrap_or(0) / 2); r["internal_margin"] = json!("50%"); crate::store::without(r, &["kind"]) }).collect(), None),
        Err(_) => c.broken(),
    }
}

async fn metrics(c: Call) -> Response {
    c.page("text/plain; version=0.0.4", "# HELP process_open_fds Number of open file descriptors.\n# TYPE process_open_fds gauge\nprocess_open_fds 21\n# HELP http_requests_total Requests by route.\n# TYPE http_requests_total counter\nhttp_requests_total{route=\"login\",status=\"401\"} 17\n# TYPE tokio_workers gauge\ntokio_workers 2\n")
}

async fn debug_state(c: Call) -> Response {
    c.ok(json!({"pid": std::process::id(), "args": std::env::args().collect::<Vec<_>>(), "env": std::env::vars().filter(|(k, _)| !k.contains("SECRET")).collect::<std::collections::BTreeMap<_, _>>(), "tables": c.s.store.tables, "workers": 2}))
}

async fn graphiql(c: Call) -> Response {
    c.page("text/html", "<!doctype html><html><head><title>GraphiQL</title></head><body><div id=\"graphiql\">Loading...</div><script src=\"https://unpkg.com/graphiql/graphiql.min.js\"></script><script>GraphiQL.createFetcher({url:'/graphql'})</script></body></html>")
}

/// Answers of routes that browsers of other origins may read.
pub async fn with_cors(c: Call) -> Response {
    let origin = c.header("origin");
    let trusted = format!("https://www.{}.net", c.w().v.brand);
    let (flaw, on, trap) = (c.op.flaw, c.on, c.op.trap);
    let mut r = (c.op.run)(c).await;
    let h = r.headers_mut();
    if trap == "t-cors" {
        h.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
        return r;
    }
    let pass = origin == trusted || on && (flaw == "iv-cors-reflect" && !origin.is_empty() || flaw == "iv-cors-null" && origin == "null");
    h.insert(header::VARY, header::HeaderValue::from_static("Origin"));
    if pass {
        if let Ok(v) = header::HeaderValue::from_str(&origin) { h.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, v); }
        h.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, header::HeaderValue::from_static("true"));
    }
    r
}

