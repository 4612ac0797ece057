// SPDX-License-Identifier: Apache-2.0
//! The tables: catalogue (kind, id), records (kind, id), accounts (id).

use crate::world::{hex, World};
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue as A, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_dynamodb::Client;
use serde_json::{json, Map, Value};
use std::collections::HashMap;

pub type Item = HashMap<String, A>;

pub struct Store {
    pub client: Client,
    pub config: aws_config::SdkConfig,
    pub tables: [String; 3],
}

pub fn to_attr(v: &Value) -> A {
    match v {
        Value::String(s) => A::S(s.clone()),
        Value::Number(n) => A::N(n.to_string()),
        Value::Bool(b) => A::Bool(*b),
        Value::Array(a) => A::L(a.iter().map(to_attr).collect()),
        Value::Object(m) => A::M(m.iter().map(|(k, v)| (k.clone(), to_attr(v))).collect()),
        Value::Null => A::Null(true),
    }
}

fn from_attr(a: &A) -> Value {
    match a {
        A::S(s) => json!(s),
        A::N(n) => n.parse::<i64>().map(|n| json!(n)).unwrap_or_else(|_| json!(n.parse::<f64>().unwrap_or(0.0))),
        A::Bool(b) => json!(b),
        A::L(l) => l.iter().map(from_attr).collect(),
        A::M(m) => row(m),
        _ => Value::Null,
    }
}

/// An item as JSON, id first, the rest by name, so that answers do not vary.
pub fn row(item: &Item) -> Value {
    let mut keys: Vec<&String> = item.keys().collect();
    keys.sort_by_key(|k| (*k != "id", k.as_str().to_string()));
    Value::Object(keys.into_iter().map(|k| (k.clone(), from_attr(&item[k]))).collect::<Map<_, _>>())
}

pub fn without(mut v: Value, keys: &[&str]) -> Value {
    if let Some(m) = v.as_object_mut() { for k in keys { m.shift_remove(*k); } }
    v
}

/// How a careless team shows an SDK error.
pub fn debug_error<E: std::error::Error + RequestId>(e: &E) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(c) = cause { text += &format!(": {c}"); cause = c.source(); }
    text
}

impl Store {
    pub async fn put(&self, table: usize, v: &Value) -> Result<(), String> {
        let item = v.as_object().unwrap().iter().map(|(k, v)| (k.clone(), to_attr(v))).collect();
        self.client.put_item().table_name(&self.tables[table]).set_item(Some(item)).send().await.map(|_| ()).map_err(|e| debug_error(&e))
    }
    pub async fn get(&self, table: usize, kind: &str, id: &str) -> Result<Option<Value>, String> {
        if id.is_empty() || id.len() > 512 { return Ok(None); }
        let mut q = self.client.get_item().table_name(&self.tables[table]).key("id", A::S(id.into()));
        if table != 2 { q = q.key("kind", A::S(kind.into())); }
        q.send().await.map(|o| o.item.as_ref().map(row)).map_err(|e| debug_error(&e))
    }
    pub async fn delete(&self, table: usize, kind: &str, id: &str) -> Result<(), String> {
        self.client.delete_item().table_name(&self.tables[table]).key("kind", A::S(kind.into())).key("id", A::S(id.into())).send().await.map(|_| ()).map_err(|e| debug_error(&e))
    }
    pub async fn list(&self, table: usize, kind: &str) -> Result<Vec<Value>, String> {
        let q = self.client.query().table_name(&self.tables[table]).key_condition_expression("kind = :k").expression_attribute_values(":k", A::S(kind.into()));
        let mut rows: Vec<Value> = q.send().await.map_err(|e| debug_error(&e))?.items().iter().map(row).collect();
        rows.sort_by_key(|r| r["number"].as_i64());
        Ok(rows)
    }
    pub async fn all(&self, table: &str, limit: Option<i32>) -> Result<Vec<Value>, String> {
        self.client.scan().table_name(table).set_limit(limit).send().await.map(|o| o.items().iter().map(row).collect()).map_err(|e| debug_error(&e))
    }

    pub async fn checksum(&self) -> Result<String, String> {
        let mut lines = vec![];
        for t in &self.tables {
            for r in self.all(t, None).await? { lines.push(format!("{t} {r}")); }
        }
        lines.sort();
        Ok(hex(ring::digest::digest(&ring::digest::SHA256, lines.join("\n").as_bytes()).as_ref()))
    }

    async fn create(&self, n: usize) -> Result<(), String> {
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        let attr = |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap();
        let mut q = self.client.create_table().table_name(&self.tables[n]).billing_mode(BillingMode::PayPerRequest).attribute_definitions(attr("id"));
        q = if n == 2 { q.key_schema(key("id", KeyType::Hash)) } else { q.attribute_definitions(attr("kind")).key_schema(key("kind", KeyType::Hash)).key_schema(key("id", KeyType::Range)) };
        q.send().await.map(|_| ()).map_err(|e| debug_error(&e))
    }

    /// All data anew. Rows that are there already and wrong go away.
    pub async fn reset(&self, w: &World) -> Result<(), String> {
        let existing = self.client.list_tables().send().await.map_err(|e| debug_error(&e))?.table_names.unwrap_or_default();
        for n in 0..3 {
            if !existing.contains(&self.tables[n]) { self.create(n).await?; tokio::time::sleep(std::time::Duration::from_millis(60)).await; }
        }
        let wanted = crate::data::rows(w);
        for n in 0..3 {
            let have = self.all(&self.tables[n], None).await?;
            let want: Vec<&Value> = wanted.iter().filter(|(t, _)| *t == n).map(|(_, v)| v).collect();
            for r in &have {
                let same = |v: &&&Value| v["id"] == r["id"] && v["kind"] == r["kind"];
                if !want.iter().any(|v| same(&v)) && n != 2 {
                    self.delete(n, r["kind"].as_str().unwrap_or(""), r["id"].as_str().unwrap_or("")).await?;
                }
            }
            for v in want {
                if !have.iter().any(|r| row(&v.as_object().unwrap().iter().map(|(k, v)| (k.clone(), to_attr(v))).collect()) == *r) { self.put(n, v).await?; }
            }
        }
        Ok(())
    }
}
