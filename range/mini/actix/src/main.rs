// SPDX-License-Identifier: Apache-2.0

//! A veterinary practice: owners see their animals, visits and X-ray reports.

use actix_web::dev::Payload;
use actix_web::error::{ErrorBadRequest, ErrorInternalServerError, ErrorNotFound, ErrorUnauthorized};
use actix_web::{get, put, web, App, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, Result};
use rusqlite::{params, Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::future::{ready, Ready};
use std::path::PathBuf;
use std::sync::Mutex;
use uuid::Uuid;

type Db = web::Data<Mutex<Connection>>;

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn flaw(id: &str) -> bool {
    env("FLAWS").split(',').any(|on| on == id)
}

/// Whoever sent a valid X-Api-Key.
struct Owner(i64);

impl FromRequest for Owner {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = req.headers().get("X-Api-Key").and_then(|v| v.to_str().ok()).unwrap_or("");
        let db = req.app_data::<Db>().expect("the database is shared").lock().unwrap();
        let id = db.query_row("SELECT id FROM owners WHERE api_key = ?", [key], |row| row.get(0)).optional();
        ready(match id {
            Ok(Some(id)) => Ok(Owner(id)),
            Ok(None) => Err(ErrorUnauthorized("a valid X-Api-Key is required")),
            Err(e) => Err(ErrorInternalServerError(e)),
        })
    }
}

#[derive(Serialize)]
struct Animal {
    id: String,
    name: String,
    species: String,
    microchip: String,
    diagnosis: String,
    weights: String,
}

fn animal(row: &Row) -> rusqlite::Result<Animal> {
    let id: String = row.get("id")?;
    let weights = format!("/api/v2/{}/{id}/{}?grams=9000", env("WORD_ANIMALS"), env("WORD_VISITS"));
    Ok(Animal { id, weights, name: row.get("name")?, species: row.get("species")?, microchip: row.get("microchip")?, diagnosis: row.get("diagnosis")? })
}

#[derive(Serialize)]
struct Visit {
    day: String,
    grams: i64,
    reason: String,
}

fn visit(row: &Row) -> rusqlite::Result<Visit> {
    Ok(Visit { day: row.get("day")?, grams: row.get("grams")?, reason: row.get("reason")? })
}

async fn list_animals(db: Db, owner: Owner) -> Result<impl Responder> {
    let db = db.lock().unwrap();
    let mut query = db.prepare("SELECT * FROM animals WHERE owner = ?").map_err(ErrorInternalServerError)?;
    let rows = query.query_map([owner.0], animal).map_err(ErrorInternalServerError)?;
    Ok(web::Json(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(ErrorInternalServerError)?))
}

async fn show_animal(db: Db, owner: Owner, id: web::Path<Uuid>) -> Result<impl Responder> {
    let db = db.lock().unwrap();
    let found = if flaw("animal-owner") {
        db.query_row("SELECT * FROM animals WHERE id = ?", [id.to_string()], animal)
    } else {
        db.query_row("SELECT * FROM animals WHERE id = ? AND owner = ?", params![id.to_string(), owner.0], animal)
    };
    Ok(web::Json(found.map_err(|_| ErrorNotFound("no such animal"))?))
}

#[derive(Deserialize)]
struct AnimalForm {
    name: String,
}

/// Renames an animal. The owner is optional here only for the sake of the flaw.
async fn rename_animal(db: Db, owner: Option<Owner>, id: web::Path<Uuid>, form: web::Json<AnimalForm>) -> Result<impl Responder> {
    let db = db.lock().unwrap();
    let changed = match owner {
        _ if flaw("rename-open") => db.execute("UPDATE animals SET name = ? WHERE id = ?", params![form.name, id.to_string()]),
        Some(owner) => db.execute("UPDATE animals SET name = ? WHERE id = ? AND owner = ?", params![form.name, id.to_string(), owner.0]),
        None => return Err(ErrorUnauthorized("a valid X-Api-Key is required")),
    };
    match changed.map_err(ErrorInternalServerError)? {
        0 => Err(ErrorNotFound("no such animal")),
        _ => Ok(web::Json(json!({"id": id.to_string(), "name": form.name}))),
    }
}

