// SPDX-License-Identifier: Apache-2.0
//! The descriptor that every route is a row of, and one request on its way.

use crate::server::Server;
use crate::world::{Person, World};
use axum::body::Body;
use axum::http::{header, HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::{future::Future, pin::Pin, sync::Arc};

#[derive(Clone, Copy, PartialEq)]
pub enum Access { Public, Optional, User, Admin, Key }

/// What the credential check overlooks while the operation's flaw is on.
#[derive(Clone, Copy, PartialEq)]
pub enum Hole { Nothing, Everything, AlgNone, EmptySignature, NoVerification, Confusion, KeyId, Expired, Audience, AnyKey, OriginalUrl, Semicolon, UrlToken, Role, RoleParam }

pub type Run = fn(Call) -> Pin<Box<dyn Future<Output = Response> + Send>>;

#[derive(Clone)]
pub struct Param {
    pub name: String,
    pub place: &'static str,
    pub required: bool,
    pub schema: Value,
    pub example: Value,
}

#[derive(Clone)]
pub struct Op {
    pub method: &'static str,
    pub path: String,
    pub summary: String,
    pub about: String,
    pub params: Vec<Param>,
    pub access: Access,
    pub flaw: &'static str,
    pub trap: &'static str,
    pub hole: Hole,
    pub hidden: bool,
    pub vanishes: bool,
    pub ghost: bool,
    pub open_spec: bool,
    pub scheme: &'static str,
    pub media: &'static str,
    pub schema: Value,
    pub kind: &'static str,
    pub run: Run,
}

pub fn op(method: &'static str, path: impl Into<String>, summary: impl Into<String>, run: Run) -> Op {
    Op {
        method, path: path.into(), summary: summary.into(), about: String::new(), params: vec![], access: Access::Public, flaw: "", trap: "",
        hole: Hole::Nothing, hidden: false, vanishes: false, ghost: false, open_spec: false, scheme: "bearer", media: "application/json",
        schema: json!({"type": "object"}), kind: "", run,
    }
}

impl Op {
    pub fn flaw(mut self, id: &'static str) -> Op { self.flaw = id; self }
    pub fn trap(mut self, id: &'static str) -> Op { self.trap = id; self }
    pub fn about(mut self, text: impl Into<String>) -> Op { self.about = text.into(); self }
    pub fn access(mut self, access: Access) -> Op { self.access = access; self }
    pub fn hole(mut self, hole: Hole) -> Op { self.hole = hole; self }
    pub fn hidden(mut self) -> Op { self.hidden = true; self }
    pub fn vanishes(mut self) -> Op { self.vanishes = true; self }
    pub fn ghost(mut self) -> Op { self.ghost = true; self }
    pub fn open_spec(mut self) -> Op { self.open_spec = true; self }
    pub fn scheme(mut self, name: &'static str) -> Op { self.scheme = name; self }
    pub fn media(mut self, media: &'static str) -> Op { self.media = media; self }
    pub fn kind(mut self, kind: &'static str) -> Op { self.kind = kind; self }
    pub fn schema(mut self, schema: Value) -> Op { self.schema = schema; self }
    pub fn list(self, w: &World) -> Op {
        let rows = json!({"type": "array", "items": {"type": "object"}});
        self.schema(if w.envelope.is_empty() { rows } else { json!({"type": "object", "properties": {w.envelope: rows}}) })
    }
    pub fn param(mut self, place: &'static str, name: impl Into<String>, schema: Value, example: Value) -> Op {
        let required = place == "path";
        self.params.push(Param { name: name.into(), place, required, schema, example });
        self
    }
    pub fn query(self, name: impl Into<String>, example: &str) -> Op { self.param("query", name, json!({"type": "string"}), json!(example)) }
    pub fn body(self, name: impl Into<String>, example: Value) -> Op {
        let kind = match &example { Value::String(_) => "string", Value::Number(_) => "integer", Value::Array(_) => "array", Value::Object(_) => "object", _ => "boolean" };
        self.param("body", name, json!({"type": kind}), example)
    }
    pub fn required(mut self) -> Op { self.params.last_mut().unwrap().required = true; self }
}

pub struct Call {
    pub s: Arc<Server>,
    pub op: Arc<Op>,
    pub on: bool,
    pub user: Option<Person>,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub captures: HashMap<String, String>,
    pub query: Vec<(String, String)>,
    pub raw: Vec<u8>,
    pub body: Value,
}

pub fn text(v: &Value) -> String { v.as_str().map(str::to_string).unwrap_or_else(|| if v.is_null() { String::new() } else { v.to_string() }) }

impl Call {
    /// The operation's parameter number n, "" where it is absent.
    pub fn arg(&self, n: usize) -> String {
        let p = &self.op.params[n];
        match p.place {
            "path" => self.captures.get(&p.name).cloned().unwrap_or_default(),
            "header" => self.header(&p.name),
            "body" => text(&self.body[&p.name]),
            _ => self.query(&p.name),
        }
    }
    pub fn query(&self, name: &str) -> String { self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).unwrap_or_default() }
    pub fn header(&self, name: &str) -> String { self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_string() }
    pub fn w(&self) -> &World { &self.s.world }
    pub fn me(&self) -> Person { self.user.clone().unwrap_or_else(|| Person { id: String::new(), tenant: String::new(), role: "none", ..self.s.world.people[0].clone() }) }

    pub fn json(&self, status: u16, v: Value) -> Response { self.s.json(status, v) }
    pub fn ok(&self, v: Value) -> Response { self.json(200, v) }
    pub fn one(&self, row: Value) -> Response {
        if self.w().envelope == "data" { self.ok(json!({"data": row})) } else { self.ok(row) }
    }
    pub fn rows(&self, rows: Vec<Value>, next: Option<String>) -> Response {
        let w = self.w();
        if w.envelope.is_empty() {
            let mut r = self.ok(Value::Array(rows));
            if let Some(n) = next { r.headers_mut().insert("x-next", n.parse().unwrap()); }
            return r;
        }
        let mut out = Map::new();
        out.insert("total".into(), json!(rows.len()));
        out.insert(w.envelope.into(), Value::Array(rows));
        if let Some(n) = next { out.insert("next_page".into(), json!(n)); }
        self.ok(Value::Object(out))
    }
    pub fn fail(&self, status: u16, detail: &str) -> Response { self.s.fail(status, detail) }
    pub fn missing(&self) -> Response { self.fail(404, "no such entry") }
    pub fn invalid(&self, detail: &str) -> Response { self.fail(400, detail) }
    pub fn broken(&self) -> Response { self.fail(500, "the request could not be completed") }
    pub fn page(&self, media: &str, body: impl Into<String>) -> Response {
        Response::builder().header(header::CONTENT_TYPE, media).body(Body::from(body.into())).unwrap()
    }
}

impl Server {
    pub fn json(&self, status: u16, v: Value) -> Response {
        let mut body = self.restyle(v).to_string();
        body.push('\n');
        Response::builder().status(status).header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    }
    pub fn fail(&self, status: u16, detail: &str) -> Response {
        let title = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap_or("Error");
        match self.world.errors {
            1 => self.json(status, json!({"error": {"code": status, "message": detail}})),
            2 => self.json(status, json!({"success": false, "reason": detail})),
            _ => {
                let mut r = self.json(status, json!({"title": title, "status": status, "detail": detail}));
                r.headers_mut().insert(header::CONTENT_TYPE, "application/problem+json".parse().unwrap());
                r
            }
        }
    }
    fn restyle(&self, v: Value) -> Value {
        match v {
            Value::Object(m) => Value::Object(m.into_iter().map(|(k, x)| (self.world.key(&k), self.restyle(x))).collect()),
            Value::Array(a) => Value::Array(a.into_iter().map(|x| self.restyle(x)).collect()),
            other => other,
        }
    }
}
