// SPDX-License-Identifier: Apache-2.0
//! Routes over the rows of tenants: credentials, ownership, functions, fields.

use crate::op::{op, Access, Call, Hole, Op};
use crate::run;
use crate::store::without;
use crate::world::World;
use axum::response::Response;
use base64::{engine::general_purpose::URL_SAFE_NO_PAD as B64, Engine};
use serde_json::{json, Value};

const INNER: &[&str] = &["kind", "number", "tenant", "margin_percent", "internal_note", "theme"];

pub fn item_schema(w: &World) -> Value {
    let s = || json!({"type": "string"});
    let mut p = serde_json::Map::new();
    for k in ["id", "owner", "street", "item", "reference", "status"] { p.insert(w.key(k), s()); }
    p.insert(w.key("amount"), json!({"type": "integer"}));
    p.insert(w.key("contact"), json!({"type": "object", "properties": {"name": s(), "email": s(), "phone": s()}}));
    json!({"type": "object", "properties": p, "additionalProperties": false})
}

pub fn ops(w: &World) -> Vec<Op> {
    let (o, u) = (&w.owned, Access::User);
    let list = |n: usize| op("GET", w.at(&[o[n]]), format!("Your {}", o[n]), run!(own_list)).access(u).kind(o[n]).list(w);
    let item = |n: usize| {
        op("GET", w.at(&[o[n], "{id}"]), format!("One of your {}", o[n]), run!(own_item)).access(u).kind(o[n]).schema(item_schema(w))
            .param("path", "id", json!({"type": "string"}), json!(w.id(o[n], 1)))
    };
    let open_item = op("GET", w.at(&[w.open[0], "{id}"]), "One entry of the public catalogue", run!(open_item)).kind(w.open[0])
        .param("path", "id", json!({"type": "string"}), json!(w.id(w.open[0], 1)));
    vec![
        op("GET", w.at(&[w.open[0]]), "The public catalogue", run!(open_list)).kind(w.open[0]).list(w).trap("t-cors").param("query", "limit", json!({"type": "integer", "minimum": 1, "maximum": 20}), json!(5)),
        open_item.trap("t-public-objects"),
        op("POST", w.at(&["login"]), "Sign in", run!(login)).flaw("rl-login").about("At most 5 attempts a minute. Stores nothing.")
            .body("login", json!("guest")).required().param("body", "password", json!({"type": "string", "format": "password"}), json!("guest-password")).required(),
        op("POST", w.at(&["accounts", "recover"]), "Ask for a link to choose a new password", run!(recover)).flaw("au-enumeration").body("email", json!("guest@example.org")).required(),
        list(0).flaw("au-jwt-none").hole(Hole::AlgNone),
        list(1).flaw("au-jwt-empty-signature").hole(Hole::EmptySignature),
        list(2).flaw("au-jwt-unverified").hole(Hole::NoVerification),
        list(3).flaw("au-jwt-confusion").hole(Hole::Confusion),
        list(4).flaw("au-jwt-kid").hole(Hole::KeyId),
        list(5).flaw("au-jwt-expired").hole(Hole::Expired),
        list(6).flaw("au-jwt-audience").hole(Hole::Audience),
        list(7),
        item(7).flaw("au-open-item").hole(Hole::Everything),
        list(8).access(Access::Key).flaw("au-any-key").hole(Hole::AnyKey),
        list(9).flaw("au-original-url").hole(Hole::OriginalUrl),
        item(10).flaw("au-semicolon").hole(Hole::Semicolon),
        list(11).flaw("au-token-url").hole(Hole::UrlToken),
        op("GET", w.at(&["settings", "calendar"]), "Calendar for programs that know passwords only", run!(calendar)).access(u).flaw("en-basic").scheme("feedPassword"),
        list(12),
        item(12).flaw("bola-item"),
        list(13),
        item(13),
        op("GET", w.at(&[o[13], "{id}", "tracks"]), "Positions of one of yours", run!(children)).access(u).kind(o[13]).flaw("bola-nested").list(w)
            .param("path", "id", json!({"type": "string"}), json!(w.id(o[13], 1))),
        list(14),
        op("GET", w.at(&[o[14], "lookup"]), "One of yours by its id", run!(own_item)).access(u).kind(o[14]).flaw("bola-query").schema(item_schema(w))
            .query(w.word("ref"), &w.id(o[14], 1)).required(),
        list(15),
        op("POST", w.at(&[o[15], "lookup"]), "One of yours by its id", run!(own_item)).access(u).kind(o[15]).flaw("bola-body").about("Reads only, changes nothing.").schema(item_schema(w))
            .body(w.word("ref"), json!(w.id(o[15], 1))).required(),
        op("GET", w.at(&[o[16]]), format!("The {} of your company", o[16]), run!(tenant_list)).access(u).kind(o[16]).flaw("bola-tenant-header").list(w)
            .param("header", "X-Tenant", json!({"type": "string"}), Value::Null),
        op("GET", w.at(&[o[17], "{id}"]), "State of one, for who has its number", run!(anonymous_item)).kind(o[17]).flaw("bola-anonymous")
            .about("The address and the person are shown to the owner only.").param("path", "id", json!({"type": "string"}), json!(w.id(o[17], 1))),
        list(18),
        item(18),
        op("PUT", w.at(&[o[18], "{id}"]), "Change the street of one of yours", run!(edit)).access(u).kind(o[18]).flaw("bola-edit")
            .param("path", "id", json!({"type": "string"}), json!(w.id(o[18], 1))).body("street", json!("Kade 1")).required(),
        list(19),
        item(19),
        op("POST", w.at(&[o[19]]), "Add one", run!(create)).access(u).kind(o[19]).body("item", json!("box")).required(),
        op("DELETE", w.at(&[o[19], "{id}"]), "Remove one of yours", run!(remove)).access(u).kind(o[19]).flaw("bola-delete").param("path", "id", json!({"type": "string"}), json!(w.id(o[19], 1))),
        list(20),
        item(20).flaw("bola-exists"),
        list(21),
        item(21),
        op("POST", w.at(&[o[21]]), "Ask for one", run!(create)).access(u).kind(o[21]).flaw("pa-mass-create").about("The state is always 'requested' at first.").body("item", json!("box")).required()
            .param("body", w.key("amount"), json!({"type": "integer", "minimum": 1}), json!(3)),
        op("DELETE", w.at(&[o[21], "{id}"]), "Take one back", run!(remove)).access(u).kind(o[21]).param("path", "id", json!({"type": "string"}), json!(w.id(o[21], 1))),
        op("GET", w.at(&[o[22]]), format!("Your {}", o[22]), run!(own_fields)).access(u).kind(o[22]).flaw("pa-fields").list(w).query(w.word("fields"), "id,reference"),
        op("GET", w.at(&[o[23]]), format!("Your {}, two at a time", o[23]), run!(own_pages)).access(u).kind(o[23]).flaw("bola-cursor").list(w).query(w.word("cursor"), ""),
        list(24).trap("t-403"),
        op("GET", w.at(&[o[24], "{id}"]), "One of yours, or one that was shared with you", run!(shared_item)).access(u).kind(o[24]).trap("t-shared-with").schema(item_schema(w))
            .param("path", "id", json!({"type": "string"}), json!(w.id(o[24], 1))),
        list(25),
        item(25).flaw("pa-internal-fields"),
        op("GET", w.at(&["profile"]), "Who you are", run!(profile)).access(u).flaw("de-cache").schema(json!({"type": "object", "properties": {"id": {"type": "string", "readOnly": true}, "name": {"type": "string"}, "role": {"type": "string", "readOnly": true}, "theme": {"type": "string"}}})),
        op("PATCH", w.at(&["profile"]), "Change your settings", run!(patch_profile)).access(u).flaw("pa-mass-assign").body("theme", json!("dark")),
        op("GET", w.at(&["people", "{id}"]), "Public card of a person: nickname only", run!(card)).access(u).flaw("pa-card").param("path", "id", json!({"type": "string"}), json!(w.people[0].id))
            .schema(json!({"type": "object", "properties": {"id": {"type": "string"}, "nickname": {"type": "string"}}, "additionalProperties": false})),
        op("GET", w.at(&["people"]), "People, by nickname", run!(people)).access(u).list(w),
        op("GET", w.at(&["admin", "accounts"]), "All accounts", run!(accounts)).access(Access::Admin).about("For administrators.").flaw("bfla-accounts").hole(Hole::Role).list(w),
        op("GET", w.at(&["admin", "settlement"]), "Settlement of all tenants", run!(settlement)).access(Access::Admin).about("For administrators.").flaw("bfla-open").hole(Hole::Everything).open_spec(),
        op("GET", w.at(&["admin", "flags"]), "Switches of the service", run!(flags)).access(Access::Admin).about("For administrators."),
        op("PUT", w.at(&["admin", "flags"]), "Set a switch of the service", run!(set_flag)).access(Access::Admin).about("For administrators.").flaw("bfla-method").hole(Hole::Role).body("name", json!("new_search")).required().body("value", json!(true)).required(),
        op("GET", w.at(&["admin", "audit"]), "Journal of sign-ins", run!(audit)).access(Access::Admin).about("For administrators.").flaw("bfla-role-param").hole(Hole::RoleParam).list(w).param("query", w.word("role"), json!({"type": "string", "enum": ["user", "admin"]}), json!("user")),
        op("GET", format!("{}/{}", w.old, w.word("vault")), "Old: ledgers of all tenants", run!(settlement)).access(Access::Admin).flaw("bfla-old").hole(Hole::Role).hidden().vanishes(),
        op("GET", w.at(&["vault"]), "Ledgers of all tenants", run!(settlement)).access(Access::Admin).about("For administrators."),
        op("GET", if w.seed % 2 == 0 { "/admin/users" } else { "/internal/users" }, "Accounts", run!(accounts)).flaw("bfla-hidden").hidden().vanishes(),
    ]
}

