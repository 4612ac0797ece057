# SPDX-License-Identifier: Apache-2.0
"""What a port may answer to a ClientHello that is not one of a usual client: first flights of servers that nobody can build any more, and answers
that mean harm. Each function is `answer(conn, hello)`; the connection ends when it returns."""

import contextlib
import dataclasses
import os
import select
import socket
import struct
import time

DRIP_SECONDS = 0.4


@dataclasses.dataclass
class Hello:
    """What a ClientHello asks for."""

    version: int
    suites: list
    deflate: bool
    versions: int    # entries of supported_versions

    @classmethod
    def parse(cls, record):
        body = record[9:]
        version, at = struct.unpack(">H", body[:2])[0], 34
        at += 1 + body[at]
        size = struct.unpack(">H", body[at:at + 2])[0]
        suites = list(struct.unpack(f">{size // 2}H", body[at + 2:at + 2 + size]))
        at += 2 + size
        methods = body[at + 1:at + 1 + body[at]]
        at += 1 + body[at]
        return cls(version, suites, 1 in methods, cls._versions(body[at + 2:]))

    @staticmethod
    def _versions(extensions):
        while len(extensions) >= 4:
            kind, size = struct.unpack(">HH", extensions[:4])
            if kind == 43:
                return extensions[4] // 2
            extensions = extensions[4 + size:]
        return 0


def peek(conn):
    """The first record of the client without taking it; None when it is no ClientHello."""
    conn.settimeout(5)
    for _ in range(50):
        data = conn.recv(4096, socket.MSG_PEEK)
        if not data or data[0] != 22:
            return None
        if len(data) >= 5 and len(data) >= 5 + struct.unpack(">H", data[3:5])[0]:
            return Hello.parse(data)
        select.select([conn], [], [], 0.01)
    return None


def record(version, content, kind=22):
    return struct.pack(">BHH", kind, version, len(content)) + content


def _message(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def flight(hello, suite, compression=0, key_exchange=b""):
    """ServerHello without extensions, a certificate message without certificates, ServerHelloDone."""
    start = struct.pack(">H", hello.version) + os.urandom(32) + b"\0" + struct.pack(">HB", suite, compression)
    messages = _message(2, start) + _message(11, b"\0\0\0") + (_message(12, key_exchange) if key_exchange else b"") + _message(14, b"")
    return record(hello.version, messages)


def relic(conn, hello):
    """SSLv3 to TLS 1.2; suites without encryption, export, RC4 and DHE of 512 bits; compression; no word of secure renegotiation."""
    prime = b"\0\x40" + b"\xc5" * 64 + b"\0\1\2" + b"\0\1\7"
    for suite in (0x0033, 0x0005, 0x0003, 0x0002):
        if suite in hello.suites:
            conn.sendall(flight(hello, suite, int(hello.deflate), prime if suite == 0x0033 else b""))
            return
    conn.sendall(record(hello.version, b"\x02\x28", 21))


def resets(conn, _hello):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(conn, _hello):
    with contextlib.suppress(OSError):
        conn.settimeout(30)
        while conn.recv(4096):
            pass


def garbage(conn, _hello):
    conn.sendall(os.urandom(4000))


def plain_http(conn, _hello):
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def drips(conn, hello):
    """A good answer, a byte at a time."""
    for byte in flight(hello, hello.suites[0]):
        conn.sendall(bytes([byte]))
        time.sleep(DRIP_SECONDS)


def endless(conn, hello):
    """Handshake records without end, none of which completes a message."""
    piece = record(hello.version, b"\x02\xff\xff\xff" + b"\0" * 16000)
    while True:
        conn.sendall(piece)


def cut(conn, hello):
    data = flight(hello, hello.suites[0])
    conn.sendall(data[:20])


def lies(conn, hello):
    """A ServerHello of another version and a suite that was not offered."""
    hello.version = 0x0303
    conn.sendall(flight(hello, 0x1234))


def alerts(conn, hello):
    """Warnings without end."""
    for _ in range(10000):
        conn.sendall(record(hello.version, b"\x01\x70", 21))
