# SPDX-License-Identifier: Apache-2.0
"""Small helpers: errors that name the cure, programs, files, one HTTP client."""

import fcntl
import http.client
import json
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

RANGE = Path(__file__).resolve().parent.parent

# Program -> the Debian package that has it.
PACKAGES = {
    "ip": "iproute2",
    "setpriv": "util-linux",
    "runc": "runc",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "openssl": "openssl",
    "cargo": "rustup's stable toolchain (Rust 1.95 or newer, see rustup.rs)",
    "node": "nodejs",
    "npm": "npm",
    "go": "golang (version 1.26 or newer, see go.dev/dl)",
}


class RangeError(Exception):
    """Something that went wrong, with what to do about it."""


class Unavailable(RangeError):
    """This machine lacks something that the range needs."""


def require(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        packages = ", ".join(sorted({PACKAGES[p] for p in missing}))
        raise Unavailable(f"{', '.join(missing)}: not found; install {packages}")


def require_root():
    if os.geteuid() != 0:
        raise Unavailable("network namespaces and containers need root; run this with sudo")


def cache_dir():
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base / "plumbline"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def lock(name):
    """One process at a time, among all that use the same cache."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def tail(path, count=12):
    """The last lines of a log, for an error message."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.splitlines()[-count:])


def call(arguments, what, **more):
    """Runs a program to its end; its output appears only when it fails."""
    r = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **more)
    if r.returncode != 0:
        text = "\n".join("    " + line for line in r.stdout.splitlines()[-12:])
        raise RangeError(f"{what} failed ({arguments[0]} ended with {r.returncode}):\n{text}")
    return r.stdout


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("control", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Control:
    """HTTP with JSON over a unix socket."""

    def __init__(self, path, timeout=60):
        self.path = Path(path)
        self.timeout = timeout

    def ask(self, method, path, body=None):
        connection = _UnixConnection(self.path, self.timeout)
        headers = {}
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            data = response.read(64 << 20)
        except (OSError, http.client.HTTPException) as cause:
            raise RangeError(f"control socket {self.path}: {method} {path}: {cause}") from cause
        finally:
            connection.close()
        if response.status >= 300:
            raise RangeError(f"control socket {self.path}: {method} {path} answered {response.status}: "
                             f"{data[:200].decode('utf-8', 'replace')}")
        return data.decode("utf-8")

    def json(self, method, path, body=None):
        return json.loads(self.ask(method, path, body) or "null")