#[derive(Deserialize)]
struct HeavierThan {
    grams: Option<String>,
}

async fn animal_visits(db: Db, owner: Owner, id: web::Path<Uuid>, filter: web::Query<HeavierThan>) -> Result<impl Responder> {
    let mut grams = filter.into_inner().grams.unwrap_or("0".into());
    if !flaw("visits-number") {
        grams = grams.parse::<i64>().map_err(ErrorBadRequest)?.to_string();
    }
    let db = db.lock().unwrap();
    let sql = format!("SELECT v.* FROM visits v JOIN animals a ON a.id = v.animal WHERE a.id = ? AND a.owner = ? AND v.grams > {grams} ORDER BY v.day LIMIT 50");
    let mut query = db.prepare(&sql).map_err(ErrorInternalServerError)?;
    let rows = query.query_map(params![id.to_string(), owner.0], visit).map_err(ErrorInternalServerError)?;
    Ok(web::Json(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(ErrorInternalServerError)?))
}

#[derive(Deserialize)]
struct Page {
    limit: Option<u32>,
}

async fn list_visits(db: Db, owner: Owner, page: web::Query<Page>) -> Result<impl Responder> {
    let mut limit = page.limit.unwrap_or(20);
    if !flaw("page-size") {
        limit = limit.min(100);
    }
    let db = db.lock().unwrap();
    let mut query = db
        .prepare("SELECT v.* FROM visits v JOIN animals a ON a.id = v.animal WHERE a.owner = ? ORDER BY v.day LIMIT ?")
        .map_err(ErrorInternalServerError)?;
    let rows = query.query_map(params![owner.0, limit], visit).map_err(ErrorInternalServerError)?;
    Ok(web::Json(json!({"visits": rows.collect::<rusqlite::Result<Vec<_>>>().map_err(ErrorInternalServerError)?})))
}

async fn show_owner(db: Db, owner: Owner) -> Result<impl Responder> {
    let db = db.lock().unwrap();
    let row = db.query_row("SELECT * FROM owners WHERE id = ?", [owner.0], |row| {
        let mut shown = json!({"name": row.get::<_, String>("name")?, "email": row.get::<_, String>("email")?});
        if flaw("owner-hash") {
            shown["password_hash"] = row.get::<_, String>("password_hash")?.into();
            shown["internal_rating"] = row.get::<_, String>("internal_rating")?.into();
        }
        Ok(shown)
    });
    Ok(web::Json(row.map_err(ErrorInternalServerError)?))
}

#[derive(Deserialize)]
struct Report {
    file: String,
}

async fn xray(_owner: Owner, report: web::Query<Report>) -> Result<impl Responder> {
    if !flaw("xray-path") && !report.file.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(ErrorBadRequest("not the name of a report"));
    }
    let mut path = PathBuf::from(env("DATA")).join("xrays");
    path.push(&report.file);
    let text = std::fs::read_to_string(path).map_err(|_| ErrorNotFound("no such report"))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// Version 1 of the list, which the app of 2021 used.
async fn old_animals(db: Db) -> Result<HttpResponse> {
    if !flaw("v1-open") {
        return Ok(HttpResponse::Gone().json(json!({"error": "version 1 ended in 2023"})));
    }
    let db = db.lock().unwrap();
    let mut query = db.prepare("SELECT a.name, o.name, o.email FROM animals a JOIN owners o ON o.id = a.owner").map_err(ErrorInternalServerError)?;
    let rows = query
        .query_map([], |r| Ok(json!({"animal": r.get::<_, String>(0)?, "owner": r.get::<_, String>(1)?, "email": r.get::<_, String>(2)?})))
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(ErrorInternalServerError)?))
}

#[put("/api/v2/echo")]
async fn echo(body: String) -> impl Responder {
    body
}

