// SPDX-License-Identifier: Apache-2.0
//! Routing, the credential check with the holes that flaws cut into it, headers.

use crate::op::{Access, Call, Hole, Op};
use crate::store::Store;
use crate::truth::Truth;
use crate::world::{Person, World};
use crate::{auth::Keys, fetch::Fetcher, graph::Graph};
use axum::extract::{RawPathParams, Request, State};
use axum::http::{header, HeaderValue};
use axum::middleware::{from_fn_with_state, Next};
use axum::response::Response;
use axum::routing::{on, MethodFilter};
use axum::Router;
use serde_json::{json, Value};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

const MAX_BODY: usize = 256 << 10;

/// Set on requests of the TLS listener.
#[derive(Clone, Copy)]
pub struct Encrypted;

pub struct Server {
    pub world: World,
    pub store: Store,
    pub keys: Keys,
    pub fetch: Fetcher,
    pub graph: Graph,
    pub truth: Truth,
    pub ops: Vec<Arc<Op>>,
    pub on: RwLock<HashSet<String>>,
    pub windows: Mutex<HashMap<String, (Instant, u32)>>,
    pub papers: std::path::PathBuf,
}

impl Server {
    pub fn has(&self, flaw: &str) -> bool { !flaw.is_empty() && self.on.read().unwrap().contains(flaw) }

    /// Counts one use; how many are left, and the seconds until the window ends.
    pub fn take(&self, key: &str, limit: u32, seconds: u64) -> (i64, u64) {
        let mut all = self.windows.lock().unwrap();
        if all.len() > 10_000 { all.clear(); }
        let now = Instant::now();
        let w = all.entry(key.to_string()).or_insert((now + Duration::from_secs(seconds), 0));
        if now >= w.0 { *w = (now + Duration::from_secs(seconds), 0); }
        w.1 += 1;
        (limit as i64 - w.1 as i64, (w.0 - now).as_secs() + 1)
    }
}

pub fn router(s: Arc<Server>) -> Router {
    let mut r = Router::new();
    for o in s.ops.iter().filter(|o| !o.ghost) {
        let filter = match o.method { "POST" => MethodFilter::POST, "PUT" => MethodFilter::PUT, "PATCH" => MethodFilter::PATCH, "DELETE" => MethodFilter::DELETE, "OPTIONS" => MethodFilter::OPTIONS, _ => MethodFilter::GET };
        let o = o.clone();
        r = r.route(&o.path.clone(), on(filter, move |State(s): State<Arc<Server>>, params: RawPathParams, req: Request| {
            let captures = params.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            handle(s, o, captures, req)
        }));
    }
    r.fallback(|State(s): State<Arc<Server>>| async move { s.fail(404, "no such entry") })
        .method_not_allowed_fallback(|State(s): State<Arc<Server>>| async move { s.fail(405, "method not allowed") })
        .layer(from_fn_with_state(s.clone(), around)).with_state(s)
}

/// Headers that a JSON API should carry; flaws take them away.
async fn around(State(s): State<Arc<Server>>, req: Request, next: Next) -> Response {
    let encrypted = req.extensions().get::<Encrypted>().is_some();
    let signed_in = req.headers().contains_key(header::AUTHORIZATION) || req.headers().contains_key("x-api-key");
    let mut res = next.run(req).await;
    let h = res.headers_mut();
    let mut set = |k: &'static str, v: &'static str| { h.entry(k).or_insert(HeaderValue::from_static(v)); };
    if !s.has("au-hardening") {
        set("x-content-type-options", "nosniff");
        set("x-frame-options", "DENY");
        set("referrer-policy", "no-referrer");
        set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    }
    if signed_in { set("cache-control", "no-store"); }
    if encrypted && !s.has("en-hsts") { set("strict-transport-security", "max-age=63072000; includeSubDomains"); }
    if s.has("im-banner") {
        set("server", "axum/0.6.1 hyper/0.14.9");
        set("x-powered-by", "rustc 1.58.0");
    }
    res
}

async fn handle(s: Arc<Server>, op: Arc<Op>, mut captures: HashMap<String, String>, req: Request) -> Response {
    let on = s.has(op.flaw);
    if op.vanishes && !on { return s.fail(404, "no such entry"); }
    let (parts, body) = req.into_parts();
    // Matrix parameters are cut off the last segment, as proxies do.
    for v in captures.values_mut() {
        if op.hole == Hole::Semicolon { if let Some(cut) = v.find(';') { v.truncate(cut); } }
    }
    let query = parts.uri.query().map(crate::fetch::parse_query).unwrap_or_default();
    let mut c = Call { s: s.clone(), op, on, user: None, uri: parts.uri, headers: parts.headers, captures, query, raw: vec![], body: Value::Null };
    c.user = who(&c);
    if let Some(refusal) = admitted(&c) { return refusal; }
    if matches!(c.op.method, "POST" | "PUT" | "PATCH") {
        let Ok(raw) = axum::body::to_bytes(body, MAX_BODY).await else { return s.fail(413, "the body is too large") };
        c.raw = raw.to_vec();
        if c.op.params.iter().any(|p| p.place == "body") {
            match serde_json::from_slice::<Value>(&c.raw) {
                Ok(v @ Value::Object(_)) => c.body = v,
                Ok(Value::Array(_)) if c.op.path == "/graphql" => {} // a batch; the handler reads it
                _ => return s.fail(400, "the body is not a JSON object"),
            }
            for p in c.op.params.iter().filter(|p| p.place == "body" && p.required && c.body.is_object()) {
                if c.body[&p.name].is_null() { return s.fail(422, &format!("{} is required", p.name)); }
            }
        }
    }
    if c.op.flaw.starts_with("iv-cors") || c.op.trap == "t-cors" { return crate::ops_web::with_cors(c).await; }
    (c.op.run)(c).await
}

