# SPDX-License-Identifier: Apache-2.0
"""Answers that no client should have to expect: each function writes one to a connection whose request was read.

Signature: answer(conn, request, listener) -> true when the connection may be used again.
"""

import functools
import json
import time
import zlib

from wire import head, hold, message, pour, reset

MIB = 1 << 20

# 256 MiB of spaces, compressed by the reference encoder at quality 9: 203 bytes.
BROTLI_BOMB = bytes.fromhex(
    "cfffff7f002440e2b14072effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ffff3f001200715800"
    "baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8defff3ffff1f000980382c00ddfb7ffeffff03200111"
    "8705a07bffcfffff7f002400e2b00074effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ffff3f00"
    "1200715800baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8defff3ffff1f000980382c00ddfbfffcff"
    "ff072001108705a07bff0f")

# What a terminal would obey: colours, window title, cursor, clipboard, 8-bit CSI, bell, backspace, delete.
ESCAPES = "\x1b[31m\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x9b1A\x08\x7f"


# ---- nothing, or not enough ----

def never(conn, request, listener):
    hold(conn)


def close_at_once(conn, request, listener):
    return False


def close_with_reset(conn, request, listener):
    reset(conn)


def close_in_headers(conn, request, listener):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Cut-He")


def close_in_body(conn, request, listener):
    conn.sendall(head(200, [("Content-Type", "application/json"), ("Content-Length", 1000)]) + b'{"items":[{"id":1')


# ---- too much ----

def endless_body(conn, request, listener):
    conn.sendall(head(200, [("Content-Type", "application/json")]) + b'{"items":[')
    pour(conn, b'{"id":1,"name":"one of very many"},' * 2000)