#[get("/")]
async fn index() -> impl Responder {
    let (animals, visits, owner) = (env("WORD_ANIMALS"), env("WORD_VISITS"), env("WORD_OWNER"));
    web::Json(json!({"practice": "Hoof & Paw", "links": [
        format!("/api/v2/{animals}"), format!("/api/v2/{visits}?limit=20"), format!("/api/v2/{owner}"), "/api/v2/xrays?file=rex-2025", "/api/v2/species"]}))
}

#[get("/api/v2/species")]
async fn species() -> impl Responder {
    web::Json(json!([{"name": "dog", "legs": 4, "count": 49}, {"name": "budgerigar", "legs": 2, "count": 7}]))
}

fn fill(db: &mut Connection) -> rusqlite::Result<()> {
    let t = db.transaction()?;
    t.execute_batch(
        "CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT, email TEXT, password_hash TEXT, internal_rating TEXT, api_key TEXT);
         CREATE TABLE animals (id TEXT PRIMARY KEY, owner INTEGER, name TEXT, species TEXT, microchip TEXT, diagnosis TEXT);
         CREATE TABLE visits (animal TEXT, day TEXT, grams INTEGER, reason TEXT);",
    )?;
    for (o, who) in ["A", "B", "C"].iter().enumerate() {
        let name = env(&format!("VALUE_USER{who}"));
        let hash = format!("$2b$12${}", env(&format!("VALUE_SALT{who}")));
        let key = env(&format!("VALUE_KEY{who}"));
        t.execute("INSERT INTO owners VALUES (?, ?, ?, ?, 'pays late', ?)", params![o + 1, name, format!("{name}@tails.example"), hash, key])?;
        for (a, pet) in ["Rex", "Mitzi", "Coco"].iter().enumerate() {
            let id = if (o, a) == (0, 0) { env("VALUE_ANIMAL") } else {
                Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}{o}{a}", env("VALUE_KEYA")).as_bytes()).to_string()
            };
            let chip = format!("27609810{:07}", 4_821_337 + o * 1009 + a * 77);
            t.execute("INSERT INTO animals VALUES (?, ?, ?, 'dog', ?, 'lame in the left hind leg')", params![id, o + 1, pet, chip])?;
            for v in 0..400 {
                t.execute("INSERT INTO visits VALUES (?, ?, ?, 'check-up')", params![id, format!("20{:02}-{:02}-{:02}", 10 + v / 28, 1 + v % 12, 1 + v % 28), 9000 + v * 10])?;
            }
        }
    }
    t.commit()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut db = Connection::open(env("SQLITE")).expect("SQLITE names a file");
    fill(&mut db).expect("the tables can be made");
    let folder = PathBuf::from(env("DATA")).join("xrays");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("rex-2025"), "X-ray of Rex, left hind leg: no fracture.\n")?;
    let db = web::Data::new(Mutex::new(db));
    let (animals, visits, owner) = (env("WORD_ANIMALS"), env("WORD_VISITS"), env("WORD_OWNER"));
    HttpServer::new(move || {
        App::new().app_data(db.clone()).service(index).service(species).service(echo)
            .route(&format!("/api/v1/{animals}"), web::get().to(old_animals))
            .route("/api/v2/xrays", web::get().to(xray))
            .route(&format!("/api/v2/{owner}"), web::get().to(show_owner))
            .route(&format!("/api/v2/{visits}"), web::get().to(list_visits))
            .route(&format!("/api/v2/{animals}"), web::get().to(list_animals))
            .route(&format!("/api/v2/{animals}/{{id}}"), web::get().to(show_animal))
            .route(&format!("/api/v2/{animals}/{{id}}"), web::put().to(rename_animal))
            .route(&format!("/api/v2/{animals}/{{id}}/{visits}"), web::get().to(animal_visits))
    })
    .workers(2)
    .bind(format!("127.0.0.1:{}", env("PORT")))?
    .run()
    .await
}
