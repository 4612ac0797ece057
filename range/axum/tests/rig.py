# SPDX-License-Identifier: Apache-2.0
"""The service with dynalite on ports of the loopback interface, and one HTTP client."""

import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE.parent))

from rangelib import build  # noqa: E402
from rangelib.tools import Control  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def all_headers(self, name):
        return [v for k, v in self.headers if k.lower() == name]

    def header(self, name):
        return (self.all_headers(name) or [""])[0]


class Hook(http.server.BaseHTTPRequestHandler):
    """A server of ours that the service may be made to call."""

    hits = []

    def do_GET(self):
        self.hits.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/found")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"text-of-the-hook-5521")

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Rig:
    """A running service of one seed."""

    def __init__(self, seed):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.processes = []
        database, self.port, self.tls = free_port(), free_port(), free_port()
        binary = build.cargo_binary(HERE, "axum")
        self._start([*build.dynalite(), "127.0.0.1", str(database)], {})
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
                        folder / "signing.pem"], check=False, stderr=subprocess.DEVNULL)
        if not (folder / "signing.pem").exists():
            subprocess.run(["openssl", "genrsa", "-out", folder / "signing.pem", "2048"], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", folder / "tls.key", "-out", folder / "tls.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", database), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        self._start([binary, "-listen", f"127.0.0.1:{self.port}", "-tls-listen", f"127.0.0.1:{self.tls}", "-tls-cert", folder / "tls.pem",
                     "-tls-key", folder / "tls.key", "-control", folder / "c.sock", "-seed", str(seed),
                     "-dynamodb", f"http://127.0.0.1:{database}", "-signing-key", folder / "signing.pem"],
                    {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "TMPDIR": str(folder)})
        self.control = Control(folder / "c.sock")
        while time.monotonic() < end:
            try:
                self.control.ask("GET", "/healthz")
                break
            except Exception:  # noqa: BLE001 - not there yet
                time.sleep(0.05)
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        self.hook_url = f"http://127.0.0.1:{self.hook.server_address[1]}"

    def _start(self, arguments, environment):
        self.processes.append(subprocess.Popen([str(a) for a in arguments], env=dict(os.environ, **environment),
                                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def stop(self):
        self.hook.shutdown()
        self.hook.server_close()
        for p in reversed(self.processes):
            p.terminate()
        for p in self.processes:
            p.wait(5)
        self.folder.cleanup()

    def flaws(self, ids):
        self.control.json("PUT", "/flaws", ids)
        self.rows = {r["id"]: r for r in self.control.json("GET", "/truth?listener=tls")}
        self.traps = {r["id"]: r for r in self.control.json("GET", "/traps")}
        self.people = self.control.json("GET", "/identities")
        self.spec = self.send("GET", "/openapi.json").json

    def send(self, method, path, body=None, headers=None, tls=False):
        if tls:
            import ssl
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=20, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=body, headers=headers)
            r = connection.getresponse()
            return Answer(r.status, r.getheaders(), r.read())
        finally:
            connection.close()

    def me(self, n=0):
        return dict(self.people[n]["headers"])

    def describe(self, method, path):
        return self.spec["paths"].get(path, {}).get(method.lower(), {})

    def at(self, flaw, value=None, headers=None, more=None, **rest):
        """Calls the operation of a row: its parameter (or first) set to value, the others to their examples."""
        row = self.rows.get(flaw) or self.traps[flaw]
        method, path = row["method"], row["path"]
        operation = self.describe(method, path)
        wanted = row.get("parameter") or {}
        query, body, headers = {}, None, dict(headers or {})
        parameters = [dict(p) for p in operation.get("parameters", [])]
        if not wanted and parameters and value is not None:
            wanted = {"in": parameters[0]["in"], "name": parameters[0]["name"]}
        for p in parameters:
            v = value if value is not None and (p["in"], p["name"]) == (wanted.get("in"), wanted.get("name")) else p.get("example")
            if v is None:
                continue
            if p["in"] == "path":
                path = path.replace("{" + p["name"] + "}", v if v.startswith("%RAW%") else urllib.parse.quote(str(v), safe=";"))
            elif p["in"] == "query":
                query[p["name"]] = v
            elif p["in"] == "header":
                headers[p["name"]] = v
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if schema:
            body = {n: p["example"] for n, p in schema.get("properties", {}).items() if "example" in p}
            if not wanted and value is not None and schema.get("properties"):
                wanted = {"in": "body", "name": next(iter(schema["properties"]))}
            if wanted.get("in") == "body" and value is not None:
                body[wanted["name"]] = value
            body.update(more or {})
        path = path.replace("%RAW%", "")
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.send(method, path, body, headers, **rest)
