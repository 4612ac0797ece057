# SPDX-License-Identifier: Apache-2.0
"""The small services: what they are, how they are prepared, and their worlds."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import string
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .tools import RANGE, RangeError, Unavailable, cache_dir, call, lock, require_root
from .world import World, _new_name

MINI = RANGE / "mini"
PORT = 8080
TARGET = f"http://127.0.0.1:{PORT}"
POSTGRES = Path("/usr/lib/postgresql/15/bin")
DATABASE_URL = "postgresql://app:app@127.0.0.1:5432/app"
CATEGORIES = ("authentication", "bolaAuthorization", "bflaAuthorization", "propertyAuthorization", "inputValidation",
              "rateLimiting", "dataExposure", "encryption", "ssrf", "inventoryManagement", "unsafeConsumption", "llmSecurity")
MODES = ("passive", "safe", "active")
IDENTITIES = {"none": 0, "one": 1, "two": 2}
GIVEN_NAMES = ("ada", "bela", "carl", "dora", "emil", "frida", "gregor", "hanna", "ivo", "jana", "kurt", "lena", "milan",
               "nora", "otto", "petra", "quirin", "rosa", "stefan", "tilda", "udo", "vera", "wanda", "xaver", "yara", "zeno")


def names():
    """All services, sorted."""
    return sorted(p.parent.name for p in MINI.glob("*/service.yaml"))


def _value(kind, rng):
    if kind.startswith("text:"):
        return kind[5:]
    if kind == "uuid":
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if kind == "name":
        return rng.choice(GIVEN_NAMES)
    match = re.fullmatch(r"(hex|token)(\d+)", kind)
    if match:
        alphabet = "0123456789abcdef" if match[1] == "hex" else string.ascii_letters + string.digits
        return "".join(rng.choice(alphabet) for _ in range(int(match[2])))
    match = re.fullmatch(r"int(\d+)-(\d+)", kind)
    if match:
        return str(rng.randint(int(match[1]), int(match[2])))
    raise RangeError(f"unknown kind of value {kind!r}")


def _filled(node, values):
    """The tree with <key> replaced in all texts, mapping keys included."""
    if isinstance(node, str):
        return re.sub(r"<([a-z0-9_]+)>", lambda m: values.get(m[1], m[0]), node)
    if isinstance(node, list):
        return [_filled(n, values) for n in node]
    if isinstance(node, dict):
        return {_filled(k, values): _filled(v, values) for k, v in node.items()}
    return node


@dataclass
class Service:
    """One service with the names of one seed."""

    name: str
    seed: int
    about: dict
    words: dict
    values: dict
    flaws: list
    notes: list
    traps: list
    switches: list = field(default_factory=list)

    @staticmethod
    def load(name, seed):
        folder = MINI / name
        try:
            about = yaml.safe_load((folder / "service.yaml").read_text(encoding="utf-8"))
            truth = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as cause:
            raise RangeError(f"{name}: {cause}") from cause
        rng = random.Random(f"{name}/{seed}")
        words = {k: rng.choice(v) for k, v in (about.get("words") or {}).items()}
        values, taken = {}, set()
        for key, kind in (about.get("values") or {}).items():
            values[key] = _value(kind, rng)
            while kind == "name" and values[key] in taken:
                values[key] = _value(kind, rng)
            taken.add(values[key])
        both = {**words, **values}
        truth = _filled(truth, both)
        service = Service(name, seed, _filled(about, both), words, values,
                          truth.get("flaws") or [], truth.get("notes") or [], truth.get("traps") or [])
        service.switches = sorted({f.get("switch", f["id"]) for f in service.flaws})
        service.check()
        return service

    def check(self):
        """The table has the agreed form."""
        for row in self.flaws + self.notes:
            if row["category"] not in CATEGORIES or set(row.get("effects") or ()) - set(CATEGORIES):
                raise RangeError(f"{self.name}: {row['id']}: unknown category")
            for needed in ("method", "path", "severity", "why"):
                if not row.get(needed):
                    raise RangeError(f"{self.name}: {row['id']}: no {needed}")
        for row in self.flaws:
            if row.get("mode") not in MODES or row.get("identities") not in IDENTITIES:
                raise RangeError(f"{self.name}: {row['id']}: mode or identities")
        ids = [r["id"] for r in self.flaws + self.notes + self.traps]
        if len(ids) != len(set(ids)):
            raise RangeError(f"{self.name}: the same id twice")

    @property
    def folder(self):
        return MINI / self.name

    @property
    def cache(self):
        return cache_dir() / "mini" / self.name

    def rows(self, on):
        """Rows for the comparer, given the switches that are on."""
        out = [dict(f, on=f.get("switch", f["id"]) in on) for f in self.flaws]
        return out + [dict(n, on="flaw" not in n or n["flaw"] in on, optional=True) for n in self.notes]

    def needs_active(self):
        return any(f["mode"] == "active" for f in self.flaws)

    def environment(self, on, data):
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.cache), "LANG": "C.UTF-8", "PORT": str(PORT),
               "SEED": str(self.seed), "FLAWS": ",".join(on), "DATA": str(data), "TMPDIR": str(data)}
        env.update({f"WORD_{k.upper()}": v for k, v in self.words.items()})
        env.update({f"VALUE_{k.upper()}": v for k, v in self.values.items()})
        if self.about.get("database") == "sqlite":
            env["SQLITE"] = str(data / "app.db")
        if self.about.get("database") == "postgresql":
            env["DATABASE_URL"] = DATABASE_URL
        env.update({k: str(v) for k, v in (self.about.get("environment") or {}).items()})
        return env

    def prepare(self):
        """Copies the folder to the cache and runs what has to be run there."""
        missing = [f"{p} ({d})" for p, d in (self.about.get("programs") or {}).items() if not shutil.which(p)]
        if missing:
            raise Unavailable(f"{self.name}: not found: {', '.join(missing)} (Debian packages in brackets)")
        self.cache.mkdir(parents=True, exist_ok=True)
        with lock(f"mini-{self.name}"):
            files = sorted(p for p in self.folder.rglob("*") if p.is_file())
            _copy(files, self.folder, self.cache)
            for number, step in enumerate(self.about.get("prepare") or ()):
                inputs = [self.folder / w for w in step["when"]] if "when" in step else [
                    p for p in files if p.name != "truth.yaml"]
                stamp = hashlib.sha256(json.dumps(step["run"]).encode())
                for path in inputs:
                    stamp.update(path.name.encode() + b"\0" + path.read_bytes())
                mark = self.cache / f".step-{number}"
                if mark.exists() and mark.read_text(encoding="ascii") == stamp.hexdigest():
                    continue
                mark.unlink(missing_ok=True)
                call(step["run"], f"preparing {self.name}", cwd=self.cache)
                mark.write_text(stamp.hexdigest(), encoding="ascii")


def _copy(files, source, target):
    for path in files:
        to = target / path.relative_to(source)
        content = path.read_bytes()
        if to.exists() and to.read_bytes() == content:
            continue  # builders look at the time of files
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = to.with_name(to.name + ".new")
        fresh.write_bytes(content)
        shutil.copymode(path, fresh)
        os.replace(fresh, to)


def _database_template():
    """A new PostgreSQL cluster, made once; making one takes seconds."""
    if not (POSTGRES / "initdb").exists():
        raise Unavailable(f"{POSTGRES}/initdb: not found; install postgresql-15")
    out = cache_dir() / "mini" / "postgresql-15"
    with lock("mini-postgresql"):
        if not (out / "done").exists():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir(parents=True)
            with tempfile.TemporaryDirectory(prefix="plumb-mini-initdb-") as place:
                shutil.chown(place, "postgres", "postgres")
                call(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", POSTGRES / "initdb", "-D", f"{place}/d",
                      "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], "making a database cluster")
                shutil.copytree(f"{place}/d", out / "d")
            (out / "done").touch()
    return out / "d"


# Makes every file system read-only for the program that follows, except its
# data folder ($1); ip netns exec has given us mounts of our own before.
_SEALED = r"""
set -e
data=$1; shift
mount --make-rprivate /
mount --bind "$data" "$data"
findmnt -rno TARGET,FSTYPE | while read -r at kind; do
    case "$at" in "$data"|/proc|/proc/*|/sys|/sys/*|/dev|/dev/*|/run/netns*) continue;; esac
    case "$kind" in nsfs) continue;; esac
    mount -o remount,bind,ro "$at" 2>/dev/null || :
done
exec setpriv --pdeathsig KILL --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


class MiniWorld(World):
    """A namespace with one small service, started anew for each set of flaws."""

    def __init__(self, service):
        super().__init__({}, service.seed)
        self.mini = service
        self.process = None
        self.data = None

    def _start(self):
        require_root()
        self.name = _new_name()
        self.folder = Path(tempfile.mkdtemp(prefix=self.name + "-"))
        os.chmod(self.folder, 0o711)
        call(["ip", "netns", "add", self.name], "making a network namespace")
        call(["ip", "-n", self.name, "link", "set", "lo", "up"], "starting the loopback interface")
        if self.mini.about.get("database") == "postgresql":
            self._start_database()

    def _start_database(self):
        place = self.folder / "pg"
        shutil.copytree(_database_template(), place)
        call(["chown", "-R", "postgres:postgres", place], "giving the database its files")
        place.chmod(0o700)
        process = self._spawn("postgresql", [
            "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", POSTGRES / "postgres", "-D", place,
            "-c", "listen_addresses=127.0.0.1", "-c", "port=5432", "-c", "fsync=off", "-c", "unix_socket_directories="])
        self._await("postgresql", process, lambda: self._sql("postgres", "SELECT 1"), 30)
        self._sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'")

    def _sql(self, database, text):
        return call(self.inside([POSTGRES / "psql", "-h", "127.0.0.1", "-U", "postgres", "-d", database, "-qAtX", "-v",
                                 "ON_ERROR_STOP=1", "-c", text]), "asking the database")

    def _spawn(self, name, arguments):
        return super()._spawn(name, [str(a) for a in arguments])

    def begin(self, on):
        """(Re)starts the service with these flaws and fresh data."""
        self.end()
        self.data = self.folder / "data"
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        if self.mini.about.get("database") == "postgresql":
            self._sql("postgres", "DROP DATABASE IF EXISTS app WITH (FORCE)")
            self._sql("postgres", "CREATE DATABASE app OWNER app")
        with open(self._log("service"), "wb") as log:
            self.process = subprocess.Popen(
                self.inside(["sh", "-c", _SEALED, "sealed", self.data, *self.mini.about["start"]]),
                cwd=self.mini.cache, env=self.mini.environment(on, self.data), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self._await("service", self.process, self._is_ready, self.mini.about.get("seconds", 30))

    def _is_ready(self):
        path = self.mini.about.get("ready")
        if path:
            return self.ask({"path": path, "timeout": 3}, {})["status"] < 500
        return self.ask({"path": None}, {})["status"] == 0

    def end(self):
        if self.process is None:
            return
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(patience)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.process = None

    def stop(self):
        self.end()
        super().stop()

    def ask(self, request, headers):
        """Sends one request from inside: {status, headers, body}. Path None only connects."""
        order = dict(request, headers={**headers, **(request.get("headers") or {})}, port=PORT)
        r = subprocess.run(self.inside([sys.executable, "-c", _CLIENT]), input=json.dumps(order), capture_output=True,
                           text=True, timeout=120, check=False)
        if r.returncode != 0:
            raise RangeError(f"{self.mini.name}: {request.get('path')}: {r.stderr.strip().splitlines()[-1:]}")
        return json.loads(r.stdout)

    def log_in(self):
        """The identities of service.yaml with static headers, logged in where needed."""
        out = []
        for source in self.mini.about.get("identities") or ():
            identity = {k: source[k] for k in ("name", "role", "tenant") if k in source}
            identity["headers"] = dict(source.get("headers") or {})
            if "login" in source:
                identity["headers"].update(self._sign_in(source["login"]))
            out.append(identity)
        return out

    def _sign_in(self, login):
        answer = self.ask(dict(login, method=login.get("method", "POST"), headers={}), {})
        if answer["status"] >= 400:
            raise RangeError(f"{self.mini.name}: login answered {answer['status']}: {answer['body'][:200]}")
        if "cookie" in login:
            for name, value in answer["headers"]:
                if name.lower() == "set-cookie" and value.startswith(login["cookie"] + "="):
                    return {"Cookie": value.split(";", 1)[0]}
            raise RangeError(f"{self.mini.name}: login set no cookie {login['cookie']}")
        token = json.loads(answer["body"])
        for step in login["token"].strip("/").split("/"):
            token = token[int(step)] if isinstance(token, list) else token[step]
        name, value = login.get("header", "Authorization: Bearer {}").split(": ", 1)
        return {name: value.replace("{}", token)}

    def checksum(self):
        """Of what is in the database."""
        kind = self.mini.about.get("database")
        if kind == "postgresql":
            text = call(self.inside([POSTGRES / "pg_dump", "-h", "127.0.0.1", "-U", "postgres", "--inserts", "app"]), "dumping")
            # Newer versions write a random key for psql's \restrict.
            text = re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.M)
        elif kind == "sqlite" and (self.data / "app.db").exists():
            connection = sqlite3.connect(self.data / "app.db")
            text = "\n".join(connection.iterdump())
            connection.close()
        else:
            return ""
        return hashlib.sha256(text.encode()).hexdigest()


# Runs inside the namespace: one request (or several alike), the last answer.
_CLIENT = r"""
import http.client, json, sys, socket, urllib.parse
o = json.load(sys.stdin)
if o.get("path") is None:
    socket.create_connection(("127.0.0.1", o["port"]), 2).close()
    print(json.dumps({"status": 0, "headers": [], "body": ""})); sys.exit()
body = o.get("body")
h = dict(o.get("headers") or {})
if o.get("json") is not None:
    body = json.dumps(o["json"]); h.setdefault("Content-Type", "application/json")
elif o.get("form") is not None:
    body = urllib.parse.urlencode(o["form"]); h.setdefault("Content-Type", "application/x-www-form-urlencoded")
for _ in range(o.get("times", 1)):
    c = http.client.HTTPConnection("127.0.0.1", o["port"], timeout=o.get("timeout", 10))
    c.request(o.get("method", "GET"), o["path"], body=body.encode() if body is not None else None, headers=h)
    r = c.getresponse(); data = r.read(1 << 24); c.close()
print(json.dumps({"status": r.status, "headers": r.getheaders(), "body": data.decode("utf-8", "replace")}))
"""
