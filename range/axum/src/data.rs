// SPDX-License-Identifier: Apache-2.0
//! What the tables hold at the beginning.

use crate::world::World;
use serde_json::{json, Value};

pub fn iban(w: &World, label: &str) -> String {
    let bban = format!("{:08}{:010}", w.number(label) % 100_000_000, w.number(&format!("{label}x")) % 10_000_000_000);
    // DE = 1314, check digits make the whole 1 modulo 97.
    let rest = format!("{bban}131400").bytes().fold(0u64, |m, b| (m * 10 + (b - b'0') as u64) % 97);
    format!("DE{:02}{bban}", 98 - rest)
}

/// (table, item) pairs.
pub fn rows(w: &World) -> Vec<(usize, Value)> {
    let mut out = vec![];
    for kind in &w.open {
        for n in 1..=8u64 {
            let d = w.digest(&format!("{kind}{n}"));
            out.push((0, json!({"kind": kind, "id": w.id(kind, n), "number": n, "title": format!("{} {}", w.v.places[d[0] as usize % 5], w.v.things[d[1] as usize % 6]),
                "price": 20 + d[2] as u64, "standing": if n % 3 == 0 { "closed" } else { "open" }})));
        }
    }
    for kind in &w.owned {
        for n in 1..=6u64 {
            // Two of the first person, two of the second, one each of their colleagues.
            let p = &w.people[match n { 1 | 2 => 0, 3 | 4 => 1, 5 => 3, _ => 4 }];
            let d = w.digest(&format!("{kind}{n}"));
            out.push((1, json!({"kind": kind, "id": w.id(kind, n), "number": n, "tenant": p.tenant, "owner": p.id,
                "contact": {"name": p.name, "email": p.mail, "phone": p.phone}, "street": format!("Kade {}, {}", 3 + d[0] as u64, w.v.places[d[1] as usize % 5]),
                "item": w.v.things[d[2] as usize % 6], "amount": 100 + d[3] as u64 * 7, "reference": format!("{}-{}", &w.letters(&format!("ref{kind}{n}"), 6).to_uppercase(), 100 + n),
                "margin_percent": 4 + d[4] as u64 % 20, "internal_note": "watch payment", "status": "open"})));
        }
    }
    for (i, p) in w.people.iter().enumerate() {
        out.push((2, json!({"id": p.id, "number": i + 1, "login": p.login, "name": p.name, "email": p.mail, "phone": p.phone, "tenant": p.tenant, "role": p.role,
            "nickname": p.login.split('.').next().unwrap(), "iban": iban(w, &p.id), "theme": "light",
            "password_hash": format!("$2b$12${}", w.letters(&format!("hash{i}"), 53))})));
    }
    out
}
