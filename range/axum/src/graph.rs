// SPDX-License-Identifier: Apache-2.0
//! /graphql: the same data, by another door.

use crate::op::{op, Call, Op};
use crate::run;
use crate::server::Server;
use crate::world::{Person, World};
use async_graphql::dynamic::*;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Request, Value as GValue};
use axum::response::Response;
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const FLAWS: [&str; 4] = ["gq-introspection", "gq-suggestions", "gq-depth", "gq-alias"];

/// Schemas by the flaws of them that are on.
#[derive(Default)]
pub struct Graph(Mutex<HashMap<u8, Schema>>);

pub fn ops(w: &World) -> Vec<Op> {
    let query = format!("{{ {}(first: 2) {{ id title }} }}", camel(w.open[0]));
    vec![
        op("POST", "/graphql", "GraphQL", run!(post)).flaw("gq-introspection").about("Queries, and one mutation for those who are signed in.").body("query", json!(query)).required()
            .param("body", "variables", json!({"type": "object"}), Value::Null),
        op("GET", "/graphql", "GraphQL queries", run!(get)).flaw("gq-get-mutation").query("query", &query).required(),
    ]
}

fn camel(word: &str) -> String { word.split('-').enumerate().map(|(i, p)| if i == 0 { p.to_string() } else { p[..1].to_uppercase() + &p[1..] }).collect() }

fn scalar(name: &str) -> Field {
    let key = name.to_string();
    let kind = if ["number", "amount", "price"].contains(&name) { TypeRef::INT } else { TypeRef::STRING };
    Field::new(camel(&name.replace('_', "-")), TypeRef::named(kind), move |ctx| {
        let v = ctx.parent_value.try_downcast_ref::<Value>().ok().map(|v| v[&key].clone()).unwrap_or(Value::Null);
        FieldFuture::from_value(GValue::from_json(v).ok())
    })
}

struct Who { s: Arc<Server>, user: Option<Person> }

fn rows(all: Vec<Value>) -> FieldValue<'static> { FieldValue::list(all.into_iter().map(FieldValue::owned_any)) }

fn public_rows(kind: &'static str, field: &'static str) -> Field {
    Field::new(camel(field), TypeRef::named_nn_list_nn("Entry"), move |ctx| FieldFuture::new(async move {
        let who = ctx.data::<Who>()?;
        let n = ctx.args.get("first").and_then(|v| v.i64().ok()).unwrap_or(5).clamp(1, 20) as usize;
        let all = who.s.store.list(0, kind).await.map_err(|_| async_graphql::Error::new("not now"))?;
        Ok(Some(rows(all.into_iter().take(n).collect())))
    })).argument(InputValue::new("first", TypeRef::named(TypeRef::INT)))
}

fn signed_in<'a>(ctx: &'a ResolverContext) -> async_graphql::Result<(&'a Arc<Server>, &'a Person)> {
    let who = ctx.data::<Who>()?;
    who.user.as_ref().map(|p| (&who.s, p)).ok_or_else(|| async_graphql::Error::new("please sign in"))
}

/// The account's own field, for its owner and the administrator; with the flaw for anybody who is signed in.
fn guarded(name: &'static str) -> Field {
    Field::new(camel(&name.replace('_', "-")), TypeRef::named(TypeRef::STRING), move |ctx| FieldFuture::new(async move {
        let (s, me) = signed_in(&ctx)?;
        let v = ctx.parent_value.try_downcast_ref::<Value>()?;
        if v["id"] != json!(me.id) && me.role != "admin" && !s.has("gq-field") { return Err(async_graphql::Error::new("this field is private")); }
        Ok(GValue::from_json(v[name].clone()).ok())
    }))
}

