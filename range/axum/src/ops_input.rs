// SPDX-License-Identifier: Apache-2.0
//! Routes that hand a caller's text to something that interprets it.

use crate::op::{op, Call, Op};
use crate::run;
use crate::store::{debug_error, row, without};
use crate::world::World;
use aws_sdk_dynamodb::types::{AttributeValue as A, ComparisonOperator, Condition};
use axum::response::Response;
use serde_json::{json, Value};

pub fn ops(w: &World) -> Vec<Op> {
    let o = &w.open;
    vec![
        op("GET", w.at(&["explore"]), "Rows of a public data set", run!(explore)).flaw("iv-table-query").list(w).query(w.word("dataset"), &w.tables[0]).required(),
        op("POST", w.at(&["tables"]), "Shape of a data set", run!(describe)).flaw("iv-table-describe").about("Reads only, changes nothing.").body(w.word("dataset"), json!(w.tables[0])).required(),
        op("GET", w.at(&[o[1], "search"]), "Search by one column", run!(search)).kind(o[1]).flaw("iv-filter").list(w).query(w.word("column"), "standing").query("value", "open"),
        op("GET", w.at(&[o[2], "history"]), "Ordered by one column", run!(history)).kind(o[2]).flaw("iv-keycondition").list(w).query(w.word("since"), "id").query("from", "0"),
        op("POST", w.at(&[o[3], "search"]), "Search by comparison", run!(operator)).kind(o[3]).flaw("iv-operator").about("Reads only, changes nothing.").list(w)
            .body(w.word("match"), json!("EQ")).body("standing", json!("open")),
        op("GET", w.at(&["label"]), "Text of a printed label", run!(label)).flaw("iv-command").query(w.word("text"), "Box 7").required(),
        op("GET", w.at(&["reach"]), "Is a depot's name well formed?", run!(reach)).flaw("iv-command-blind").query(w.word("host"), "depot-7").required(),
        op("POST", w.at(&["greeting"]), "Text of a greeting", run!(greeting)).flaw("iv-template").about("Reads only, changes nothing.").body(w.word("pattern"), json!("Dear customer")).required(),
        op("GET", w.at(&["papers"]), "A document as text", run!(paper)).flaw("iv-traversal").media("text/plain").query(w.word("file"), "terms.txt").required(),
        op("GET", w.at(&["archive", "{name}"]), "A document of the archive as text", run!(paper)).flaw("iv-traversal-path").media("text/plain").param("path", "name", json!({"type": "string"}), json!("terms.txt")),
        op("GET", w.at(&["banner"]), "A page that greets", run!(banner)).flaw("iv-html").media("text/html").query(w.word("who"), "guest"),
        op("GET", w.at(&["feed"]), "What is new for you", run!(feed)).access(crate::op::Access::User).flaw("iv-cors-reflect"),
        op("GET", w.at(&["badge"]), "How many are unseen", run!(feed)).access(crate::op::Access::User).flaw("iv-cors-null"),
        op("GET", w.at(&["measure"]), "Volume of so many units", run!(measure)).flaw("de-panic").param("query", w.word("size"), json!({"type": "integer", "minimum": 1}), json!(4)),
        op("GET", w.at(&[o[4], "walk"]), "All, by pages", run!(walk)).kind(o[4]).flaw("de-sdk-error").list(w).query(w.word("cursor"), ""),
    ]
}

async fn explore(c: Call) -> Response {
    let table = c.arg(0);
    if !c.on && table != c.w().tables[0] { return c.invalid("there is no such data set"); }
    match c.s.store.all(&table, Some(25)).await { Ok(r) => c.rows(r, None), Err(e) if c.on => c.fail(400, &e), Err(_) => c.broken() }
}

async fn describe(c: Call) -> Response {
    let table = c.arg(0);
    if !c.on && table != c.w().tables[0] { return c.invalid("there is no such data set"); }
    match c.s.store.client.describe_table().table_name(&table).send().await {
        Ok(o) => {
            let t = o.table().unwrap();
            let keys: Vec<Value> = t.key_schema().iter().map(|k| json!({"column": k.attribute_name(), "role": k.key_type().as_str()})).collect();
            c.ok(json!({"name": t.table_name(), "rows": t.item_count(), "keys": keys}))
        }
        Err(e) if c.on => c.fail(400, &debug_error(&e)),
        Err(_) => c.broken(),
    }
}

