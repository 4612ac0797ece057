// SPDX-License-Identifier: Apache-2.0
//! What only looks wrong, in both twins.

use crate::op::{op, text, Access, Call, Op};
use crate::run;
use crate::world::World;
use axum::http::header;
use axum::response::Response;
use serde_json::json;

pub fn ops(w: &World) -> Vec<Op> {
    let get = |path: &[&'static str], what: &str, run| op("GET", w.at(path), what, run);
    vec![
        get(&["repeat-after-me"], "Says what it received", run!(echo)).trap("t-echo").query("say", "hello"),
        get(&["pictures", "{name}"], "A picture's description, for any name", run!(catch_all)).trap("t-catch-all").param("path", "name", json!({"type": "string"}), json!("dawn")),
        op("GET", "/client/app/{*path}", "The web client", run!(spa)).trap("t-spa").hidden().media("text/html"),
        get(&["yearbook"], "The yearbook of 2019", run!(always_error)).trap("t-error").query("chapter", "1"),
        get(&["outlook"], "Outlook for the week", run!(slow)).trap("t-slow").query("place", "harbour"),
        get(&["weekly-figures"], "Figures of the week", run!(constant)).trap("t-constant").query("week", "7"),
        get(&["pocket-calculator"], "Product or sum of two numbers, as text", run!(calculator)).trap("t-calculator").query("term", "6*7"),
        get(&["bulletins"], "Bulletins", run!(filter)).trap("t-block-page").query("about", "weather"),
        get(&["pulse"], "A sign of life", run!(volatile)).trap("t-volatile").query("from", "web"),
        get(&["guides", "keys"], "How to set up keys", run!(example_keys)).trap("t-example-key"),
        op("GET", "/handbook/errors", "Error texts and what they mean", run!(error_docs)).trap("t-error-docs").media("text/html"),
        get(&["parcel-numbers"], "Numbers of parcels", run!(numbers)).trap("t-numbers"),
        get(&["counter-state"], "Four requests in two seconds", run!(wall)).trap("t-wall").about("At most 4 requests in 2 seconds."),
        get(&["dictionary", "{word}"], "Meaning of a word", run!(soft_missing)).trap("t-soft-404").param("path", "word", json!({"type": "string"}), json!("quay")),
        get(&["return"], "Back to a page of ours", run!(back)).trap("t-redirect-relative").media("text/html").query("path", "/pages/sample.txt"),
        get(&["hello"], "A greeting, by name for those who are signed in", run!(greet)).trap("t-optional").access(Access::Optional),
        get(&["subscriptions", "{id}", "cancel"], "Cancel a subscription", run!(cancel)).trap("t-get-writes").access(Access::User).param("path", "id", json!({"type": "string"}), json!("s-1")),
        get(&["plain-echo"], "Your text as text", run!(plain)).trap("t-plain-echo").media("text/plain").query("text", "hello"),
        op("POST", w.at(&["assist", "bot"]), "Answers by key words", run!(bot)).trap("t-keyword-bot").about("Answers questions; stores nothing, changes nothing.")
            .param("body", "messages", json!({"type": "array", "items": {"type": "object"}}), json!([{"role": "user", "content": "When are you open?"}])).required(),
        op("POST", w.at(&["pattern-check"]), "Is a text pattern well formed?", run!(pattern_check)).trap("t-template-text").about("Reads only, changes nothing.").body("pattern", json!("Hello {{ name }}")).required(),
        get(&["suggestion-box"], "Planned", run!(greet)).trap("t-missing").ghost(),
        get(&["rate-card"], "One for all, the same for everybody", run!(rate_card)).access(Access::User).trap("t-shared"),
    ]
}

async fn echo(c: Call) -> Response { c.ok(json!({"you_said": c.arg(0), "length": c.arg(0).len()})) }
async fn catch_all(c: Call) -> Response { c.ok(json!({"name": c.arg(0), "description": "A picture of the quay."})) }
async fn spa(c: Call) -> Response { c.page("text/html; charset=utf-8", format!("<!doctype html><title>{}</title><div id=app></div><script src=/client/main.js></script>", c.w().v.brand)) }
async fn always_error(c: Call) -> Response { c.broken() }
async fn slow(c: Call) -> Response { tokio::time::sleep(std::time::Duration::from_millis(700)).await; c.ok(json!({"outlook": "fair"})) }
async fn constant(c: Call) -> Response { c.ok(json!({"calls": 49, "moves": 7777, "week": 7})) }

async fn calculator(c: Call) -> Response {
    let t = c.arg(0);
    for (sign, f) in [('*', i128::checked_mul as fn(i128, i128) -> Option<i128>), ('+', i128::checked_add)] {
        if let Some((a, b)) = t.split_once(sign) {
            if let (Ok(a), Ok(b)) = (a.trim().parse(), b.trim().parse()) { return c.ok(json!({"result": f(a, b).map(|n| n.to_string())})); }
        }
    }
    c.invalid("two numbers with * or + between them")
}

async fn filter(c: Call) -> Response {
    let t = c.arg(0).to_lowercase();
    if ["'", "select", "script", "../", "$(", "{{", "http", "169.254", ";", "|"].iter().any(|p| t.contains(p)) {
        return c.page("text/html", "<!doctype html><title>Request blocked</title><h1>Your request was blocked</h1><p>Error SQL injection, command or path rule. Reference 7731.</p>");
    }
    c.ok(json!({"bulletins": []}))
}

async fn volatile(c: Call) -> Response {
    let mut nonce = [0u8; 12];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut nonce);
    let mut list = vec!["a", "b", "c"];
    list.rotate_left(nonce[0] as usize % 3);
    c.ok(json!({"at": crate::auth::now(), "nonce": crate::world::hex(&nonce), "order": list, "load": nonce[1]}))
}