pub async fn kind_rows(c: &Call) -> Result<Vec<Value>, Response> {
    c.s.store.list(1, c.op.kind).await.map_err(|_| c.broken())
}

pub fn is_mine(c: &Call, r: &Value) -> bool {
    let me = c.me();
    // Without a check nobody is known, and nothing is left out.
    c.user.is_none() || me.role == "admin" || r["tenant"] == json!(me.tenant)
}

macro_rules! rows { ($c:expr) => { match kind_rows(&$c).await { Ok(r) => r, Err(e) => return e } } }

async fn open_list(c: Call) -> Response {
    let n = c.arg(0).parse::<usize>().unwrap_or(20).clamp(1, 20);
    match c.s.store.list(0, c.op.kind).await { Ok(r) => c.rows(r.into_iter().take(n).map(|r| without(r, &["kind", "number"])).collect(), None), Err(_) => c.broken() }
}

async fn open_item(c: Call) -> Response {
    match c.s.store.get(0, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => c.one(without(r, &["kind", "number"])), Ok(None) => c.missing(), Err(_) => c.broken() }
}

async fn own_list(c: Call) -> Response {
    let rows = rows!(c);
    c.rows(rows.into_iter().filter(|r| is_mine(&c, r)).map(|r| without(r, INNER)).collect(), None)
}

