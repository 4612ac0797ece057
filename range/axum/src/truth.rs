// SPDX-License-Identifier: Apache-2.0
//! truth.yaml, translated to a seed.

use crate::op::Op;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Serialize, Deserialize)]
pub struct Parameter {
    #[serde(rename = "in")]
    pub place: String,
    pub name: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    pub method: String,
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Parameter>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub severity: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mode: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identities: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub listener: String,
    /// Cannot be seen from outside unless this flaw is on as well.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub needs: String,
    /// Of a note: the flaw without which it is not true, and whose operation it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flaw: String,
    /// Of a note: the trap whose operation it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub carrier: String,
    pub why: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Truth {
    pub flaws: Vec<Row>,
    pub notes: Vec<Row>,
    pub traps: Vec<Row>,
}

impl Truth {
    pub fn load() -> Truth { serde_yaml_ng::from_str(include_str!("../truth.yaml")).expect("truth.yaml") }

    /// Places of this seed. The operations say which flaw they carry; rows of
    /// the whole host and of fixed addresses stand as they are.
    pub fn placed(mut self, ops: &[Arc<Op>]) -> Truth {
        let place = |r: &mut Row, wanted: &dyn Fn(&Op) -> bool| {
            let Some(o) = ops.iter().find(|o| r.path != "*" && wanted(o)) else { return };
            (r.method, r.path) = (o.method.to_string(), o.path.replace("{*", "{"));
            if r.parameter.is_some() {
                if let Some(p) = o.params.first() { r.parameter = Some(Parameter { place: p.place.into(), name: p.name.clone() }); }
            }
        };
        for r in &mut self.flaws { let id = r.id.clone(); place(r, &|o| o.flaw == id); }
        for r in &mut self.traps { let id = r.id.clone(); place(r, &|o| o.trap == id); }
        for r in &mut self.notes {
            let (f, t) = (r.flaw.clone(), r.carrier.clone());
            place(r, &|o| !f.is_empty() && o.flaw == f || !t.is_empty() && o.trap == t);
        }
        self
    }
}
