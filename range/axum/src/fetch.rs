// SPDX-License-Identifier: Apache-2.0
//! Requests that the service makes for its callers, and small parsers.

use reqwest::{redirect::Policy, Client, Url};
use std::time::Duration;

pub struct Fetcher {
    /// Follows redirects to anywhere.
    pub open: Client,
    /// Follows nothing.
    pub stay: Client,
}

pub struct Fetched {
    pub status: u16,
    pub media: String,
    pub body: String,
}

impl Fetcher {
    pub fn new() -> Fetcher {
        let base = || Client::builder().timeout(Duration::from_secs(3)).no_proxy().user_agent("link-fetcher/1.4");
        Fetcher { open: base().build().unwrap(), stay: base().redirect(Policy::none()).build().unwrap() }
    }
    pub async fn get(&self, client: &Client, url: &str) -> Result<Fetched, String> {
        let r = client.get(url).send().await.map_err(|e| e.to_string())?;
        let (status, media) = (r.status().as_u16(), r.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_string());
        let body = r.text().await.map_err(|e| e.to_string())?;
        Ok(Fetched { status, media, body: body.chars().take(16_384).collect() })
    }
}

/// The sound rule: the service's own public pages only.
pub fn allowed(url: &str, myself: &str) -> bool {
    Url::parse(url).is_ok_and(|u| u.scheme() == "http" && u.username().is_empty() && u.password().is_none()
        && format!("{}:{}", u.host_str().unwrap_or(""), u.port_or_known_default().unwrap_or(0)) == myself && u.path().starts_with("/pages/"))
}

pub fn parse_query(q: &str) -> Vec<(String, String)> {
    Url::parse(&format!("http://x/?{q}")).map(|u| u.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()).unwrap_or_default()
}