/// A row by the first argument, with what the flaws of this shape forget.
async fn own_item(c: Call) -> Response {
    let row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    let forgets = c.on && c.op.flaw.starts_with("bola-") && c.op.flaw != "bola-exists";
    if !forgets && !is_mine(&c, &row) {
        return if c.on && c.op.flaw == "bola-exists" { c.fail(403, "belongs to another company") } else { c.missing() };
    }
    c.one(if c.on && c.op.flaw == "pa-internal-fields" { without(row, &["kind", "number"]) } else { without(row, INNER) })
}

async fn children(c: Call) -> Response {
    let row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    if !c.on && !is_mine(&c, &row) { return c.missing(); }
    let id = row["id"].as_str().unwrap();
    c.rows((1..=3).map(|n| json!({"id": c.w().id(&format!("track{id}"), n), "parent": id, "place": c.w().v.places[n as usize], "receiver": row["contact"], "street": row["street"]})).collect(), None)
}

async fn tenant_list(c: Call) -> Response {
    let (me, asked) = (c.me(), c.arg(0));
    let tenant = if c.on && !asked.is_empty() { asked } else { me.tenant };
    let rows = rows!(c);
    c.rows(rows.into_iter().filter(|r| r["tenant"] == json!(tenant)).map(|r| without(r, INNER)).collect(), None)
}

