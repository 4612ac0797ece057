# SPDX-License-Identifier: Apache-2.0
import os
import sqlite3

from werkzeug.security import generate_password_hash

TITLES = ["Barley soup", "Nettle pie", "Plum dumplings", "Smoked trout", "Rye bread", "Leek tart", "Quince jelly", "Potato salad"]


def create(path):
    first_dish, first_draft = int(os.environ["VALUE_DISHID"]), int(os.environ["VALUE_DRAFTID"])
    db = sqlite3.connect(path)
    db.executescript("""
        CREATE TABLE cooks (id INTEGER PRIMARY KEY, name TEXT UNIQUE, motto TEXT, email TEXT, password TEXT);
        CREATE TABLE dishes (id INTEGER PRIMARY KEY, title TEXT, minutes INTEGER, text TEXT);
        CREATE TABLE drafts (id INTEGER PRIMARY KEY, cook_id INTEGER, title TEXT, text TEXT, editor_note TEXT);
    """)
    for n, who in enumerate(("FIRST", "SECOND", "BOSS"), 1):
        name, password = os.environ["VALUE_" + who], os.environ[f"VALUE_{who}PW"]
        db.execute("INSERT INTO cooks VALUES (?, ?, ?, ?, ?)",
                   (n, name, f"{TITLES[n]} first", f"{name}@cookbook.example", generate_password_hash(password, "pbkdf2:sha256:20000")))
        for k in range(3):
            db.execute("INSERT INTO drafts VALUES (?, ?, ?, ?, ?)",
                       (first_draft + n - 1 + 3 * k, n, f"{TITLES[n + k]} of {name}", "Not ready yet", f"for {name} only: pay {40 + k} on print"))
    for n, title in enumerate(TITLES):
        db.execute("INSERT INTO dishes VALUES (?, ?, ?, ?)", (first_dish + n, title, 20 + 9 * n, f"Take what {title.lower()} needs."))
    db.commit()
    db.close()
