# SPDX-License-Identifier: Apache-2.0
"""Proves with raw sockets that every host does what its name says: a test server that is tamer than it claims would
make its tests pass for nothing. A host without a claim here is a failure."""

import json
import re
import socket
import ssl
import time
import zlib

import answers
import certs
from hosts import HOSTS, TURNS_AFTER, TURNS_AFTER_KNOWN

MIB = 1 << 20


class Seen:
    """What a plain client got: the bytes, how it ended (closed, reset, open), and when."""

    def __init__(self, data, end, seconds):
        self.data = data
        self.end = end
        self.seconds = seconds
        self.head, _, self.body = data.partition(b"\r\n\r\n")


def connect(host, secure):
    conn = socket.create_connection(("127.0.0.1", host.listeners["main"].port), timeout=5)
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        conn = context.wrap_socket(conn)
    return conn


def complete(data):
    """True when `data` is an answer of the length that it names."""
    top, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", top)
    return bool(end) and length is not None and len(body) == int(length[1])


def ask(host, path, limit=4 * MIB, patience=0.7, secure=False):
    """Sends one GET and reads until the end, a whole answer, the limit, or `patience` seconds in all have passed."""
    begun = time.monotonic()
    data, end = bytearray(), "open"
    try:
        with connect(host, secure) as conn:
            conn.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
            while len(data) < limit and time.monotonic() - begun < patience:
                conn.settimeout(max(0.01, patience - (time.monotonic() - begun)))
                chunk = conn.recv(MIB)
                if not chunk:
                    end = "closed"
                    break
                data += chunk
                if len(data) < MIB and complete(bytes(data)):
                    break
    except TimeoutError:
        pass
    except ConnectionError:
        end = "reset"
    return Seen(bytes(data), end, time.monotonic() - begun)


def has(pattern, end=None):
    """A claim: the bytes match, and the connection ended that way."""
    return lambda seen: re.search(pattern, seen.data, re.S) and (end is None or seen.end == end)


def endless(start):
    return lambda seen: re.match(start, seen.data, re.S) and len(seen.data) >= 4 * MIB


def drips(seen):
    return 1 <= len(re.split(rb"X-Drip: |\"text\":\"", seen.data)[-1]) <= 8 and seen.end == "open"


def inflates(layers, size):
    """A claim: the body, unpacked `layers` times, is at least `size` bytes long."""
    def claim(seen):
        data = seen.body
        for _ in range(layers - 1):
            data = zlib.decompress(data, 31)
        total, unpacker = 0, zlib.decompressobj(31)
        while data and not unpacker.eof and total < size:
            total += len(unpacker.decompress(data, 16 * MIB))
            data = unpacker.unconsumed_tail
        return total >= size
    return claim


def deep(seen):
    return seen.body.count(b"[") + seen.body.count(b"{") == 100000 and seen.body.endswith(b"]}")


def big(seen):
    length = int(re.search(rb"Content-Length: (\d+)", seen.head)[1])
    return length >= 100 * MIB and len(seen.body) == length and seen.body.endswith(b'{"id":"last"}]}')


def json_of(seen):
    return json.loads(seen.body)


def location(pattern):
    return has(rb"^HTTP/1\.1 302 .*Location: " + pattern)


