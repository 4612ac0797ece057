# SPDX-License-Identifier: Apache-2.0
"""The hostile hosts by name. Each is one listener or more; HOSTS says what a plain client must see of it.

Three families:
  whole     every connection is hostile;
  route     a small healthy API in which only GET /hostile is: it must cost itself, nothing else;
  turning   the healthy API, which becomes hostile after a while: what was known by then must survive.

The healthy API has one plain flaw, GET /status (a stack trace and an access key pair drawn at each start), so that a
test can ask whether a finding survived, and whether the secret itself stayed out of everything written.
"""

import base64
import json
import random
import socket
import threading
import time

import answers
import certs
import hellos
from wire import Listener, http, message, read_request

KNOWN_PATH = "/status"
HELLOS = ("relic", "resets", "silent", "garbage", "plain-http", "drips", "endless", "cut", "lies", "alerts")
TURNS_AFTER = 50          # requests before a turning host turns …
TURNS_AFTER_KNOWN = 20    # … and requests since the first answer of /status


class Host:
    """A named set of listeners; `main` is the one to scan, the others only count who comes."""

    def __init__(self, main, others=None, scheme="http", name="127.0.0.1", secrets=(), ca=""):
        self.ca = ca
        self.listeners = {"main": main, **(others or {})}
        self.scheme = scheme
        self.name = name
        self.secrets = list(secrets)

    def start(self):
        for listener in self.listeners.values():
            listener.start()
        return self

    def describe(self):
        ports = {name: listener.port for name, listener in self.listeners.items()}
        return {"url": f"{self.scheme}://{self.name}:{ports['main']}", "ports": ports, "secrets": self.secrets,
                "ca": str(self.ca)}

    def stats(self):
        return {name: listener.stats() for name, listener in self.listeners.items()}


class Api:
    """The healthy API: a list, items 1 to 5, a status with a flaw, 404 and 405 for the rest."""

    def __init__(self, hostile=None, delay=0.0, keep_alive=True):
        dice = random.SystemRandom()
        self.key_id = "AKIA" + "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
        self.key = base64.b64encode(dice.randbytes(30)).decode()
        self.hostile = hostile
        self.delay = delay
        self.keep_alive = keep_alive

    def __call__(self, conn, request, listener):
        if self.delay:
            time.sleep(self.delay)
        if self.hostile and request.path == "/hostile":
            return self.hostile(conn, request, listener)
        if request.path == KNOWN_PATH:
            listener.notes.setdefault("known_at", listener.requests)
        data = self.bytes_for(request)
        if request.method == "HEAD":
            data = data.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
        conn.sendall(data)
        return self.keep_alive

    def bytes_for(self, request):
        fields = [] if self.keep_alive else [("Connection", "close")]
        body = self.body_of(request.path)
        if body is None:
            return message(404, '{"error":"not found"}', headers=fields, reason="Not Found")
        if request.method not in ("GET", "HEAD"):
            return message(405, '{"error":"method not allowed"}', headers=[("Allow", "GET, HEAD"), *fields],
                           reason="Method Not Allowed")
        return message(200, json.dumps(body), headers=fields)

    def body_of(self, path):
        items = [{"id": i, "name": f"crate {i}", "weight": 11 * i} for i in range(1, 6)]
        if path == "/items":
            return {"items": items}
        if path == KNOWN_PATH:
            return {"service": "crates", "state": "degraded", "aws_access_key_id": self.key_id,
                    "aws_secret_access_key": self.key,
                    "error": 'Traceback (most recent call last):\n  File "/srv/app/store.py", line 41, in load\n'
                             "    return table.get_item(Key=key)\nKeyError: 'region'\n"}
        tail = path.removeprefix("/items/")
        if tail in ("1", "2", "3", "4", "5"):
            return items[int(tail) - 1]
        return None


# ---- the makers of hosts ----

def whole(answer):
    return lambda: Host(Listener(http(answer)))


def route(answer):
    def make():
        api = Api(answer)
        return Host(Listener(http(api)), secrets=[api.key])
    return make


def turning(action):
    """Healthy until enough was asked for; from then on `action` answers."""
    def make():
        api = Api()

        def answer(conn, request, listener):
            known_at = listener.notes.get("known_at")
            over = known_at is not None and listener.requests > max(TURNS_AFTER, known_at + TURNS_AFTER_KNOWN)
            return (action if over else api)(conn, request, listener)
        return Host(Listener(http(answer)), secrets=[api.key])
    return make


def banner(data):
    """A service of another kind: it talks first, and answers a request with what it always says."""
    def serve(conn, listener):
        conn.sendall(data)
        conn.recv(65536)
        conn.sendall(data)
    return lambda: Host(Listener(serve))