async fn anonymous_item(c: Call) -> Response {
    let row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    let full = c.on || c.user.is_some() && is_mine(&c, &row);
    c.one(if full { without(row, INNER) } else { json!({"id": row["id"], "status": row["status"]}) })
}

async fn shared_item(c: Call) -> Response {
    let row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    // The first row of this collection is shared with everybody who is signed in, and says so.
    let shared = row["number"] == json!(1);
    if !shared && !is_mine(&c, &row) { return c.missing(); }
    let mut row = without(row, INNER);
    if shared { row = without(row, &["contact", "street"]); row["shared_with"] = json!("all customers"); }
    c.one(row)
}

async fn own_fields(c: Call) -> Response {
    let asked = c.arg(0);
    let fields: Vec<String> = asked.split(',').map(|f| f.trim().to_string()).filter(|f| !f.is_empty()).collect();
    let rows = rows!(c);
    let w = c.w();
    let known: Vec<String> = ["id", "reference", "item", "amount", "status"].map(|k| w.key(k)).to_vec();
    let out = rows.into_iter().filter(|r| is_mine(&c, r)).map(|r| {
        let mut o = serde_json::Map::new();
        for (k, v) in r.as_object().unwrap() {
            let name = w.key(k);
            let open = c.on || known.contains(&name);
            if open && (fields.contains(&name) || fields.is_empty() && known.contains(&name) || c.on && fields.contains(&"*".to_string())) { o.insert(k.clone(), v.clone()); }
        }
        Value::Object(o)
    }).collect();
    c.rows(out, None)
}

async fn own_pages(c: Call) -> Response {
    let me = c.me();
    let (mut tenant, mut after) = (me.tenant.clone(), 0);
    if !c.arg(0).is_empty() {
        let Some(v) = B64.decode(c.arg(0)).ok().and_then(|b| serde_json::from_slice::<Value>(&b).ok()) else { return c.invalid("the cursor is not ours") };
        after = v["after"].as_i64().unwrap_or(0);
        if c.on { tenant = v["tenant"].as_str().unwrap_or("").to_string(); } else if v["tenant"] != json!(tenant) { return c.invalid("the cursor is not yours"); }
    }
    let rows: Vec<Value> = rows!(c).into_iter().filter(|r| r["tenant"] == json!(tenant) && r["number"].as_i64().unwrap() > after).collect();
    let next = (rows.len() > 2).then(|| B64.encode(json!({"tenant": tenant, "after": rows[1]["number"]}).to_string()));
    c.rows(rows.into_iter().take(2).map(|r| without(r, INNER)).collect(), next)
}

async fn login(c: Call) -> Response {
    if !c.on {
        let (left, wait) = c.s.take("login", 5, 20);
        if left < 0 { let mut r = c.fail(429, "too many attempts"); r.headers_mut().insert("retry-after", wait.into()); return r; }
    }
    let s = &c.s;
    match s.world.people.iter().find(|p| p.login == c.arg(0) && p.password == c.arg(1)) {
        Some(p) => c.ok(json!({"token": s.keys.issue(&s.world, p, s.has("au-jwt-secret"), s.has("au-no-expiry")), "token_type": "Bearer"})),
        None => c.fail(401, "login or password is wrong"),
    }
}

async fn recover(c: Call) -> Response {
    if c.on && !c.w().people.iter().any(|p| p.mail == c.arg(0)) { return c.fail(404, "there is no account with this address"); }
    c.json(202, json!({"message": "if there is such an account, a mail is on its way"}))
}

async fn calendar(c: Call) -> Response { c.ok(json!({"events": [{"day": "2026-03-02", "title": "Stocktaking"}]})) }

async fn edit(c: Call) -> Response {
    let mut row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    if !c.on && !is_mine(&c, &row) { return c.missing(); }
    row["street"] = json!(c.arg(1));
    match c.s.store.put(1, &row).await { Ok(()) => c.one(without(row, INNER)), Err(_) => c.broken() }
}