CLAIMS = {
    "never": lambda seen: not seen.data and seen.end == "open",
    "close": lambda seen: not seen.data and seen.end == "closed",
    "reset": lambda seen: not seen.data and seen.end == "reset",
    "cut-headers": lambda seen: seen.data.endswith(b"X-Cut-He") and seen.end == "closed",
    "cut-body": lambda seen: b"Content-Length: 1000" in seen.head and len(seen.body) < 100 and seen.end == "closed",
    "endless-body": endless(rb"HTTP/1\.1 200 OK.*?\r\n\r\n\{\"items"),
    "endless-chunks": endless(rb"HTTP/1\.1 200 OK.*?chunked\r\n\r\n10000\r\n"),
    "endless-headers": lambda seen: endless(rb"HTTP/1\.1 200")(seen) and b"\r\n\r\n" not in seen.data,
    "endless-header-line": lambda seen: endless(rb"HTTP/1\.1 200")(seen) and seen.data.count(b"\n") == 1,
    "endless-status-line": lambda seen: endless(rb"HTTP/1\.1 200")(seen) and b"\n" not in seen.data,
    "endless-trailers": lambda seen: endless(rb".*\r\n0\r\nX-Trailer")(seen),
    "endless-chunk-extension": lambda seen: endless(rb".*\r\n2;ext=")(seen) and b"\n" not in seen.body,
    "endless-1xx": lambda seen: endless(rb"HTTP/1\.1 103")(seen) and b"HTTP/1.1 2" not in seen.data,
    "headers-10000": lambda seen: seen.head.count(b"X-Many-") == 10000,
    "links-100000": lambda seen: len(json_of(seen)["links"]) == 100000,
    "json-100mb": big, "json-deep": deep,
    "json-nul": lambda seen: b"\x00" in seen.body and b"\xff\xfe" in seen.body and b"\xc0\xaf" in seen.body,
    "json-escapes": lambda seen: b"\x1b]0;" in seen.body and b"\\u001b" in seen.body and b"\x9b" in seen.body,
    "escapes": lambda seen: seen.head.count(b"\x1b[31m") >= 9 and all(
        re.search(name + rb"[^\r]*\x1b", seen.head) for name in (b"200", b"Server:", b"Set-Cookie:", b"Location:")),
    "drip-headers": drips, "drip-body": drips,
    "gzip-bomb": lambda seen: len(seen.body) < 2 * MIB and inflates(1, 1024 * MIB)(seen),
    "brotli-bomb": lambda seen: b"Content-Encoding: br" in seen.head and seen.body == answers.BROTLI_BOMB
    and len(seen.body) == 203,
    "nested-gzip": lambda seen: len(seen.body) < 65536 and inflates(3, 1024 * MIB)(seen),
    "thousand-encodings": lambda seen: seen.head.count(b"gzip") == 1000,
    "broken-gzip": lambda seen: seen.body.startswith(b"\x1f\x8b") and seen.body.endswith(b"\xff" * 60),
    "length-long": has(rb"Content-Length: 500\r\n\r\n.{12}$", "closed"),
    "length-short": has(rb"Content-Length: 3\r\n\r\n.{12}$", "closed"),
    "length-negative": has(rb"Content-Length: -12\r\n\r\n"),
    "length-overflow": has(rb"Content-Length: 18446744073709551628\r\n\r\n"),
    "length-twice": has(rb"Content-Length: 12\r\nContent-Length: 40\r\n\r\n"),
    "length-words": has(rb"Content-Length: 0x0c; twelve\r\n"),
    "chunk-words": has(rb"chunked\r\n\r\ntwelve\r\n"), "chunk-negative": has(rb"chunked\r\n\r\n-c\r\n"),
    "chunk-overflow": has(rb"chunked\r\n\r\n1000000000000000c\r\n"),
    "chunk-no-end": has(rb"chunked\r\n\r\nc\r\n\{\"items\":\[\]\}\{"),
    "chunks-and-length": has(rb"chunked\r\nContent-Length: 5\r\n\r\nc\r\n"),
    "status-999": has(rb"^HTTP/1\.1 999 "), "status-000": has(rb"^HTTP/1\.1 000 "),
    "status-words": has(rb"^HTTP/1\.1 abc "), "status-version": has(rb"^HTTP/7\.3 200 "),
    "status-alone": has(rb"^HTTP/1\.1\r\n"), "http-09": has(rb"^<html>.*\n$", "closed"),
    "redirect-loop": location(rb"/(hostile|items)\r\n"),
    "redirect-ever-on": location(rb"/(hostile|items)\?turn=1\r\n"),
    "redirect-javascript": location(rb"javascript:alert"), "redirect-huge": location(rb"/items/a{100000}\r\n"),
    "redirect-escapes": location(rb"/items/\x1b\[31m"), "500": has(rb"^HTTP/1\.1 500 "),
    "redirect-file": location(rb"file:///"), "redirect-elsewhere": location(rb"http://127\.0\.0\.1:\d+/items\r\n"),
    "429": has(rb"^HTTP/1\.1 429 .*Retry-After: 3600\r\n"),
}

