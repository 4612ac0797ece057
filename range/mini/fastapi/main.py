# SPDX-License-Identifier: Apache-2.0
"""Patients of a group practice: FastAPI, PostgreSQL, bearer JWT."""
import logging
import os
import re
import subprocess
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import jwt
import psycopg
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from psycopg.rows import dict_row
from pydantic import BaseModel

import assistant
import seed

FLAWS = set(os.environ["FLAWS"].split(","))
PATIENTS, SCRIPTS = os.environ["WORD_PATIENTS"], os.environ["WORD_SCRIPTS"]
KEY = "changeme" if "jwt-weak" in FLAWS else os.environ["VALUE_JWTKEY"]
SORTS = ("family_name", "birthday", "ward")


@asynccontextmanager
async def lifespan(_):
    with connect() as db:
        seed.create(db)
    yield


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row)


app = FastAPI(title="Practice", version="2.3.0", lifespan=lifespan, docs_url=None, redoc_url=None)
bearer = OAuth2PasswordBearer(tokenUrl="token")
failures = Counter()


@app.middleware("http")
async def headers(request, call_next):
    try:
        response = await call_next(request)
    except Exception:
        logging.exception("%s %s", request.method, request.url.path)
        response = JSONResponse({"detail": "Internal error"}, status_code=500)
    response.headers.update({"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY"})
    return response


def staff(token: Annotated[str, Depends(bearer)]):
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="practice")
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Not signed in", {"WWW-Authenticate": "Bearer"}) from None
    with connect() as db:
        person = db.execute("SELECT id, login, role FROM staff WHERE login = %s", (claims["sub"],)).fetchone()
    if person is None:
        raise HTTPException(401, "Not signed in", {"WWW-Authenticate": "Bearer"})
    return person


Staff = Annotated[dict, Depends(staff)]


class Patient(BaseModel):
    id: UUID
    given_name: str
    family_name: str
    ward: str


class Question(BaseModel):
    question: str


@app.post("/token")
def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    if failures[form.username] >= 5:
        raise HTTPException(429, "Too many attempts", {"Retry-After": "600"})
    with connect() as db:
        person = db.execute("SELECT login FROM staff WHERE login = %s AND password = crypt_of(%s)", (form.username, form.password)).fetchone()
    if person is None:
        failures[form.username] += 1
        raise HTTPException(401, "Wrong name or password")
    claims = {"sub": form.username, "aud": "practice", "exp": int(time.time()) + 3600}
    return {"access_token": jwt.encode(claims, KEY, algorithm="HS256"), "token_type": "bearer"}


@app.get(f"/{PATIENTS}", response_model=list[Patient])
def patients(person: Staff, sort: str = "family_name"):
    if "sql-sort" not in FLAWS and sort not in SORTS:
        raise HTTPException(422, "sort is one of " + ", ".join(SORTS))
    with connect() as db:
        return db.execute(f"SELECT * FROM patients WHERE doctor_id = %s ORDER BY {sort}", (person["id"],)).fetchall()


@app.get(f"/{PATIENTS}/{{patient}}", response_model=Patient, responses={404: {}})
def patient(person: Staff, patient: UUID):
    with connect() as db:
        row = db.execute("SELECT * FROM patients WHERE id = %s AND doctor_id = %s", (patient, person["id"])).fetchone()
    if row is None:
        raise HTTPException(404, "No such patient")
    if "internal-fields" in FLAWS:
        return JSONResponse({k: str(v) for k, v in row.items()})
    return row


@app.get(f"/{PATIENTS}/{{patient}}/{SCRIPTS}")
def prescriptions(person: Staff, patient: UUID):
    owner = "" if "bola-scripts" in FLAWS else "AND doctor_id = %(doctor)s"
    with connect() as db:
        return db.execute(f"""SELECT s.id, s.drug, s.dose, s.diagnosis, s.issued FROM scripts s JOIN patients p ON p.id = s.patient_id
                              WHERE p.id = %(patient)s {owner} ORDER BY s.id""", {"patient": patient, "doctor": person["id"]}).fetchall()


@app.get("/drugs")
def drugs(_: Staff, limit: Annotated[int, Query(ge=1, json_schema_extra={"maximum": 50})] = 20):
    rows = limit if "page-size" in FLAWS else min(limit, 50)
    with connect() as db:
        return db.execute("SELECT id, name, strength FROM drugs ORDER BY id LIMIT %s", (min(rows, 100_000),)).fetchall()


@app.get("/audit/entries")
def audit(person: Staff):
    if person["role"] != "head" and "bfla-audit" not in FLAWS:
        raise HTTPException(403, "For the head of the practice")
    with connect() as db:
        return db.execute("SELECT a.id, s.login, a.action, a.address FROM audit a JOIN staff s ON s.id = a.staff_id ORDER BY a.id").fetchall()


@app.get("/network/lookup")
def lookup(_: Staff, host: Annotated[str, Query(max_length=120)] = "localhost"):
    """Is a laboratory's machine known here?"""
    if "command" in FLAWS:
        done = subprocess.run(f"getent hosts {host}", shell=True, capture_output=True, text=True, timeout=5, check=False)
    elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,80}", host):
        done = subprocess.run(["getent", "hosts", host], capture_output=True, text=True, timeout=5, check=False)
    else:
        raise HTTPException(422, "Not a host name")
    return {"host": host, "found": done.stdout[:500]}


@app.post("/assistant/ask")
def ask(_: Staff, question: Question):
    """Answers questions about the practice's rules. Stores nothing."""
    return assistant.answer(question.question[:4000], obedient="llm-obeys" in FLAWS)


@app.get("/symptoms/{word}")
def symptom(word: Annotated[str, Path(max_length=80)]):
    """Advice by keyword, for everybody."""
    advice = {"fever": "Drink, rest, and call us above 39.5.", "cough": "Honey helps; call us after two weeks."}
    return {"word": word, "advice": advice.get(word.lower(), f"We have no advice about {word}. Please call us.")}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), server_header=False, log_level="warning")