async fn create(c: Call) -> Response {
    let me = c.me();
    let id = c.w().id(&format!("new{}{}", c.op.kind, crate::auth::now()), 50 + c.raw.len() as u64);
    let mut row = json!({"kind": c.op.kind, "id": id, "number": 100, "tenant": me.tenant, "owner": me.id, "item": c.arg(0), "amount": 3, "status": "requested", "margin_percent": 9});
    if c.on {
        for (k, v) in c.body.as_object().unwrap() {
            for known in ["status", "amount", "owner", "tenant", "margin_percent"] { if *k == c.w().key(known) { row[known] = v.clone(); } }
        }
    }
    match c.s.store.put(1, &row).await {
        Ok(()) => { let mut r = c.json(201, without(row, INNER)); r.headers_mut().insert("location", format!("{}/{id}", c.op.path).parse().unwrap()); r }
        Err(_) => c.broken(),
    }
}

async fn remove(c: Call) -> Response {
    let row = match c.s.store.get(1, c.op.kind, &c.arg(0)).await { Ok(Some(r)) => r, Ok(None) => return c.missing(), Err(_) => return c.broken() };
    if !(c.on && c.op.flaw == "bola-delete") && !is_mine(&c, &row) { return c.missing(); }
    match c.s.store.delete(1, c.op.kind, &c.arg(0)).await { Ok(()) => c.ok(json!({"removed": c.arg(0)})), Err(_) => c.broken() }
}

async fn profile(c: Call) -> Response {
    match c.s.store.get(2, "", &c.me().id).await { Ok(Some(r)) => {
            let mut answer = c.ok(json!({"id": r["id"], "name": r["name"], "email": r["email"], "phone": r["phone"], "role": r["role"], "tenant": r["tenant"], "theme": r["theme"]}));
            if c.on { answer.headers_mut().insert("cache-control", "public, max-age=3600".parse().unwrap()); }
            answer
        }
        _ => c.missing() }
}

async fn patch_profile(c: Call) -> Response {
    let Ok(Some(mut row)) = c.s.store.get(2, "", &c.me().id).await else { return c.missing() };
    let writable: &[&str] = if c.on { &["theme", "role", "tenant", "name", "email"] } else { &["theme"] };
    for k in writable { if let Some(v) = c.body.get(*k) { row[*k] = v.clone(); } }
    match c.s.store.put(2, &row).await { Ok(()) => c.ok(json!({"id": row["id"], "name": row["name"], "role": row["role"], "theme": row["theme"]})), Err(_) => c.broken() }
}

async fn card(c: Call) -> Response {
    match c.s.store.get(2, "", &c.arg(0)).await {
        Ok(Some(r)) => c.one(if c.on { without(r, &["number"]) } else { json!({"id": r["id"], "nickname": r["nickname"]}) }),
        Ok(None) => c.missing(),
        Err(_) => c.broken(),
    }
}

async fn people(c: Call) -> Response {
    c.rows(c.w().people.iter().map(|p| json!({"id": p.id, "nickname": p.login.split('.').next().unwrap()})).collect(), None)
}

async fn accounts(c: Call) -> Response {
    c.rows(c.w().people.iter().map(|p| json!({"id": p.id, "login": p.login, "email": p.mail, "phone": p.phone, "role": p.role, "tenant": p.tenant})).collect(), None)
}

async fn settlement(c: Call) -> Response {
    let w = c.w();
    c.ok(json!({"period": "2026-02", "revenue": 188_204, "payouts": w.people.iter().map(|p| json!({"name": p.name, "tenant": p.tenant, "amount": 900 + w.number(&p.id) % 4000})).collect::<Vec<_>>()}))
}

async fn flags(c: Call) -> Response { c.ok(json!({"new_search": true, "maintenance": false, "signup_open": true})) }
async fn set_flag(c: Call) -> Response { c.ok(json!({"name": c.arg(0), "value": c.body["value"], "stored": true})) }

async fn audit(c: Call) -> Response {
    c.rows(c.w().people.iter().enumerate().map(|(n, p)| json!({"at": format!("2026-02-1{n}T08:1{n}:00Z"), "login": p.login, "email": p.mail, "from": format!("10.2.0.{}", 10 + n)})).collect(), None)
}