def secured(kind, name="127.0.0.1"):
    """The healthy API behind a certificate of the given kind."""
    def make():
        api = Api()
        context = certs.server_context(kind)
        return Host(Listener(http(api), tls=lambda conn: context.wrap_socket(conn, server_side=True)),
                    scheme="https", name=name, secrets=[api.key], ca=certs.make(kind)[0])
    return make


def tls_port(plain):
    """A TLS port that gets plain HTTP: `plain(conn)` answers what is not a TLS record."""
    def make():
        context = certs.server_context("self-signed")

        def tls(conn):
            if conn.recv(1, socket.MSG_PEEK) == b"\x16":
                return context.wrap_socket(conn, server_side=True)
            plain(conn)
            return None
        return Host(Listener(http(Api()), tls=tls))
    return make


def hello_port(answer):
    """The healthy API over TLS for usual clients; `answer(conn, hello)` for hellos that offer one version or an old one."""
    def make():
        api = Api()
        context = certs.server_context("self-signed")

        def tls(conn):
            hello = hellos.peek(conn)
            if hello is None or hello.versions > 1:
                return context.wrap_socket(conn, server_side=True)
            conn.recv(4096)
            answer(conn, hello)
            return None
        return Host(Listener(http(api), tls=tls), scheme="https", secrets=[api.key])
    return make


def plain_gets_alert(conn):
    read_request(conn.makefile("rb"))
    conn.sendall(b"\x15\x03\x01\x00\x02\x02\x46")


def plain_gets_400(conn):
    answers.speaks_https_here(conn, read_request(conn.makefile("rb")), None)


def silent_tls():
    """Accepts the connection and never shakes hands."""
    return Host(Listener(lambda conn, listener: answers.never(conn, None, listener)), scheme="https")


def elsewhere(everywhere):
    """Redirects to another origin, whose listener counts who comes."""
    def make():
        other = Listener(http(Api()))
        answer = answers.redirect(f"http://127.0.0.1:{other.port}/items")
        api = Api(answer)
        return Host(Listener(http(answer if everywhere else api)), {"other": other}, secrets=[api.key])
    return make


def beside():
    """The healthy API, and a second origin that nothing but a file names."""
    api = Api()
    return Host(Listener(http(api)), {"other": Listener(http(Api()))}, secrets=[api.key])


def file_redirect(everywhere):
    """Redirects to a local file whose first line must never be seen again."""
    def make():
        marker = "marker-" + base64.b32encode(random.SystemRandom().randbytes(15)).decode()
        path = certs.scratch() / "never-read"
        path.write_text(marker + "\n")
        answer = answers.redirect(f"file://{path}")
        api = Api(answer)
        return Host(Listener(http(answer if everywhere else api)), secrets=[api.key, marker])
    return make


def die(conn, request, listener):
    listener.die()
    return False


def single_threaded():
    api = Api(delay=0.002, keep_alive=False)
    return Host(Listener(http(api), inline=True, backlog=5), secrets=[api.key])


def five_connections():
    """Resets the sixth connection and every one beyond it."""
    api = Api(delay=0.005)
    return Host(Listener(http(api), limit=5), secrets=[api.key])


def pool_of_five():
    """Every request needs one of five slots for 30 ms; an honest user measures what it waits meanwhile."""
    api = Api()
    slots = threading.Semaphore(5)

    def answer(conn, request, listener):
        if "user" not in listener.notes:
            listener.notes["user"] = threading.Thread(target=_honest_user, args=(listener,), daemon=True)
            listener.notes["user"].start()
        with slots:
            time.sleep(0.03)
        return api(conn, request, listener)
    return Host(Listener(http(answer)), secrets=[api.key])


def _honest_user(listener):
    for _ in range(400):
        begin = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as conn:
                conn.sendall(b"GET /items/1 HTTP/1.1\r\nHost: user\r\n\r\n")
                conn.recv(65536)
        except OSError:
            if not listener.alive:
                return
        waited = int((time.monotonic() - begin) * 1000)
        listener.worst_ms = max(listener.worst_ms, waited)
        time.sleep(0.25)


def slow_api():
    api = Api(delay=0.15)
    return Host(Listener(http(api)), secrets=[api.key])


def spec_host(answer):
    """The healthy API, whose /openapi.json is hostile."""
    def make():
        api = Api()

        def serve(conn, request, listener):
            return (answer if request.path == "/openapi.json" else api)(conn, request, listener)
        return Host(Listener(http(serve)), secrets=[api.key])
    return make


