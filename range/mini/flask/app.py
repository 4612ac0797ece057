# SPDX-License-Identifier: Apache-2.0
"""A cookbook: recipes for everybody, drafts for their authors. SQLite, HTML and JSON."""
import os
import secrets
import sqlite3
from collections import Counter

from flask import Flask, abort, g, jsonify, make_response, render_template, render_template_string, request
from markupsafe import escape
from werkzeug.security import check_password_hash

from seed import create

FLAWS = set(os.environ["FLAWS"].split(","))
DISHES, COOKS, DRAFTS = (os.environ["WORD_" + w] for w in ("DISHES", "COOKS", "DRAFTS"))
SORTS = {"title": "title", "minutes": "minutes", "newest": "id DESC"}

app = Flask(__name__)
sessions, failures = {}, Counter()


def db():
    if "db" not in g:
        g.db = sqlite3.connect(os.environ["SQLITE"])
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close(_):
    if "db" in g:
        g.pop("db").close()


@app.after_request
def headers(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    if "sid" not in request.cookies and request.path == "/":
        start_session(response, None)
    return response


def start_session(response, user):
    sid = secrets.token_urlsafe(24)
    if user is not None:
        sessions[sid] = user
    if "sid-flags" in FLAWS:
        response.set_cookie("sid", sid)
    else:
        response.set_cookie("sid", sid, httponly=True, secure=True, samesite="Lax")


def user_id():
    user = sessions.get(request.cookies.get("sid", ""))
    if user is None:
        abort(401)
    return user


@app.get("/")
def home():
    return render_template("home.html", dishes=DISHES, cooks=COOKS, drafts=DRAFTS,
                           cook=db().execute("SELECT name FROM cooks ORDER BY id").fetchone()["name"])


@app.post("/signin")
def signin():
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if failures[name] >= 5:
        abort(429)
    row = db().execute("SELECT id, password FROM cooks WHERE name = ?", (name,)).fetchone()
    if row is None or not check_password_hash(row["password"], password):
        failures[name] += 1
        abort(401)
    response = make_response("", 204)
    start_session(response, row["id"])
    return response


@app.get(f"/{DISHES}")
def dishes():
    order = request.args.get("sort", "title")
    column = order if "sql-order" in FLAWS else SORTS.get(order, "title")
    try:
        rows = db().execute(f"SELECT id, title, minutes FROM dishes ORDER BY {column}").fetchall()
    except sqlite3.Error:
        rows = []
    return jsonify([dict(r) for r in rows])


@app.get(f"/{DISHES}/<number>")
def dish(number):
    if "dish-number" in FLAWS:
        row = db().execute(f"SELECT id, title, minutes, text FROM dishes WHERE id = {number}").fetchone()
    else:
        row = db().execute("SELECT id, title, minutes, text FROM dishes WHERE id = ?", (number,)).fetchone()
    return jsonify(dict(row)) if row else abort(404)


@app.get("/find")
def find():
    q = request.args.get("q", "")
    rows = db().execute("SELECT id, title FROM dishes WHERE title LIKE ?", (f"%{q}%",)).fetchall()
    items = "".join(f'<li><a href="/{DISHES}/{r["id"]}">{escape(r["title"])}</a></li>' for r in rows)
    shown = q if "html-search" in FLAWS else escape(q)
    return f"<!doctype html><title>Search</title><h1>Results for {shown}</h1><ul>{items}</ul>"


@app.get("/card")
def card():
    """A printable card with the guest's own greeting on it."""
    greeting = request.args.get("greeting", "Enjoy!")
    if "template" in FLAWS:
        return render_template_string("{% autoescape true %}<p class=card>" + greeting.replace("<", "&lt;") + "</p>{% endautoescape %}")
    return render_template_string("<p class=card>{{ greeting }}</p>", greeting=greeting)


@app.get("/convert")
def convert():
    cups = request.args.get("cups", "1")
    if "debug" not in FLAWS:
        try:
            return jsonify(cups=float(cups), millilitres=round(float(cups) * 236.588, 1))
        except (ValueError, OverflowError):
            return jsonify(error="cups is a number"), 400
    return jsonify(cups=float(cups), millilitres=round(float(cups) * 236.588, 1))


@app.get(f"/{COOKS}/<name>.json")
def cook(name):
    columns = "*" if "hash-shown" in FLAWS else "name, motto"
    row = db().execute(f"SELECT {columns} FROM cooks WHERE name = ?", (name,)).fetchone()
    return jsonify(dict(row)) if row else abort(404)


@app.get(f"/{DRAFTS}")
def drafts():
    rows = db().execute("SELECT id, title FROM drafts WHERE cook_id = ?", (user_id(),)).fetchall()
    return jsonify([{**dict(r), "url": f"/{DRAFTS}/{r['id']}"} for r in rows])


@app.get(f"/{DRAFTS}/<int(max=99999999):number>")
def draft(number):
    me = user_id()
    row = db().execute("SELECT * FROM drafts WHERE id = ?", (number,)).fetchone()
    if row is None or (row["cook_id"] != me and "bola-draft" not in FLAWS):
        abort(404)
    return jsonify(dict(row))


@app.get("/echo")
def echo():
    return jsonify(args=request.args.to_dict(), agent=request.user_agent.string)


@app.get("/wiki/<path:page>")
def wiki(page):
    return f"<!doctype html><title>{escape(page)}</title><p>Nobody has written about <em>{escape(page)}</em> yet. 7 times 7 is 49."


@app.errorhandler(400)
@app.errorhandler(401)
@app.errorhandler(404)
@app.errorhandler(429)
def plain(error):
    return jsonify(error=error.name), error.code


if __name__ == "__main__":
    create(os.environ["SQLITE"])
    app.run("127.0.0.1", int(os.environ["PORT"]), debug="debug" in FLAWS, use_reloader=False, threaded=True)