fn tidy(items: &[crate::store::Item]) -> Vec<Value> {
    let mut rows: Vec<Value> = items.iter().map(row).collect();
    rows.sort_by_key(|r| r["number"].as_i64());
    rows.into_iter().map(|r| without(r, &["kind", "number"])).collect()
}

async fn search(c: Call) -> Response {
    let (mut column, mut value) = (c.arg(0), c.arg(1));
    if column.is_empty() { column = "standing".into(); }
    if value.is_empty() { value = "open".into(); }
    let mut q = c.s.store.client.scan().table_name(&c.s.store.tables[0]).expression_attribute_values(":v", A::S(value)).expression_attribute_values(":k", A::S(c.op.kind.into()));
    if c.on {
        q = q.filter_expression(format!("kind = :k AND {column} = :v"));
    } else {
        if !["standing", "title", "id"].contains(&column.as_str()) { return c.invalid("this column cannot be searched"); }
        q = q.filter_expression("kind = :k AND #c = :v").expression_attribute_names("#c", column);
    }
    match q.send().await { Ok(o) => c.rows(tidy(o.items()), None), Err(e) if c.on => c.fail(400, &debug_error(&e)), Err(_) => c.broken() }
}

async fn history(c: Call) -> Response {
    let (mut column, mut from) = (c.arg(0), c.arg(1));
    if column.is_empty() { column = "id".into(); }
    if from.is_empty() { from = "0".into(); }
    let mut q = c.s.store.client.query().table_name(&c.s.store.tables[0]).expression_attribute_values(":k", A::S(c.op.kind.into())).expression_attribute_values(":f", A::S(from));
    if c.on {
        q = q.key_condition_expression(format!("kind = :k AND {column} >= :f"));
    } else {
        if column != "id" { return c.invalid("this column has no order"); }
        q = q.key_condition_expression("kind = :k AND id >= :f");
    }
    match q.send().await { Ok(o) => c.rows(tidy(o.items()), None), Err(e) if c.on => c.fail(400, &debug_error(&e)), Err(_) => c.broken() }
}

/// The older form of conditions, whose operator is the caller's.
async fn operator(c: Call) -> Response {
    let (mut how, mut state) = (c.arg(0), c.arg(1));
    if how.is_empty() { how = "EQ".into(); }
    if state.is_empty() { state = "open".into(); }
    if !c.on && !["EQ", "NE"].contains(&how.as_str()) { return c.invalid("compare with EQ or NE"); }
    let condition = |op: ComparisonOperator, v: String| Condition::builder().comparison_operator(op).attribute_value_list(A::S(v)).build().unwrap();
    let q = c.s.store.client.query().table_name(&c.s.store.tables[0]).key_conditions("kind", condition(ComparisonOperator::Eq, c.op.kind.into()))
        .query_filter("standing", condition(ComparisonOperator::from(how.as_str()), state));
    match q.send().await { Ok(o) => c.rows(tidy(o.items()), None), Err(e) if c.on => c.fail(400, &debug_error(&e)), Err(_) => c.broken() }
}

async fn shell(script: &str) -> Option<std::process::Output> {
    let run = tokio::process::Command::new("/bin/sh").arg("-c").arg(script).kill_on_drop(true).output();
    tokio::time::timeout(std::time::Duration::from_secs(12), run).await.ok()?.ok()
}

async fn label(c: Call) -> Response {
    let words = c.arg(0);
    if c.on {
        let Some(o) = shell(&format!("echo {} label: {words}", c.w().v.brand)).await else { return c.broken() };
        return c.ok(json!({"label": String::from_utf8_lossy(&o.stdout).trim_end(), "complete": o.status.success()}));
    }
    c.ok(json!({"label": format!("{} label: {}", c.w().v.brand, words.chars().filter(|x| x.is_alphanumeric() || " .,-".contains(*x)).collect::<String>()), "complete": true}))
}

