# SPDX-License-Identifier: Apache-2.0
"""Sockets under the hostile hosts: a loopback listener with counters, and just enough HTTP to read requests.

Nothing here is polite by default: what a host sends is the host's own bytes, unchecked. A listener only counts
(connections, requests, how many at once), so that a test can say afterwards what reached it.
"""

import socket
import ssl
import struct
import threading
import time

IDLE_SECONDS = 30.0
LONGEST_ANSWER_SECONDS = 120.0
REQUEST_LIMIT = 1 << 20


class Request:
    """One request as it was read: enough of it to choose an answer."""

    def __init__(self, method, target, version, headers, body):
        self.method = method
        self.target = target
        self.path = target.split("?", 1)[0]
        self.version = version
        self.headers = headers
        self.body = body


def read_request(stream):
    """Returns the next request of a connection, or None at its end or when it is not HTTP."""
    line = stream.readline(65536)
    words = line.split()
    if len(words) != 3:
        return None
    headers = {}
    while True:
        line = stream.readline(65536)
        if line in (b"\r\n", b"\n"):
            break
        if not line or len(headers) > 1000:
            return None
        name, _, value = line.partition(b":")
        headers[name.strip().lower().decode("latin-1")] = value.strip().decode("latin-1")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > REQUEST_LIMIT:
        return None
    body = stream.read(int(length))
    method, target, version = (word.decode("latin-1") for word in words)
    return Request(method, target, version, headers, body)


def head(status, headers=(), reason="OK"):
    """The bytes of a status line and a header section."""
    lines = [f"HTTP/1.1 {status} {reason}"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def message(status, body, content_type="application/json", headers=(), reason="OK"):
    """The bytes of a whole, correct answer."""
    if isinstance(body, str):
        body = body.encode()
    fields = [("Content-Type", content_type), ("Content-Length", len(body)), *headers]
    return head(status, fields, reason) + body


def reset(conn):
    """Makes the coming close a RST instead of a FIN."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Listener:
    """A listening loopback socket; `serve(conn, listener)` runs once per connection, in its own thread.

    `inline` serves in the accepting thread instead: one connection at a time, as a single-threaded server does.
    With a `limit`, connections beyond so many at once are reset.
    """

    def __init__(self, serve, tls=None, inline=False, backlog=128, limit=0):
        self.limit = limit
        self.serve = serve
        self.tls = tls
        self.inline = inline
        self.accepted = 0
        self.requests = 0
        self.refused = 0
        self.open = 0
        self.peak = 0
        self.worst_ms = 0
        self.notes = {}
        self.lock = threading.Lock()
        self.connections = set()
        self.alive = True
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self.socket.getsockname()[1]

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def die(self):
        """The service is gone: nothing listens any more, and every connection is cut."""
        with self.lock:
            self.alive = False
            doomed = list(self.connections)
        for sock in [self.socket, *doomed]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.socket.close()

    def count_request(self):
        with self.lock:
            self.requests += 1
            return self.requests

    def stats(self):
        known_at = self.notes.get("known_at")
        return {"accepted": self.accepted, "requests": self.requests, "refused": self.refused,
                "since_known": self.requests - known_at if known_at is not None else 0,
                "peak": self.peak, "worst_ms": self.worst_ms}

    def _accept(self):
        while self.alive:
            try:
                conn, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                full = bool(self.limit) and self.open >= self.limit
                self.refused += full
            if full:
                reset(conn)
                conn.close()
                continue
            with self.lock:
                self.open += 1
                self.peak = max(self.peak, self.open)
                self.connections.add(conn)
            if self.inline:
                self._run(conn)
            else:
                threading.Thread(target=self._run, args=(conn,), daemon=True).start()

    def _run(self, conn):
        wrapped = conn
        try:
            conn.settimeout(IDLE_SECONDS)
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                wrapped = self.tls(conn)
            if wrapped is not None:
                self.serve(wrapped, self)
        except (OSError, ssl.SSLError, ValueError):
            pass  # the scanner hung up, which is its right
        finally:
            with self.lock:
                self.open -= 1
                self.connections.discard(conn)
            (wrapped or conn).close()
            conn.close()


def http(answer):
    """A connection handler that reads requests and lets `answer(conn, request, listener)` write each answer.

    `answer` returns true when the connection may be used again.
    """
    def serve(conn, listener):
        stream = conn.makefile("rb")
        while listener.alive:
            request = read_request(stream)
            if request is None:
                return
            listener.count_request()
            if not answer(conn, request, listener):
                return
    return serve


def pour(conn, chunk, pause=0.0, seconds=LONGEST_ANSWER_SECONDS):
    """Sends `chunk` again and again until the other side hangs up (which raises) or time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        conn.sendall(chunk)
        if pause:
            time.sleep(pause)


def hold(conn, seconds=LONGEST_ANSWER_SECONDS):
    """Says nothing until the other side hangs up or time is over."""
    conn.settimeout(seconds)
    while conn.recv(65536):
        pass
