// SPDX-License-Identifier: Apache-2.0
//! Everything that a seed decides: words, shapes, people, secrets.

use base64::{engine::general_purpose::URL_SAFE_NO_PAD, Engine};
use ring::digest;
use std::collections::HashMap;

pub struct Vocabulary {
    pub brand: &'static str,
    /// Collections that anybody may read.
    pub open: [&'static str; 6],
    /// Collections whose rows belong to a tenant.
    pub owned: [&'static str; 26],
    pub things: [&'static str; 6],
    pub places: [&'static str; 5],
    pub topic: &'static str,
}

const VOCABULARIES: [Vocabulary; 3] = [
    Vocabulary {
        brand: "keelway",
        open: ["sailings", "berths", "tariffs", "vessels", "routes", "depots"],
        owned: [
            "consignments", "containers", "claims", "manifests", "quotes", "waybills", "allotments", "surcharges", "drayages",
            "pickups", "inspections", "permits", "guarantees", "storages", "handovers", "seals", "weighings", "detentions",
            "charters", "rebates", "remittances", "tenders", "stowages", "lashings", "escorts", "customs-files",
        ],
        things: ["forty-foot box", "reefer unit", "flat rack", "bulk hold", "tank frame", "open top"],
        places: ["Bremen", "Porto", "Gdynia", "Cork", "Trieste"],
        topic: "shipping",
    },
    Vocabulary {
        brand: "grovecare",
        open: ["clinics", "services", "schedules", "leaflets", "wards", "courses"],
        owned: [
            "visits", "referrals", "prescriptions", "findings", "samples", "therapies", "admissions", "vaccinations", "scans",
            "diets", "allergies", "consents", "statements", "devices", "transports", "certificates", "sessions-booked", "exams",
            "relatives", "subsidies", "expenses", "queues", "implants", "recalls", "dressings", "case-files",
        ],
        things: ["knee check", "eye test", "blood panel", "heart trace", "skin check", "dental scan"],
        places: ["Uppsala", "Leiden", "Graz", "Tartu", "Bergen"],
        topic: "appointments",
    },
    Vocabulary {
        brand: "sunpath",
        open: ["modules", "regions", "prices", "installers", "guides", "stations"],
        owned: [
            "arrays", "inverters", "contracts", "meters", "readouts", "feed-ins", "outages", "warranties", "batteries",
            "surveys", "leases", "subscribers", "credits", "alarms", "upgrades", "roofs", "shadings", "tickets",
            "bonuses", "replacements", "payouts", "offers-made", "cablings", "fusings", "escrows", "grid-files",
        ],
        things: ["roof panel", "string inverter", "wall battery", "smart meter", "charge point", "carport"],
        places: ["Sevilla", "Lecce", "Faro", "Patras", "Nice"],
        topic: "solar panels",
    },
];

/// Logical name -> the spellings that a seed may choose from; the first is seed 0's.
const WORDS: &[(&str, &[&str])] = &[
    ("explore", &["explore", "rows", "inspect"]), ("dataset", &["dataset", "table_name", "store"]),
    ("tables", &["datasets", "structures", "schemas"]), ("search", &["search", "finder", "filter"]),
    ("column", &["column", "attr", "property"]), ("history", &["history", "timeline", "events"]),
    ("since", &["since", "sort_key", "axis"]), ("match", &["match", "operator", "compare"]),
    ("label", &["label-preview", "badge-preview", "tag-text"]), ("text", &["text", "caption", "line"]),
    ("reach", &["reachability", "ping", "probe"]), ("host", &["host", "server", "address"]),
    ("greeting", &["greeting", "letter", "card-text"]), ("pattern", &["pattern", "layout", "template"]),
    ("papers", &["papers", "documents", "downloads"]), ("file", &["file", "name", "doc"]),
    ("archive", &["archive", "attachments", "media"]), ("banner", &["notice", "welcome", "headline"]),
    ("who", &["who", "title", "nick"]), ("unfurl", &["unfurl", "preview", "snapshot"]),
    ("link", &["link", "url", "href"]), ("import", &["import-check", "ingest-check", "pull-check"]),
    ("source", &["source", "feed_url", "origin_url"]), ("notify", &["notify-test", "ping-back", "hook-test"]),
    ("target", &["target", "callback", "hook"]), ("relay", &["relay", "proxy-view", "mirror"]),
    ("peer", &["peer", "node", "upstream"]), ("logo", &["logo", "picture", "icon"]),
    ("img", &["img", "src", "image_url"]), ("replica", &["replica", "backend-check", "storage-check"]),
    ("endpoint", &["endpoint", "service_url", "base_url"]), ("out", &["out", "jump", "exit"]),
    ("next", &["next", "to", "return_to"]), ("widget", &["widget", "embed", "ticker-data"]),
    ("jsonp", &["callback", "cb", "jsonp"]), ("settings", &["settings", "preferences", "options"]),
    ("profile", &["me", "self", "account"]), ("people", &["people", "members", "contacts"]),
    ("fields", &["fields", "select", "columns"]), ("ref", &["ref", "number", "reference"]),
    ("cursor", &["cursor", "marker", "after"]), ("lookup", &["lookup", "by-reference", "find-one"]),
    ("tracks", &["positions", "entries", "parts"]), ("admin", &["admin", "backoffice", "operations"]),
    ("accounts", &["accounts", "logins", "staff"]), ("settlement", &["settlement", "payroll", "revenue"]),
    ("flags", &["feature-flags", "toggles", "switches"]), ("audit", &["audit", "journal", "trail"]),
    ("role", &["role", "view", "as"]), ("export", &["export", "dump-file", "full-list"]),
    ("voucher", &["voucher", "coupon", "promo"]), ("code", &["code", "key", "word"]),
    ("limit", &["limit", "page_size", "per_page"]), ("bulk", &["bulk", "all", "listing"]),
    ("quota", &["quota", "allowance", "slots"]), ("status", &["status", "health-report", "state"]),
    ("partners", &["partners", "suppliers", "agents"]), ("build", &["build-info", "runtime", "setup"]),
    ("sync", &["sync-state", "replication", "mirror-state"]), ("walk", &["walk", "scroll", "browse"]),
    ("measure", &["measure", "calc-size", "volume"]), ("size", &["size", "amount", "length"]),
    ("assist", &["assist", "ai", "copilot"]), ("chat", &["chat/completions", "chat", "conversation"]),
    ("support", &["support-chat", "help-chat", "desk"]), ("summarize", &["summarize", "digest", "tldr"]),
    ("render", &["compose", "draft", "write"]), ("agent", &["agent", "worker", "butler"]),
    ("bot", &["bot", "faq-bot", "quick-help"]), ("note", &["note", "remark", "comment"]),
    ("login", &["sign-in", "login", "session"]), ("inbound", &["inbound/payments", "hooks/payments", "webhooks/payments"]),
    ("enter", &["enter", "start", "visit"]), ("feed", &["my-feed", "inbox", "overview"]),
    ("badge", &["unseen", "counter", "badge"]), ("trial", &["beta", "labs", "next-gen"]),
    ("vault", &["ledgers", "books", "postings"]), ("prefs", &["terms", "policies", "rules"]),
];

const WEAK: [&str; 5] = ["secret", "changeme", "your-256-bit-secret", "password", "supersecret"];

#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub login: String,
    pub name: String,
    pub mail: String,
    pub phone: String,
    pub tenant: String,
    pub role: &'static str,
    pub password: String,
    pub api_key: String,
    pub sso: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Shape { Integer, Uuid, Slug, Base64 }

pub struct World {
    pub seed: u64,
    pub v: &'static Vocabulary,
    pub base: &'static str,
    pub old: &'static str,
    pub camel: bool,
    pub envelope: &'static str,
    pub errors: u64,
    pub shape: Shape,
    pub openapi: &'static str,
    pub open: Vec<&'static str>,
    pub owned: Vec<&'static str>,
    words: HashMap<&'static str, &'static str>,
    pub people: Vec<Person>,
    pub myself: String,
    pub tables: [String; 3],
}

pub struct Rng(u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize { (self.next() % n as u64) as usize }
    fn pick<T: Copy>(&mut self, all: &[T]) -> T { all[self.below(all.len())] }
}

fn shuffled(rng: &mut Rng, words: &[&'static str], mix: bool) -> Vec<&'static str> {
    let mut out = words.to_vec();
    if mix {
        for i in (1..out.len()).rev() {
            out.swap(i, rng.below(i + 1));
        }
    }
    out
}

pub fn hex(bytes: &[u8]) -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() }

impl World {
    pub fn new(seed: u64, myself: &str) -> World {
        let mut rng = Rng(seed.wrapping_mul(0x51_7c_c1_b7) ^ 0x6b65656c);
        let mix = seed != 0;
        let v = &VOCABULARIES[if mix { rng.below(VOCABULARIES.len()) } else { 0 }];
        let (base, old) = if mix { rng.pick(&[("/api/v3", "/api/v2"), ("/v2", "/v1"), ("/rest/2", "/rest/1"), ("/api", "/api/v0")]) } else { ("/api/v3", "/api/v2") };
        let mut w = World {
            seed, v, base, old,
            camel: !mix || rng.below(2) == 0,
            envelope: if mix { rng.pick(&["results", "data", ""]) } else { "results" },
            errors: if mix { rng.next() % 3 } else { 0 },
            shape: if mix { rng.pick(&[Shape::Integer, Shape::Uuid, Shape::Slug, Shape::Base64]) } else { Shape::Uuid },
            openapi: if mix { rng.pick(&["3.0.3", "3.1.0"]) } else { "3.1.0" },
            open: shuffled(&mut rng, &v.open, mix),
            owned: shuffled(&mut rng, &v.owned, mix),
            words: HashMap::new(),
            people: vec![],
            myself: myself.to_string(),
            tables: ["catalog", "records", "accounts"].map(|t| format!("{}-{t}", v.brand)),
        };
        for (key, all) in WORDS {
            let free: Vec<&'static str> = all.iter().copied().filter(|x| !w.open.contains(x) && !w.owned.contains(x)).collect();
            w.words.insert(key, if mix { rng.pick(&free) } else { free[0] });
        }
        w.people = w.make_people();
        w
    }

    fn make_people(&self) -> Vec<Person> {
        let names = [("Ines Mourato", "user", 0), ("Joris Brandt", "user", 1), ("Hedda Lindqvist", "admin", 2), ("Pavel Novotny", "user", 0), ("Aoife Byrne", "user", 1)];
        names.iter().enumerate().map(|(i, (name, role, tenant))| {
            let first = name.split(' ').next().unwrap().to_lowercase();
            let last = name.split(' ').nth(1).unwrap().to_lowercase();
            Person {
                id: self.id("person", i as u64 + 1),
                login: format!("{first}.{last}"),
                name: name.to_string(),
                mail: format!("{first}.{last}@{}.net", self.letters("mail", 8)),
                phone: format!("+49 1{} {}", 51 + i, 2_000_000 + self.number(&format!("phone{i}")) % 7_000_000),
                tenant: format!("{}-{}", ["north", "south", "house"][*tenant], &self.letters(&format!("tenant{tenant}"), 5)),
                role, password: format!("Pw-{}", self.letters(&format!("pw{i}"), 14)),
                api_key: format!("{}_{}", &self.v.brand[..3], hex(&self.digest(&format!("apikey{i}"))[..16])),
                sso: i == 1,
            }
        }).collect()
    }

    pub fn word(&self, key: &'static str) -> &'static str { self.words.get(key).copied().unwrap_or(key) }

    /// A path under the base; logical words are translated.
    pub fn at(&self, parts: &[&'static str]) -> String {
        parts.iter().fold(self.base.to_string(), |p, part| format!("{p}/{}", self.word(part)))
    }

    pub fn digest(&self, label: &str) -> [u8; 32] {
        digest::digest(&digest::SHA256, format!("{}|{label}", self.seed).as_bytes()).as_ref().try_into().unwrap()
    }
    pub fn number(&self, label: &str) -> u64 { u64::from_be_bytes(self.digest(label)[..8].try_into().unwrap()) }
    pub fn letters(&self, label: &str, n: usize) -> String {
        (0..n).map(|i| (b'a' + (self.digest(&format!("{label}#{}", i / 32))[i % 32] % 26)) as char).collect()
    }

    pub fn id(&self, kind: &str, n: u64) -> String {
        let d = self.digest(&format!("{kind}/{n}"));
        match self.shape {
            Shape::Integer => (1000 * (1 + self.number(kind) % 80) + n).to_string(),
            Shape::Uuid => {
                let mut d = d;
                d[6] = d[6] & 0x0f | 0x40;
                d[8] = d[8] & 0x3f | 0x80;
                let h = hex(&d[..16]);
                format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
            }
            Shape::Slug => format!("{}-{}-{n}", self.v.places[d[0] as usize % 5].to_lowercase(), hex(&d[1..4])),
            Shape::Base64 => URL_SAFE_NO_PAD.encode(&d[..9]),
        }
    }

    pub fn secret(&self) -> Vec<u8> { self.digest("token secret").to_vec() }
    pub fn weak_secret(&self) -> Vec<u8> {
        WEAK[if self.seed == 0 { 0 } else { self.number("weak") as usize % WEAK.len() }].as_bytes().to_vec()
    }

    /// snake_case keys in the style of this seed.
    pub fn key(&self, key: &str) -> String {
        if !self.camel || key.starts_with('_') {
            return key.to_string();
        }
        let mut parts = key.split('_');
        let first = parts.next().unwrap().to_string();
        parts.fold(first, |out, p| out + &p[..1].to_uppercase() + &p[1..])
    }
}
