// SPDX-License-Identifier: Apache-2.0
//! The switches, on a unix socket outside the API.

use crate::auth::now;
use crate::server::Server;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Of these an operator would say that they only read.
fn read_only_posts(s: &Server) -> Vec<String> {
    s.ops.iter().filter(|o| o.method == "POST" && ["Reads only", "changes nothing"].iter().any(|t| o.about.contains(t))).map(|o| o.path.clone()).collect()
}

type S = State<Arc<Server>>;

pub fn router(s: Arc<Server>) -> Router {
    Router::new()
        .route("/healthz", get(|State(s): S| async move { Json(json!({"ok": true, "seed": s.world.seed})) }))
        .route("/truth", get(truth))
        .route("/traps", get(|State(s): S| async move { Json(json!(s.truth.traps)) }))
        .route("/flaws", get(|State(s): S| async move { flaws(&s) }).put(put_flaws))
        .route("/read-only-posts", get(|State(s): S| async move { Json(json!(read_only_posts(&s))) }))
        .route("/reset", post(reset))
        .route("/checksum", get(checksum))
        .route("/identities", get(identities))
        .with_state(s)
}

async fn truth(State(s): S, Query(q): Query<HashMap<String, String>>) -> Json<Value> {
    let listener = q.get("listener").map(String::as_str).unwrap_or("");
    let mut out = vec![];
    for r in &s.truth.flaws {
        let mut v = json!(r);
        v["on"] = json!(s.has(&r.id) && (r.listener.is_empty() || r.listener == listener));
        if !r.needs.is_empty() && !s.has(&r.needs) { v["optional"] = json!(true); }
        out.push(v);
    }
    for r in &s.truth.notes {
        let mut v = json!(r);
        v["on"] = json!(r.flaw.is_empty() || s.has(&r.flaw));
        v["optional"] = json!(true);
        out.push(v);
    }
    Json(json!(out))
}

fn flaws(s: &Server) -> Response { Json(json!(s.truth.flaws.iter().map(|r| json!({"id": r.id, "on": s.has(&r.id)})).collect::<Vec<_>>())).into_response() }

fn refuse(status: StatusCode, why: String) -> Response { (status, Json(json!({"error": why}))).into_response() }

async fn put_flaws(State(s): S, Json(ids): Json<Vec<String>>) -> Response {
    if let Some(unknown) = ids.iter().find(|i| !s.truth.flaws.iter().any(|r| r.id == **i)) { return refuse(StatusCode::BAD_REQUEST, format!("there is no flaw {unknown}")); }
    *s.on.write().unwrap() = ids.into_iter().collect();
    s.windows.lock().unwrap().clear();
    flaws(&s)
}

async fn reset(State(s): S) -> Response {
    s.windows.lock().unwrap().clear();
    match s.store.reset(&s.world).await { Ok(()) => Json(json!({"ok": true})).into_response(), Err(e) => refuse(StatusCode::INTERNAL_SERVER_ERROR, e) }
}

async fn checksum(State(s): S) -> Response {
    match s.store.checksum().await { Ok(sum) => Json(json!({"sha256": sum})).into_response(), Err(e) => refuse(StatusCode::INTERNAL_SERVER_ERROR, e) }
}

/// Two users of different tenants and the administrator, as a scan may use them.
/// Tokens fit the switches of this moment: ask again after changing them.
async fn identities(State(s): S) -> Json<Value> {
    let w = &s.world;
    let out: Vec<Value> = w.people.iter().take(3).map(|p| json!({
        "name": p.login.split('.').next(), "id": p.id, "tenant": p.tenant, "role": p.role, "login": p.login, "mail": p.mail, "password": p.password, "issued": now(),
        "headers": {"Authorization": format!("Bearer {}", s.keys.issue(w, p, s.has("au-jwt-secret"), s.has("au-no-expiry"))), "X-Api-Key": p.api_key}})).collect();
    Json(json!(out))
}