fn build(w: &World, bits: u8) -> Schema {
    let (open, owned, kind) = (w.open[0], camel(w.owned[25]), w.owned[25]);
    let entry = Object::new("Entry").field(scalar("id")).field(scalar("title")).field(scalar("price")).field(scalar("standing")).field(public_rows(open, "similar"));
    let account = Object::new("Person").field(scalar("id")).field(scalar("nickname")).field(guarded("email")).field(guarded("phone")).field(guarded("iban"));
    let record = ["id", "reference", "item", "street", "amount", "status"].iter().fold(Object::new("Record"), |o, k| o.field(scalar(k)));
    let query = Object::new("Query").field(public_rows(open, open))
        .field(Field::new("people", TypeRef::named_nn_list_nn("Person"), |ctx| FieldFuture::new(async move {
            let (s, _) = signed_in(&ctx)?;
            let mut all = s.store.all(&s.store.tables[2], None).await.map_err(|_| async_graphql::Error::new("not now"))?;
            all.sort_by_key(|r| r["number"].as_i64());
            Ok(Some(rows(all)))
        })))
        .field(Field::new(owned.clone(), TypeRef::named_nn_list_nn("Record"), move |ctx| FieldFuture::new(async move {
            let (s, me) = signed_in(&ctx)?;
            let all = s.store.list(1, kind).await.map_err(|_| async_graphql::Error::new("not now"))?;
            Ok(Some(rows(all.into_iter().filter(|r| r["tenant"] == json!(me.tenant) || me.role == "admin").collect())))
        })))
        .field(Field::new("record", TypeRef::named("Record"), move |ctx| FieldFuture::new(async move {
            let (s, me) = signed_in(&ctx)?;
            let id = ctx.args.try_get("id")?.string()?.to_string();
            let row = s.store.get(1, kind, &id).await.ok().flatten();
            Ok(row.filter(|r| s.has("gq-node") || r["tenant"] == json!(me.tenant) || me.role == "admin").map(FieldValue::owned_any))
        })).argument(InputValue::new("id", TypeRef::named_nn(TypeRef::STRING))));
    let mutation = Object::new("Mutation").field(Field::new("setTheme", TypeRef::named(TypeRef::STRING), |ctx| FieldFuture::new(async move {
        let (s, me) = signed_in(&ctx)?;
        let theme = ctx.args.try_get("theme")?.string()?.to_string();
        let mut row = s.store.get(2, "", &me.id).await.ok().flatten().ok_or_else(|| async_graphql::Error::new("not now"))?;
        row["theme"] = json!(theme);
        s.store.put(2, &row).await.map_err(|_| async_graphql::Error::new("not now"))?;
        Ok(Some(GValue::from(theme)))
    })).argument(InputValue::new("theme", TypeRef::named_nn(TypeRef::STRING))));
    let mut b = Schema::build("Query", Some("Mutation"), None).register(entry).register(account).register(record).register(query).register(mutation);
    if bits & 1 == 0 { b = b.disable_introspection(); }
    if bits & 2 == 0 { b = b.disable_suggestions(); }
    b = if bits & 4 == 0 { b.limit_depth(7) } else { b.limit_depth(200) };
    if bits & 8 == 0 { b = b.limit_complexity(120); }
    b.finish().expect("schema")
}

impl Graph {
    fn schema(&self, s: &Server) -> Schema {
        let bits = FLAWS.iter().enumerate().map(|(i, f)| (s.has(f) as u8) << i).sum();
        self.0.lock().unwrap().entry(bits).or_insert_with(|| build(&s.world, bits)).clone()
    }
}

const MOST_FIELDS: usize = 100;

/// Fields as they are written, fragments included once.
fn fields(document: &ExecutableDocument) -> usize {
    fn count(set: &SelectionSet) -> usize {
        set.items.iter().map(|s| match &s.node {
            Selection::Field(f) => 1 + count(&f.node.selection_set.node),
            Selection::InlineFragment(f) => count(&f.node.selection_set.node),
            Selection::FragmentSpread(_) => 1,
        }).sum()
    }
    document.operations.iter().map(|(_, o)| count(&o.node.selection_set.node)).sum::<usize>()
        + document.fragments.values().map(|f| count(&f.node.selection_set.node)).sum::<usize>()
}

async fn execute(c: &Call, request: Request) -> Value {
    if !c.s.has("gq-alias") && async_graphql::parser::parse_query(&request.query).is_ok_and(|d| fields(&d) > MOST_FIELDS) {
        return json!({"data": null, "errors": [{"message": "the query asks for too many fields"}]});
    }
    let mut user = c.user.clone();
    if user.is_none() { user = c.s.keys.verify(c.w(), c.header("authorization").strip_prefix("Bearer ").unwrap_or(""), crate::op::Hole::Nothing, c.s.has("au-jwt-secret")); }
    let answer = c.s.graph.schema(&c.s).execute(request.data(Who { s: c.s.clone(), user })).await;
    serde_json::to_value(&answer).unwrap_or_else(|_| json!({"errors": []}))
}

/// GraphQL answers keep their own keys.
fn plain(v: Value) -> Response { Response::builder().header("content-type", "application/json").body(v.to_string().into()).unwrap() }

async fn post(c: Call) -> Response {
    if let Ok(batch) = serde_json::from_slice::<Vec<Request>>(&c.raw) {
        if !c.s.has("gq-batch") { return c.invalid("one operation per request"); }
        let mut all = vec![];
        for r in batch.into_iter().take(500) { all.push(execute(&c, r).await); }
        return plain(Value::Array(all));
    }
    match serde_json::from_slice::<Request>(&c.raw) {
        Ok(r) if !r.query.is_empty() => plain(execute(&c, r).await),
        _ => c.invalid("a query is needed"),
    }
}

async fn get(c: Call) -> Response {
    let text = c.query("query");
    let mutates = async_graphql::parser::parse_query(&text).is_ok_and(|d| d.operations.iter().any(|(_, o)| o.node.ty == OperationType::Mutation));
    if mutates && !c.on { return c.fail(405, "mutations by POST only"); }
    if text.is_empty() { return c.invalid("a query is needed"); }
    plain(execute(&c, Request::new(text)).await)
}