TURNED = {
    "die": lambda seen: not seen.data and seen.end == "reset", "503": has(rb"^HTTP/1\.1 503 "),
    "never": CLAIMS["never"], "429": has(rb"^HTTP/1\.1 429 .*Retry-After: 86400\r\n"),
    "429-date": has(rb"^HTTP/1\.1 429 .*Retry-After: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n"),
    "429-garbage": has(rb"^HTTP/1\.1 429 .*Retry-After: 9{20} fortnights\r\n"),
}


def check_healthy(host, secure=False):
    seen = ask(host, "/status", secure=secure)
    secret = host.secrets[0] if host.secrets else "AKIA"
    return (b"Traceback" in seen.body and secret.encode() in seen.body and b"crate 1" in ask(host, "/items", secure=secure).body
            and ask(host, "/nowhere", secure=secure).data.startswith(b"HTTP/1.1 404 "))


def check_turning(name, host):
    """Healthy first; hostile once enough was asked for, not before."""
    healthy = check_healthy(host)
    asked = host.stats()["main"]["requests"]
    while asked < TURNS_AFTER + TURNS_AFTER_KNOWN and ask(host, "/items").data.startswith(b"HTTP/1.1 200 "):
        asked += 1
    seen = ask(host, "/items")
    return healthy and asked >= TURNS_AFTER and TURNED[name.removeprefix("turn-")](seen)


def check_certificate(name, host):
    """The named fault, and no other: with the certificate itself as anchor only expiry or the name may fail."""
    kind = name.removeprefix("tls-")
    if not check_healthy(host, secure=True):
        return False
    anchors = {"cafile": str(certs.make(kind)[0])} if kind != "self-signed" else {}
    context = ssl.create_default_context(**anchors)
    try:
        with socket.create_connection(("127.0.0.1", host.listeners["main"].port), timeout=5) as conn:
            context.wrap_socket(conn, server_hostname="localhost").close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code == {"self-signed": 18, "expired": 10, "wrong-name": 62}[kind]
    return False


def check_limit(host):
    """Five connections at once are served, the sixth is reset."""
    held = [connect(host, False) for _ in range(5)]
    sixth = ask(host, "/items")
    for conn in held:
        conn.sendall(b"GET /items HTTP/1.1\r\nHost: t\r\n\r\n")
    served = all(conn.recv(65536).startswith(b"HTTP/1.1 200") for conn in held)
    for conn in held:
        conn.close()
    return served and sixth.end == "reset" and not sixth.data and host.stats()["main"]["refused"] == 1


def check_single(host):
    """A second connection waits until the first is done."""
    first = connect(host, False)
    waiting = ask(host, "/items")
    first.close()
    return not waiting.data and ask(host, "/items", patience=2).data.startswith(b"HTTP/1.1 200")


def check_refused(host):
    try:
        connect(host, False).close()
    except ConnectionRefusedError:
        return True
    return False


def check_pool(host):
    """The honest user is served and measured."""
    healthy = check_healthy(host)
    time.sleep(0.4)
    return healthy and 30 <= host.stats()["main"]["worst_ms"] < 1000


def check_spec(name, host):
    seen = ask(host, "/openapi.json")
    claim = CLAIMS[{"spec-endless": "endless-body"}.get(name, name.removeprefix("spec-"))]
    return claim(seen) and check_healthy(host)