async fn example_keys(c: Call) -> Response {
    c.ok(json!({"text": "Set AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE and AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY, then sign in. Never send your password to anybody."}))
}

async fn error_docs(c: Call) -> Response {
    c.page("text/html; charset=utf-8", "<!doctype html><title>Errors</title><h1>Error texts</h1><p>ResourceNotFoundException: Requested resource not found means that a table is missing. thread 'main' panicked at src/main.rs:4:5 means that you should write to us. You have an error in your SQL syntax: old clients only.</p>")
}

async fn numbers(c: Call) -> Response { c.ok(json!({"parcels": ["4111111111111112", "5500005555555550", "DE00123456781234567890"], "desk": "+49 800 3301000"})) }

async fn wall(c: Call) -> Response {
    let (left, wait) = c.s.take("wall", 4, 2);
    if left >= 0 { return c.ok(json!({"open_counters": 2})); }
    let mut r = c.fail(429, "please come back");
    r.headers_mut().insert(header::RETRY_AFTER, wait.into());
    r
}

async fn soft_missing(c: Call) -> Response {
    let word = c.arg(0);
    let d = c.w().digest(&word);
    c.ok(json!({"word": word, "meaning": if word == "quay" { "where ships lie".to_string() } else { format!("no entry yet; see {} or {}", c.w().v.things[d[0] as usize % 6], c.w().v.things[d[1] as usize % 6]) }}))
}

async fn back(c: Call) -> Response {
    let p = c.arg(0);
    let own = p.starts_with('/') && !p.starts_with("//") && p.chars().all(|x| x.is_ascii_alphanumeric() || "/._-".contains(x));
    let mut r = c.json(303, json!({}));
    r.headers_mut().insert(header::LOCATION, if own { p.parse().unwrap() } else { header::HeaderValue::from_static("/pages/sample.txt") });
    r
}

async fn greet(c: Call) -> Response { c.ok(json!({"greeting": match &c.user { Some(p) => format!("Hello {}", p.name), None => "Hello".into() }})) }

/// Changes data by GET, for its owner only; a careful visitor does not call it.
async fn cancel(c: Call) -> Response {
    let row = json!({"kind": "subscription", "id": c.arg(0), "number": 1, "tenant": c.me().tenant, "state": "cancelled"});
    match c.s.store.put(1, &row).await { Ok(()) => c.ok(json!({"cancelled": c.arg(0)})), Err(_) => c.broken() }
}

async fn plain(c: Call) -> Response { c.page("text/plain; charset=utf-8", c.arg(0)) }
async fn rate_card(c: Call) -> Response { c.ok(json!({"id": c.w().id("card", 1), "valid": "2026", "rates": [{"size": "small", "price": 12}, {"size": "large", "price": 31}]})) }
async fn pattern_check(c: Call) -> Response { let p = c.arg(0); c.ok(json!({"pattern": p, "well_formed": p.matches("{{").count() == p.matches("}}").count()})) }

/// Looks for words and repeats what it did not understand; there is no model behind it.
async fn bot(c: Call) -> Response {
    let m = c.body["messages"].as_array().and_then(|a| a.last()).map(|m| text(&m["content"])).unwrap_or_default();
    let answer = if m.to_lowercase().contains("open") { "Weekdays from 8 to 18.".to_string() } else { format!("I did not understand \"{}\". Try: opening hours, address, prices.", m.chars().take(500).collect::<String>()) };
    crate::ops_llm::completion(&c, &m, answer)
}
