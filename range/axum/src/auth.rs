// SPDX-License-Identifier: Apache-2.0
//! Tokens: HS256 for those who sign in here, RS256 for those of the directory.

use crate::op::Hole;
use crate::world::{Person, World};
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use base64::Engine;
use ring::{hmac, rand::SystemRandom, rsa, signature};
use serde_json::{json, Value};
use std::time::{SystemTime, UNIX_EPOCH};

pub struct Keys {
    pair: rsa::KeyPair,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    pub public_pem: String,
}

/// Where the secrets of retired issuers lie, by key id.
pub fn key_folder() -> std::path::PathBuf { std::env::temp_dir().join(format!("range-axum-{}", std::process::id())).join("keys") }

pub fn now() -> i64 { SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 }

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let n = content.len();
    let mut out = vec![tag];
    if n < 128 { out.push(n as u8) } else if n < 256 { out.extend([0x81, n as u8]) } else { out.extend([0x82, (n >> 8) as u8, n as u8]) }
    out.extend(content);
    out
}

impl Keys {
    /// pem: a PKCS#8 RSA key.
    pub fn new(pem: &str) -> Result<Keys, String> {
        let raw: String = pem.lines().filter(|l| !l.starts_with("-----")).collect();
        let raw = STANDARD.decode(raw.trim()).map_err(|e| format!("signing key: {e}"))?;
        let pair = rsa::KeyPair::from_pkcs8(&raw).map_err(|e| format!("signing key: {e}"))?;
        let public = pair.public().as_ref().to_vec(); // PKCS#1
        let parts: rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
        let algorithm = der(0x30, &[&[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1][..], &[5, 0]].concat());
        let spki = STANDARD.encode(der(0x30, &[algorithm, der(3, &[&[0][..], &public].concat())].concat()));
        let lines: Vec<&str> = spki.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
        let public_pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        Ok(Keys { pair, modulus: parts.n, exponent: parts.e, public_pem })
    }

    pub fn jwks(&self) -> Value {
        json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "directory-1", "n": B64.encode(&self.modulus), "e": B64.encode(&self.exponent)}]})
    }

    pub fn issue(&self, w: &World, p: &Person, weak: bool, endless: bool) -> String {
        let mut claims = json!({"iss": format!("https://id.{}.net", w.v.brand), "aud": format!("{}-api", w.v.brand), "sub": p.id, "role": p.role, "tenant": p.tenant, "iat": now(), "exp": now() + 3600});
        if endless { claims.as_object_mut().unwrap().shift_remove("exp"); }
        let header = if p.sso { json!({"alg": "RS256", "typ": "JWT", "kid": "directory-1"}) } else { json!({"alg": "HS256", "typ": "JWT", "kid": "local-1"}) };
        let body = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let signature = if p.sso {
            let mut out = vec![0; self.pair.public().modulus_len()];
            self.pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), body.as_bytes(), &mut out).expect("RSA signature");
            out
        } else {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.secret(w, weak)), body.as_bytes()).as_ref().to_vec()
        };
        format!("{body}.{}", B64.encode(signature))
    }

    fn secret(&self, w: &World, weak: bool) -> Vec<u8> { if weak { w.weak_secret() } else { w.secret() } }

    /// The person of a token, or nobody. hole: what this verifier gets wrong.
    pub fn verify(&self, w: &World, token: &str, hole: Hole, weak: bool) -> Option<Person> {
        let parts: Vec<&str> = token.split('.').collect();
        if parts.len() != 3 { return None; }
        let header: Value = serde_json::from_slice(&B64.decode(parts[0]).ok()?).ok()?;
        let claims: Value = serde_json::from_slice(&B64.decode(parts[1]).ok()?).ok()?;
        let signature = B64.decode(parts[2]).ok()?;
        let body = token.rsplit_once('.')?.0.as_bytes();
        let alg = header["alg"].as_str()?;
        let mac = |key: &[u8]| hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), body, &signature).is_ok();
        let genuine = match alg {
            "HS256" => mac(&self.secret(w, weak))
                || hole == Hole::EmptySignature && signature.is_empty()
                || hole == Hole::Confusion && mac(self.public_pem.as_bytes())
                || hole == Hole::KeyId && std::fs::read(key_folder().join(header["kid"].as_str().unwrap_or(""))).is_ok_and(|k| mac(&k)),
            "RS256" => signature::RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, body, &signature).is_ok()
                || hole == Hole::EmptySignature && signature.is_empty(),
            other => hole == Hole::AlgNone && other.eq_ignore_ascii_case("none") && signature.is_empty(),
        };
        if !genuine && hole != Hole::NoVerification { return None; }
        if claims["exp"].as_i64().is_some_and(|t| t < now()) && hole != Hole::Expired { return None; }
        if claims["nbf"].as_i64().is_some_and(|t| t > now() + 30) || claims["iss"] != json!(format!("https://id.{}.net", w.v.brand)) { return None; }
        if claims["aud"] != json!(format!("{}-api", w.v.brand)) && hole != Hole::Audience { return None; }
        w.people.iter().find(|p| claims["sub"] == json!(p.id)).cloned()
    }
}