/// Whose the credentials are, by the check of this operation.
fn who(c: &Call) -> Option<Person> {
    let (s, hole) = (&c.s, if c.on { c.op.hole } else { Hole::Nothing });
    if c.op.access == Access::Key {
        let given = c.header("x-api-key");
        return s.world.people.iter().find(|p| p.api_key == given)
            .or_else(|| (hole == Hole::AnyKey && !given.is_empty()).then(|| &s.world.people[0])).cloned();
    }
    let mut token = c.header("authorization").strip_prefix("Bearer ").unwrap_or("").to_string();
    if token.is_empty() && hole == Hole::UrlToken { token = c.query("access_token"); }
    s.keys.verify(&s.world, &token, hole, s.has("au-jwt-secret"))
}

fn admitted(c: &Call) -> Option<Response> {
    let op = &c.op;
    if matches!(op.access, Access::Public | Access::Optional) { return None; }
    if c.on {
        let path = c.uri.path();
        match op.hole {
            Hole::Everything => return None,
            Hole::OriginalUrl if !c.header("x-original-url").is_empty() && c.header("x-original-url") != path => return None,
            Hole::Semicolon if path.contains(';') => return None,
            _ => {}
        }
    }
    let Some(user) = &c.user else {
        if op.trap == "t-403" { return Some(c.fail(403, "access denied")); }
        let mut r = c.fail(401, "credentials are needed");
        let challenge = match op.access { Access::Key => "ApiKey", _ => "Bearer" };
        r.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        return Some(r);
    };
    let waived = c.on && (op.hole == Hole::Role || op.hole == Hole::RoleParam && c.arg(0) == "admin");
    if op.access == Access::Admin && user.role != "admin" && !waived { return Some(c.fail(403, "for administrators")); }
    None
}

/// The description of the API as it stands with the present switches.
pub fn spec(s: &Server) -> Value {
    let w = &s.world;
    let mut paths = serde_json::Map::new();
    for o in s.ops.iter().filter(|o| !o.hidden) {
        // A wildcard of the router is an ordinary parameter in the description.
        let entry = paths.entry(o.path.replace("{*", "{")).or_insert(json!({}));
        entry[o.method.to_lowercase()] = describe(s, o);
    }
    json!({
        "openapi": w.openapi,
        "info": {"title": format!("{} public API", w.v.brand), "version": "3.4.0", "description": "For customers, partners and the web client."},
        "servers": [{"url": format!("http://{}", w.myself)}],
        "paths": paths,
        "components": {"securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "partnerKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "linkToken": {"type": "apiKey", "in": "query", "name": "access_token"},
            "feedPassword": {"type": "http", "scheme": "basic"},
        }},
    })
}

fn describe(s: &Server, o: &Op) -> Value {
    let mut out = json!({
        "operationId": format!("{}{}", o.method.to_lowercase(), o.path.replace(['/', '-', '{', '}', '*', '.'], "_")),
        "summary": o.summary,
        "responses": {"200": {"description": "Fine", "content": {o.media: {"schema": if o.media == "application/json" { o.schema.clone() } else { json!({"type": "string"}) }}}}},
    });
    if o.about.starts_with("Reads only") { out["x-plumb-read-only"] = json!(true); }
    if !o.about.is_empty() { out["description"] = json!(o.about); }
    let on = s.has(o.flaw);
    if o.hole == Hole::UrlToken && on {
        out["security"] = json!([{"linkToken": []}, {"bearer": []}]);
    } else if o.scheme == "feedPassword" {
        if on { out["security"] = json!([{"feedPassword": []}]); } else { out["security"] = json!([{"bearer": []}]); }
    } else {
        match o.access {
            Access::User | Access::Admin if !(o.open_spec && on) => out["security"] = json!([{o.scheme: []}]),
            Access::Key => out["security"] = json!([{"partnerKey": []}]),
            Access::Optional => out["security"] = json!([{}, {"bearer": []}]),
            _ => {}
        }
    }
    let (mut params, mut body, mut required) = (vec![], serde_json::Map::new(), vec![]);
    for p in &o.params {
        if p.place == "body" {
            let mut schema = p.schema.clone();
            if !p.example.is_null() { schema["example"] = p.example.clone(); }
            body.insert(p.name.clone(), schema);
            if p.required { required.push(p.name.clone()); }
        } else {
            let mut row = json!({"name": p.name, "in": p.place, "required": p.required, "schema": p.schema});
            if !p.example.is_null() && p.example != "" { row["example"] = p.example.clone(); }
            params.push(row);
        }
    }
    if !params.is_empty() { out["parameters"] = json!(params); }
    if !body.is_empty() {
        let mut schema = json!({"type": "object", "properties": body});
        if !required.is_empty() { schema["required"] = json!(required); }
        out["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    out
}

