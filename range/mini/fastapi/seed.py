# SPDX-License-Identifier: Apache-2.0
import os
import random
import uuid

GIVEN, FAMILY = ["Alma", "Bruno", "Clara", "David", "Edda", "Frank", "Greta", "Hugo", "Ines"], ["Abel", "Busch", "Curtius", "Dorn", "Ernst", "Fuchs", "Graf", "Hahn", "Ihle"]
DIAGNOSES = ["asthma", "diabetes type 2", "migraine", "hypertension", "gout"]


def create(db):
    rng = random.Random(int(os.environ["SEED"]))
    db.execute("""
        CREATE FUNCTION crypt_of(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT encode(sha256(convert_to('practice' || $1, 'UTF8')), 'hex') $$;
        CREATE TABLE staff (id int PRIMARY KEY, login text UNIQUE, role text, password text);
        CREATE TABLE patients (id uuid PRIMARY KEY, doctor_id int REFERENCES staff, given_name text, family_name text, ward text,
                               birthday date, insurance_number text, internal_note text, risk_score int);
        CREATE TABLE scripts (id serial PRIMARY KEY, patient_id uuid REFERENCES patients, drug text, dose text, diagnosis text, issued date);
        CREATE TABLE drugs (id int PRIMARY KEY, name text, strength text);
        CREATE TABLE audit (id serial PRIMARY KEY, staff_id int REFERENCES staff, action text, address text);
        INSERT INTO drugs SELECT n, 'Drug ' || chr(65 + n % 26) || n, (n % 9 + 1) * 50 || ' mg' FROM generate_series(1, 600) n""")
    for n, (who, role) in enumerate((("FIRST", "doctor"), ("SECOND", "doctor"), ("BOSS", "head")), 1):
        db.execute("INSERT INTO staff VALUES (%s, %s, %s, crypt_of(%s))", (n, os.environ["VALUE_" + who], role, os.environ[f"VALUE_{who}PW"]))
        db.execute("INSERT INTO audit (staff_id, action, address) VALUES (%s, 'opened a record', %s)", (n, f"10.20.{n}.{rng.randint(2, 250)}"))
    for n in range(9):
        number = os.environ["VALUE_PATIENTID"] if n == 0 else str(uuid.UUID(int=rng.getrandbits(128), version=4))
        db.execute("INSERT INTO patients VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                   (number, n % 3 + 1, GIVEN[n], rng.choice(FAMILY), f"ward {n % 4}", f"19{50 + n * 4}-0{n % 9 + 1}-1{n % 9}",
                    f"{chr(65 + n)}{rng.randint(100000000, 999999999)}", "owes two bills, be careful", rng.randint(1, 99)))
        for k in range(2):
            db.execute("INSERT INTO scripts (patient_id, drug, dose, diagnosis, issued) VALUES (%s, %s, '1-0-1', %s, %s)",
                       (number, f"Drug {chr(66 + k)}{n}", DIAGNOSES[(n + k) % 5], f"2026-09-1{k}"))