def endless_chunked_body(conn, request, listener):
    conn.sendall(head(200, [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")]))
    pour(conn, b"10000\r\n" + b"a" * 65536 + b"\r\n")


def endless_headers(conn, request, listener):
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    pour(conn, b"".join(b"X-Fill-%04d: %s\r\n" % (i, b"f" * 50) for i in range(1000)))


def endless_header_line(conn, request, listener):
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    pour(conn, b"l" * 65536)


def endless_status_line(conn, request, listener):
    conn.sendall(b"HTTP/1.1 200 ")
    pour(conn, b"O" * 65536)


def endless_informational(conn, request, listener):
    pour(conn, b"HTTP/1.1 103 Early Hints\r\nLink: </items>; rel=preload\r\n\r\n" * 100)


def endless_trailers(conn, request, listener):
    conn.sendall(head(200, [("Transfer-Encoding", "chunked")]) + b"2\r\n{}\r\n0\r\n")
    pour(conn, b"X-Trailer: and one more\r\n" * 1000)


def endless_chunk_extension(conn, request, listener):
    conn.sendall(head(200, [("Transfer-Encoding", "chunked")]) + b"2;ext=")
    pour(conn, b"e" * 65536)


def ten_thousand_headers(conn, request, listener):
    fields = [("Content-Length", 2), ("Content-Type", "application/json")]
    conn.sendall(head(200, fields + [(f"X-Many-{i:05d}", "v") for i in range(10000)]) + b"{}")
    return True


def hundred_thousand_links(conn, request, listener):
    links = [{"rel": "item", "href": f"/items/{i}"} for i in range(100000)]
    conn.sendall(message(200, json.dumps({"links": links})))
    return True


def hundred_megabytes(conn, request, listener):
    record = b'{"id":"6d5c0f32","name":"a record like all the others","tags":["a","b","c"]},'
    count = 100 * MIB // len(record) + 1
    tail = b'{"id":"last"}]}'
    conn.sendall(head(200, [("Content-Type", "application/json"),
                            ("Content-Length", 10 + count * len(record) + len(tail))]) + b'{"items":[')
    batch = 1000
    for _ in range(count // batch):
        conn.sendall(record * batch)
    conn.sendall(record * (count % batch) + tail)
    return True


def deep_json(conn, request, listener):
    conn.sendall(message(200, b'{"a":[' * 50000 + b"0" + b"]}" * 50000))
    return True


# ---- slow ----

def drip_headers(conn, request, listener):
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    pour(conn, b"d", pause=0.2)


def drip_body(conn, request, listener):
    conn.sendall(head(200, [("Content-Type", "application/json"), ("Content-Length", 100000)]) + b'{"text":"')
    pour(conn, b"d", pause=0.2)


# ---- compressed ----

@functools.cache
def gzip_bomb_bytes():
    """1 GiB of zeros as gzip: one compressed block, fully flushed, said 64 times over."""
    block = bytes(16 * MIB)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(64):
        checksum = zlib.crc32(block, checksum)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    return header + once * 64 + b"\x03\x00" + checksum.to_bytes(4, "little") + (64 * len(block)).to_bytes(4, "little")


def _gzip(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _encoded(conn, coding, body):
    conn.sendall(head(200, [("Content-Type", "application/json"), ("Content-Encoding", coding),
                            ("Content-Length", len(body))]) + body)
    return True


def gzip_bomb(conn, request, listener):
    return _encoded(conn, "gzip", gzip_bomb_bytes())


def brotli_bomb(conn, request, listener):
    return _encoded(conn, "br", BROTLI_BOMB)


def nested_encoding(conn, request, listener):
    return _encoded(conn, "gzip, gzip, gzip", _gzip(_gzip(gzip_bomb_bytes())))


def thousand_encodings(conn, request, listener):
    return _encoded(conn, ", ".join(["gzip"] * 1000), _gzip(b"{}"))


def broken_gzip(conn, request, listener):
    return _encoded(conn, "gzip", _gzip(b'{"items":[]}' * 1000)[:40] + b"\xff" * 60)


# ---- lengths and chunks ----

def _lengths(*values):
    def answer(conn, request, listener):
        fields = [("Content-Type", "application/json")] + [("Content-Length", value) for value in values]
        conn.sendall(head(200, fields) + b'{"items":[]}')
        return False
    return answer


length_too_long = _lengths(500)
length_too_short = _lengths(3)
length_negative = _lengths(-12)
length_overflow = _lengths(2 ** 64 + 12)
length_twice = _lengths(12, 40)
length_words = _lengths("0x0c; twelve")


def _chunks(body, *fields):
    def answer(conn, request, listener):
        conn.sendall(head(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"), *fields]) + body)
        return False
    return answer


chunk_size_words = _chunks(b"twelve\r\n{\"items\":[]}\r\n0\r\n\r\n")
chunk_size_negative = _chunks(b"-c\r\n{\"items\":[]}\r\n0\r\n\r\n")
chunk_size_overflow = _chunks(b"1000000000000000c\r\n{\"items\":[]}\r\n0\r\n\r\n")
chunk_without_end = _chunks(b"c\r\n{\"items\":[]}{\"smuggled\":1}\r\n0\r\n\r\n")
chunks_and_length = _chunks(b"c\r\n{\"items\":[]}\r\n0\r\n\r\n", ("Content-Length", 5))


# ---- status lines ----

def _status(line, body=b"{}"):
    def answer(conn, request, listener):
        conn.sendall(line + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return False
    return answer


status_999 = _status(b"HTTP/1.1 999 Request Denied")
status_000 = _status(b"HTTP/1.1 000 Nothing")
status_words = _status(b"HTTP/1.1 abc fine")
status_version = _status(b"HTTP/7.3 200 OK")
status_alone = _status(b"HTTP/1.1")


def http_09(conn, request, listener):
    conn.sendall(b"<html><body>an answer of 1991</body></html>\n")


# ---- redirects ----

def redirect(location, status=302):
    """Sends every request to `location`; a function gets the request and the listener."""
    def answer(conn, request, listener):
        place = location(request, listener) if callable(location) else location
        conn.sendall(message(status, "", headers=[("Location", place)], reason="Found"))
        return True
    return answer


def _next_round(request, listener):
    turn = listener.notes["turn"] = listener.notes.get("turn", 0) + 1
    return f"{request.path}?turn={turn}"


redirect_loop = redirect(lambda request, listener: request.target)
redirect_ever_on = redirect(_next_round)
redirect_javascript = redirect("javascript:alert(document.domain)")
redirect_huge = redirect("/items/" + "a" * 100000)
redirect_escapes = redirect("/items/" + ESCAPES)


# ---- bytes that reach a terminal or a parser ----

def json_nul_invalid(conn, request, listener):
    conn.sendall(message(200, b'{"name":"a\x00b\\u0000c","raw":"\xff\xfe\xc3\x28","half":"\\ud800","over":"\xc0\xaf"}'))
    return True


def json_escapes(conn, request, listener):
    raw = ESCAPES.encode("latin-1")
    utf8 = ESCAPES.encode()
    body = json.dumps({ESCAPES: ESCAPES, "id": ESCAPES}).encode()
    conn.sendall(message(200, body[:-1] + b',"' + raw + b'":"' + utf8 + b'"}'))
    return True


def escapes_everywhere(conn, request, listener):
    """Terminal escapes in every field of an answer that a program might print."""
    body = json.dumps({"id": 1, ESCAPES: ESCAPES, "error": "Traceback (most recent call last):" + ESCAPES})
    fields = [("Server", "Evil/1.0 " + ESCAPES), ("X-Powered-By", "PHP/5.2 " + ESCAPES),
              ("Set-Cookie", "session" + ESCAPES + "=" + ESCAPES + "; Path=/"),
              ("Location", "/" + ESCAPES), ("Link", f"</items/{ESCAPES}>; rel=next"),
              ("WWW-Authenticate", f'Bearer realm="{ESCAPES}"'), ("X" + ESCAPES, "name")]
    conn.sendall(message(200, body, "application/json; charset=" + ESCAPES, fields, "OK " + ESCAPES))
    return True


def always_500(conn, request, listener):
    conn.sendall(message(500, '{"error":"internal server error"}', reason="Internal Server Error"))
    return True


def too_many(retry_after):
    """A wall of 429 with the given Retry-After, which may be a function of the time now."""
    def answer(conn, request, listener):
        value = retry_after() if callable(retry_after) else retry_after
        conn.sendall(message(429, '{"error":"slow down"}', headers=[("Retry-After", value)],
                             reason="Too Many Requests"))
        return True
    return answer


def far_date():
    """An HTTP date ten days from now."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 864000))


def unavailable(conn, request, listener):
    conn.sendall(message(503, '{"error":"overloaded"}', reason="Service Unavailable"))
    return True


def speaks_https_here(conn, request, listener):
    """What Go's net/http says when plain HTTP arrives at its TLS port."""
    conn.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