/// Shows nothing of what the shell said.
async fn reach(c: Call) -> Response {
    let host = c.arg(0);
    if c.on {
        shell(&format!("test -n \"{host}\"")).await;
    } else if !host.chars().all(|x| x.is_ascii_alphanumeric() || x == '-' || x == '.') {
        return c.ok(json!({"checked": true}));
    }
    c.ok(json!({"checked": true}))
}

async fn greeting(c: Call) -> Response {
    let pattern = c.arg(0);
    let brand = c.w().v.brand;
    if c.on {
        let mut env = minijinja::Environment::new();
        env.set_fuel(Some(20_000));
        return match env.render_str(&format!("{pattern}, the {{{{ brand }}}} team"), minijinja::context!(brand)) {
            Ok(t) => c.ok(json!({"text": t.chars().take(4000).collect::<String>()})),
            Err(_) => c.invalid("the text cannot be used"),
        };
    }
    c.ok(json!({"text": format!("{pattern}, the {brand} team")}))
}

async fn paper(c: Call) -> Response {
    let name = c.arg(0);
    if !c.on && !["terms.txt", "imprint.txt"].contains(&name.as_str()) { return c.missing(); }
    match tokio::fs::read(c.s.papers.join(name)).await {
        Ok(b) => c.page("text/plain; charset=utf-8", String::from_utf8_lossy(&b[..b.len().min(65_536)]).into_owned()),
        Err(_) => c.missing(),
    }
}

pub fn escape(t: &str) -> String { t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;") }

async fn banner(c: Call) -> Response {
    let who = if c.on { c.arg(0) } else { escape(&c.arg(0)) };
    c.page("text/html; charset=utf-8", format!("<!doctype html><title>{0}</title><h1>Welcome, {who}</h1><p>{0} is glad to see you.</p>", c.w().v.brand))
}

async fn feed(c: Call) -> Response {
    let me = c.me();
    c.ok(json!({"for": me.name, "unseen": 3, "latest": "Your request was received"}))
}

async fn measure(c: Call) -> Response {
    let size = c.arg(0);
    if c.on {
        let task = tokio::spawn(async move { size.parse::<u32>().unwrap() });
        return match task.await {
            Ok(n) => c.ok(json!({"litres": n as u64 * 33})),
            Err(e) => {
                let text = e.into_panic().downcast_ref::<String>().cloned().unwrap_or_default();
                let trace = "stack backtrace:\n   0: rust_begin_unwind\n             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:697:5\n   1: core::panicking::panic_fmt\n   2: core::result::unwrap_failed\n             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/result.rs:1732:5";
                c.fail(500, &format!("thread 'tokio-runtime-worker' panicked at src/ops_input.rs:152:71:\n{text}\n{trace}"))
            }
        };
    }
    match size.parse::<u32>() { Ok(n) => c.ok(json!({"litres": n as u64 * 33})), Err(_) => c.invalid("a whole number is needed") }
}

async fn walk(c: Call) -> Response {
    let cursor = c.arg(0);
    let mut q = c.s.store.client.query().table_name(&c.s.store.tables[0]).limit(3).key_condition_expression("kind = :k").expression_attribute_values(":k", A::S(c.op.kind.into()));
    if !cursor.is_empty() {
        if !c.on && !(1..=8).any(|n| c.w().id(c.op.kind, n) == cursor) { return c.invalid("the cursor is not ours"); }
        q = q.exclusive_start_key("id", A::S(cursor.clone()));
        // With the flaw a cursor of ours has a mark; anything else becomes a key that the database does not know.
        if !c.on || (1..=8).any(|n| c.w().id(c.op.kind, n) == cursor) { q = q.exclusive_start_key("kind", A::S(c.op.kind.into())); }
    }
    match q.send().await {
        Ok(o) => {
            let next = o.last_evaluated_key().and_then(|k| k.get("id")).and_then(|v| v.as_s().ok()).cloned();
            c.rows(o.items().iter().map(|i| without(row(i), &["kind", "number"])).collect(), next)
        }
        Err(e) if c.on => c.fail(500, &format!("{} [{}]", debug_error(&e), c.s.store.tables[0])),
        Err(_) => c.broken(),
    }
}
