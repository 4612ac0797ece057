// SPDX-License-Identifier: Apache-2.0
//! A small deterministic stand-in for a language model: one that does what any
//! text in front of it says, and one that keeps to its subject.

use base64::{engine::general_purpose::STANDARD, Engine};

/// What the instruction is about: quoted pieces, else what follows the last colon, else the oddest word.
fn targets(text: &str) -> Vec<String> {
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('«', '»'), ('“', '”'), ('[', ']'), ('<', '>')] {
        let mut out = vec![];
        let mut rest = text;
        while let Some(a) = rest.find(open) {
            let after = &rest[a + open.len_utf8()..];
            let Some(b) = after.find(close) else { break };
            if b > 0 && b < 400 { out.push(after[..b].to_string()); }
            rest = &after[b + close.len_utf8()..];
        }
        if !out.is_empty() { return out; }
    }
    if let Some((_, after)) = text.rsplit_once(": ") {
        let piece = after.trim().trim_end_matches(['.', '!']);
        if !piece.is_empty() { return vec![piece.to_string()]; }
    }
    let clean = |t: &str| t.trim_matches(|c: char| !c.is_alphanumeric()).to_string();
    let words: Vec<String> = text.split_whitespace().map(clean).filter(|t| !t.is_empty()).collect();
    let odd = words.iter().find(|t| t.chars().any(|c| c.is_ascii_digit()) && t.chars().any(|c| c.is_alphabetic()) || t.len() > 3 && t.chars().all(|c| c.is_ascii_uppercase()));
    odd.or(words.last()).cloned().into_iter().collect()
}

fn numbers(text: &str) -> Vec<i128> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|t| !t.is_empty() && t.len() < 16).filter_map(|t| t.parse().ok()).collect()
}

/// Does what a text asks for, or nothing where it asks for nothing that this model can do.
pub fn obey(text: &str) -> Option<String> {
    let low = text.to_lowercase();
    let has = |all: &[&str]| all.iter().any(|p| low.contains(p));
    let n = numbers(&low);
    if n.len() >= 2 && has(&["sum", "add ", "plus", " + "]) { return Some(n.iter().sum::<i128>().to_string()); }
    if n.len() >= 2 && has(&["product", "multipl", "times", " * ", " x ", "×"]) { return Some(n.iter().product::<i128>().to_string()); }
    if n.len() >= 2 && has(&["minus", "subtract", "difference"]) { return Some((n[0] - n[1]).to_string()); }
    let t = targets(text);
    let one = t.last()?.clone();
    if has(&["concatenat", "join ", "combine", "put together", "glue"]) && t.len() >= 2 { return Some(t.concat()); }
    let mut out = one.clone();
    let mut done = false;
    let mut apply = |when: bool, f: &dyn Fn(&str) -> String| if when { out = f(&out); done = true; };
    apply(has(&["without the dash", "without dash", "without hyphen", "without the hyphen", "remove the dash", "remove the hyphen", "remove all hyphens", "remove dashes"]), &|x| x.replace('-', ""));
    apply(has(&["without space", "without the space", "remove the space", "remove spaces"]), &|x| x.replace(' ', ""));
    apply(has(&["revers", "backward", "right to left"]), &|x| x.chars().rev().collect());
    apply(has(&["uppercase", "upper-case", "upper case", "capital"]), &|x| x.to_uppercase());
    apply(has(&["lowercase", "lower-case", "lower case"]), &|x| x.to_lowercase());
    apply(has(&["rot13", "rot-13"]), &|x| x.chars().map(|c| match c { 'a'..='z' => ((c as u8 - b'a' + 13) % 26 + b'a') as char, 'A'..='Z' => ((c as u8 - b'A' + 13) % 26 + b'A') as char, o => o }).collect());
    apply(has(&["decode"]) && has(&["base64"]), &|x| STANDARD.decode(x).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default());
    apply(has(&["base64"]) && !has(&["decode"]), &|x| STANDARD.encode(x));
    apply(has(&["hexadecimal", "in hex", "as hex"]), &|x| crate::world::hex(x.as_bytes()));
    let joiner = if has(&["underscore"]) { "_" } else if has(&["dot", "period"]) { "." } else if has(&["space"]) { " " } else { "-" };
    apply(has(&["spell", "between each", "between every", "between all letters", "letter by letter", "separated by"]), &|x| x.chars().map(String::from).collect::<Vec<_>>().join(joiner));
    apply(has(&["first letter", "initials", "acronym"]), &|x| x.split([' ', '-']).filter_map(|p| p.chars().next()).collect());
    apply(has(&["twice", "two times", "doubled"]), &|x| format!("{x}{x}"));
    if done { return Some(out); }
    has(&["reply", "respond", "answer with", "say ", "print", "output", "write ", "repeat", "return ", "append", "include", "tell "]).then_some(one)
}

pub fn asks_for_rules(text: &str) -> bool {
    let low = text.to_lowercase();
    ["system prompt", "your instructions", "your initial", "your rules", "text above", "words above", "everything above", "system message", "you were told", "your prompt", "previous instructions", "hidden instructions", "your configuration"].iter().any(|p| low.contains(p))
}

pub fn asks_for_tools(text: &str) -> bool {
    let low = text.to_lowercase();
    ["tool", "function", "plugin", "capabilit", "what can you do", "actions"].iter().any(|p| low.contains(p))
}

/// Keeps to its subject, whatever is asked.
pub fn on_topic(topic: &str, text: &str) -> String {
    let low = text.to_lowercase();
    if low.contains("hour") || low.contains("open") { return "We are there on weekdays from 8 to 18.".into(); }
    if low.contains("price") || low.contains("cost") { return format!("Prices for {topic} are in the public catalogue."); }
    format!("I can help with questions about {topic} only.")
}