def refused():
    """A port on which nothing listens: it was ours a moment ago."""
    listener = Listener(http(Api()))
    listener.socket.close()
    listener.alive = False
    listener.start = lambda: listener
    return Host(listener)


SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
SMTP = b"220 mail.example.test ESMTP ready\r\n"
BINARY = bytes(range(256)) * 16

ROUTE_ANSWERS = {
    "never": answers.never, "close": answers.close_at_once, "reset": answers.close_with_reset,
    "cut-headers": answers.close_in_headers, "cut-body": answers.close_in_body,
    "endless-body": answers.endless_body, "endless-chunks": answers.endless_chunked_body,
    "endless-headers": answers.endless_headers, "endless-header-line": answers.endless_header_line,
    "endless-status-line": answers.endless_status_line, "endless-trailers": answers.endless_trailers,
    "endless-chunk-extension": answers.endless_chunk_extension, "endless-1xx": answers.endless_informational,
    "headers-10000": answers.ten_thousand_headers, "links-100000": answers.hundred_thousand_links,
    "json-100mb": answers.hundred_megabytes, "json-deep": answers.deep_json,
    "json-nul": answers.json_nul_invalid, "json-escapes": answers.json_escapes,
    "escapes": answers.escapes_everywhere, "drip-headers": answers.drip_headers, "drip-body": answers.drip_body,
    "gzip-bomb": answers.gzip_bomb, "brotli-bomb": answers.brotli_bomb, "nested-gzip": answers.nested_encoding,
    "thousand-encodings": answers.thousand_encodings, "broken-gzip": answers.broken_gzip,
    "length-long": answers.length_too_long, "length-short": answers.length_too_short,
    "length-negative": answers.length_negative, "length-overflow": answers.length_overflow,
    "length-twice": answers.length_twice, "length-words": answers.length_words,
    "chunk-words": answers.chunk_size_words, "chunk-negative": answers.chunk_size_negative,
    "chunk-overflow": answers.chunk_size_overflow, "chunk-no-end": answers.chunk_without_end,
    "chunks-and-length": answers.chunks_and_length,
    "status-999": answers.status_999, "status-000": answers.status_000, "status-words": answers.status_words,
    "status-version": answers.status_version, "status-alone": answers.status_alone, "http-09": answers.http_09,
    "redirect-loop": answers.redirect_loop, "redirect-ever-on": answers.redirect_ever_on,
    "redirect-javascript": answers.redirect_javascript, "redirect-huge": answers.redirect_huge,
    "redirect-escapes": answers.redirect_escapes, "500": answers.always_500,
}

HOSTS = {f"route-{name}": route(answer) for name, answer in ROUTE_ANSWERS.items()}
HOSTS.update({f"whole-{name}": whole(ROUTE_ANSWERS[name]) for name in (
    "never", "close", "reset", "cut-headers", "endless-body", "endless-headers", "endless-header-line",
    "endless-1xx", "drip-headers", "gzip-bomb", "http-09", "redirect-loop", "redirect-ever-on",
    "redirect-javascript", "escapes", "links-100000", "500")})
HOSTS.update({
    "healthy": route(None), "beside": beside, "slow": slow_api, "refused": refused,
    "banner-ssh": banner(SSH), "banner-smtp": banner(SMTP), "banner-binary": banner(BINARY),
    "tls-self-signed": secured("self-signed"), "tls-expired": secured("expired"),
    "tls-wrong-name": secured("wrong-name", "localhost"), "tls-silent": silent_tls,
    **{f"hello-{name}": hello_port(getattr(hellos, name.replace("-", "_"))) for name in HELLOS},
    "tls-port-alert": tls_port(plain_gets_alert), "tls-port-400": tls_port(plain_gets_400),
    "route-redirect-elsewhere": elsewhere(False), "whole-redirect-elsewhere": elsewhere(True),
    "route-redirect-file": file_redirect(False), "whole-redirect-file": file_redirect(True),
    "turn-die": turning(die), "turn-503": turning(answers.unavailable), "turn-never": turning(answers.never),
    "turn-429": turning(answers.too_many(86400)), "turn-429-date": turning(answers.too_many(answers.far_date)),
    "turn-429-garbage": turning(answers.too_many("99999999999999999999 fortnights")),
    "whole-429": whole(answers.too_many(3600)),
    "single-threaded": single_threaded, "five-connections": five_connections, "pool-of-five": pool_of_five,
    "spec-endless": spec_host(answers.endless_body), "spec-never": spec_host(answers.never),
    "spec-gzip-bomb": spec_host(answers.gzip_bomb),
})