SPECIAL = {
    "healthy": check_healthy, "beside": check_healthy, "slow": check_healthy, "refused": check_refused,
    "single-threaded": check_single, "five-connections": check_limit, "pool-of-five": check_pool,
    "banner-ssh": lambda host: ask(host, "/").data.startswith(b"SSH-2.0-"),
    "banner-smtp": lambda host: ask(host, "/").data.startswith(b"220 "),
    "banner-binary": lambda host: ask(host, "/").data.startswith(bytes(range(256))),
    "tls-silent": lambda host: CLAIMS["never"](ask(host, "/")),
    "tls-port-alert": lambda host: ask(host, "/").data == b"\x15\x03\x01\x00\x02\x02\x46" and check_healthy(host, True),
    "tls-port-400": lambda host: b"to an HTTPS server" in ask(host, "/").data and check_healthy(host, True),
}


# A ClientHello of TLS 1.0 that offers RC4 and DHE, made by hand.
OLD_HELLO = bytes.fromhex("160301002f" "0100002b" "0301" + "11" * 32 + "00" "0004" "00330005" "01" "00")


def check_hello(name, host):
    """Usual clients see the healthy API; a hello of TLS 1.0 gets what the name says."""
    kind = name.removeprefix("hello-")
    if not check_healthy(host, secure=True):
        return False
    with socket.create_connection(("127.0.0.1", host.listeners["main"].port), timeout=1.5) as conn:
        conn.sendall(OLD_HELLO)
        data, late = b"", time.monotonic() + 2
        try:
            while time.monotonic() < late and len(data) < 200000 and (more := conn.recv(65536)):
                data += more
        except TimeoutError:
            return kind == "silent" and data == b""
        except ConnectionResetError:
            return kind == "resets" and data == b""
    if kind == "drips":
        return data.startswith(b"\x16\x03") and len(data) < 10
    if kind == "relic":
        return data.startswith(b"\x16\x03\x01") and b"\x00\x33\x00" in data and b"\xc5" * 64 in data
    begins = {"garbage": b"", "plain-http": b"HTTP/1.1 400", "endless": b"\x16\x03\x01", "cut": b"\x16\x03\x01", "lies": b"\x16\x03\x03",
              "alerts": b"\x15\x03\x01\x00\x02\x01"}
    sizes = {"garbage": 4000, "plain-http": 47, "endless": 200000, "cut": 20, "lies": 60, "alerts": 70000}
    return kind in begins and data.startswith(begins[kind]) and abs(len(data) - sizes[kind]) < 65536 and len(data) > 15


def check(name, host):
    """True when the host does what its name says."""
    if name in SPECIAL:
        return SPECIAL[name](host)
    if name.startswith("turn-"):
        return check_turning(name, host)
    if name.startswith("hello-"):
        return check_hello(name, host)
    if name.startswith("tls-"):
        return check_certificate(name, host)
    if name.startswith("spec-"):
        return check_spec(name, host)
    family, _, claim = name.partition("-")
    patient = {"limit": 200 * MIB, "patience": 10.0} if claim == "json-100mb" else {}
    seen = ask(host, "/hostile" if family == "route" else "/items", **patient)
    return CLAIMS[claim](seen) and (family == "whole" or check_healthy(host))


def run(names=None):
    """Checks the named hosts, or all; prints a line for each and the closing line; returns the exit code."""
    failed = 0
    chosen = names or sorted(HOSTS)
    for name in chosen:
        host = HOSTS[name]().start()
        try:
            good, why = bool(check(name, host)), "does not do what its name says"
        except Exception as error:  # a claim that cannot be judged is a failed one
            good, why = False, f"{type(error).__name__}: {error}"
        for listener in host.listeners.values():
            if listener.alive:
                listener.die()
        failed += not good
        print(f"ok   {name}" if good else f"FAIL {name}: {why}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0
