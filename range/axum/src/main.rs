// SPDX-License-Identifier: Apache-2.0
//! A believable API of several tenants with switchable flaws, made to be scanned.

mod auth;
mod control;
mod data;
mod fetch;
mod graph;
mod llm;
mod op;
mod ops_data;
mod ops_input;
mod ops_llm;
mod ops_traps;
mod ops_web;
mod server;
mod store;
mod truth;
mod world;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer};
use tokio_rustls::{rustls, TlsAcceptor};
use tower_service::Service;

/// An async function as an operation's handler.
#[macro_export]
macro_rules! run { ($f:path) => { |c| Box::pin($f(c)) } }

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: range-axum -listen ADDR [-tls-listen ADDR -tls-cert PEM -tls-key PEM] -control SOCKET [-seed N] -dynamodb URL [-region NAME] -signing-key PEM";

fn arguments() -> Result<HashMap<String, String>, Failure> {
    let mut out = HashMap::from([("listen", "127.0.0.1:8080"), ("region", "eu-central-1"), ("seed", "0")].map(|(k, v)| (k.to_string(), v.to_string())));
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let name = name.trim_start_matches('-').to_string();
        if !["listen", "tls-listen", "tls-cert", "tls-key", "control", "seed", "dynamodb", "region", "signing-key"].contains(&name.as_str()) { return Err(USAGE.into()); }
        out.insert(name, args.next().ok_or(USAGE)?);
    }
    for needed in ["control", "dynamodb", "signing-key"] { if !out.contains_key(needed) { return Err(USAGE.into()); } }
    Ok(out)
}

async fn store(a: &HashMap<String, String>, w: &world::World) -> store::Store {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).region(aws_config::Region::new(a["region"].clone())).http_client(http).load().await;
    let own = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(&a["dynamodb"]).build();
    store::Store { client: aws_sdk_dynamodb::Client::from_conf(own), config, tables: w.tables.clone() }
}

async fn serve<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(io: T, app: Router, encrypted: bool) {
    let service = hyper::service::service_fn(move |mut req: hyper::Request<hyper::body::Incoming>| {
        if encrypted { req.extensions_mut().insert(server::Encrypted); }
        app.clone().call(req)
    });
    let _ = hyper::server::conn::http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(20)).serve_connection(TokioIo::new(io), service).await;
}

fn acceptor(a: &HashMap<String, String>) -> Result<TlsAcceptor, Failure> {
    let certs = CertificateDer::pem_file_iter(&a["tls-cert"])?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&a["tls-key"])?;
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?.with_no_client_auth().with_single_cert(certs, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn papers() -> Result<std::path::PathBuf, Failure> {
    let folder = std::env::temp_dir().join(format!("range-axum-{}", std::process::id())).join("papers");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    std::fs::create_dir_all(auth::key_folder())?;
    std::fs::write(folder.join("terms.txt"), "Terms of business. Goods travel at the risk of their owner.\n")?;
    std::fs::write(folder.join("imprint.txt"), "Published by the harbour office.\n")?;
    Ok(folder)
}

async fn run(a: HashMap<String, String>) -> Result<(), Failure> {
    let world = world::World::new(a["seed"].parse().map_err(|_| "-seed: a number is needed")?, &a["listen"]);
    let mut ops = vec![];
    for group in [ops_data::ops(&world), ops_input::ops(&world), ops_web::ops(&world), ops_llm::ops(&world), graph::ops(&world), ops_traps::ops(&world)] { ops.extend(group.into_iter().map(Arc::new)); }
    let keys = auth::Keys::new(&std::fs::read_to_string(&a["signing-key"]).map_err(|e| format!("{}: {e}", a["signing-key"]))?)?;
    let store = store(&a, &world).await;
    store.reset(&world).await?;
    let s = Arc::new(server::Server {
        truth: truth::Truth::load().placed(&ops), fetch: fetch::Fetcher::new(), graph: Default::default(), on: Default::default(), windows: Default::default(),
        papers: papers()?, world, store, keys, ops,
    });
    let app = server::router(s.clone());
    let plain = tokio::net::TcpListener::bind(&a["listen"]).await?;
    if let Some(address) = a.get("tls-listen") {
        let (listener, acceptor, app) = (tokio::net::TcpListener::bind(address).await?, acceptor(&a)?, app.clone());
        tokio::spawn(async move {
            loop {
                let Ok((io, _)) = listener.accept().await else { continue };
                let (acceptor, app) = (acceptor.clone(), app.clone());
                tokio::spawn(async move { if let Ok(io) = acceptor.accept(io).await { serve(io, app, true).await } });
            }
        });
    }
    let _ = std::fs::remove_file(&a["control"]);
    let control = tokio::net::UnixListener::bind(&a["control"]).map_err(|e| format!("{}: {e}", a["control"]))?;
    std::fs::set_permissions(&a["control"], std::os::unix::fs::PermissionsExt::from_mode(0o666))?;
    let switches = control::router(s.clone());
    tokio::spawn(async move {
        loop {
            let Ok((io, _)) = control.accept().await else { continue };
            tokio::spawn(serve(io, switches.clone(), false));
        }
    });
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = end.recv() => return Ok(()),
            accepted = plain.accept() => if let Ok((io, _)) = accepted { tokio::spawn(serve(io, app.clone(), false)); },
        }
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {})); // one operation fails on purpose and says so itself
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let done = arguments().and_then(|a| runtime.block_on(run(a)));
    if let Err(cause) = done {
        eprintln!("range-axum: {cause}");
        std::process::exit(1);
    }
}
