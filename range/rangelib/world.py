# SPDX-License-Identifier: Apache-2.0
"""One world: a network namespace with the metadata services, a database and a
service in a container. Any number of worlds can stand side by side; nothing in
them can reach further than their own loopback."""

import itertools
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from . import build
from .container import SHARED, Container
from .tools import Control, RangeError, Unavailable, call, require, require_root, tail

PREFIX = "plumb-range-"
LINK_LOCAL = ("169.254.169.254/32", "169.254.170.2/32")
LISTEN = "127.0.0.1:8080"
TLS_LISTEN = "127.0.0.1:8443"
DYNAMODB_PORT = 8000
REGION = "eu-central-1"
PROGRAMS = ("sh", "sleep", "expr", "cat", "id", "ls", "wc", "date")
_numbers = itertools.count()


def _started(pid):
    """The start time of a process in clock ticks, or None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return stat.rsplit(")", 1)[1].split()[19]


def _new_name():
    pid = os.getpid()
    return f"{PREFIX}{pid}-{_started(pid)}-{next(_numbers)}"


def _namespaces():
    try:
        return [n for n in os.listdir("/run/netns") if n.startswith(PREFIX)]
    except OSError:
        return []


def _remove_namespace(name):
    """Ends whatever still runs in a namespace of ours, then removes it."""
    r = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    for pid in r.stdout.split():
        try:
            os.kill(int(pid), 9)
        except (OSError, ValueError):
            pass
    subprocess.run(["ip", "netns", "del", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _folders(name):
    return list(Path(tempfile.gettempdir()).glob(name + "-*"))


def _owner_is_gone(name):
    match = re.fullmatch(PREFIX + r"(\d+)-(\d+)-\d+", name)
    return match is not None and _started(match[1]) != match[2]


def sweep():
    """Removes worlds whose owner was killed before it could clean up."""
    names = set(_namespaces()) | {f.name.rsplit("-", 1)[0] for f in _folders(PREFIX + "[0-9]*")}
    for name in filter(_owner_is_gone, names):
        for folder in _folders(name):
            Container(name, folder, None).stop()
        if name in _namespaces():
            _remove_namespace(name)
        for folder in _folders(name):
            shutil.rmtree(folder, ignore_errors=True)


class World:
    """Use as a context manager: everything ends with it, whatever happened."""

    def __init__(self, binaries, seed, credentials="ecs", http_tokens="optional", hop_limit=1, service_arguments=(),
                 configuration="plain"):
        """binaries: of `prepare()`; credentials: ecs or imds, where the service gets its own from;
        configuration: plain, or seed for a container with root, a mount of the host and NET_ADMIN."""
        self.binaries = binaries
        self.seed = seed
        self.credentials = credentials
        self.http_tokens = http_tokens
        self.hop_limit = hop_limit
        self.service_arguments = list(service_arguments)
        self.configuration = configuration
        self.name = _new_name()
        self.folder = None
        self.processes = []
        self.container = None
        self.metadata = None
        self.service = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _start(self):
        require_root()
        require("ip", "setpriv", "runc", "openssl")
        self.folder = Path(tempfile.mkdtemp(prefix=self.name + "-"))
        os.chmod(self.folder, 0o711)
        call(["ip", "netns", "add", self.name], "making a network namespace")
        call(["ip", "-n", self.name, "link", "set", "lo", "up"], "starting the loopback interface")
        for address in LINK_LOCAL:
            call(["ip", "-n", self.name, "addr", "add", address, "dev", "lo"], "adding a link-local address")
        database = self._spawn("dynamodb", [*self.binaries["dynamodb"], "127.0.0.1", str(DYNAMODB_PORT)])
        self._start_metadata()
        self._await("dynamodb", database, lambda: "ready" in self._log("dynamodb").read_text(), 60)
        self._start_service()

    def _log(self, name):
        return self.folder / f"{name}.log"

    def inside(self, arguments):
        """The command line that runs a program in the namespace."""
        return ["ip", "netns", "exec", self.name, *[str(a) for a in arguments]]

    def _spawn(self, name, arguments):
        with open(self._log(name), "wb") as log:
            process = subprocess.Popen(
                self.inside(["setpriv", "--pdeathsig", "KILL", *arguments]), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.processes.append(process)
        return process

    def _await(self, name, process, ready, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process.poll() is not None:
                if "runc run failed" in tail(self._log(name)):
                    raise Unavailable(f"runc cannot start a container on this machine:\n{tail(self._log(name))}")
                raise RangeError(f"{name} ended with {process.returncode} before it was ready:\n{tail(self._log(name))}")
            try:
                if ready():
                    return
            except (RangeError, OSError):
                pass
            time.sleep(0.05)
        raise RangeError(f"{name} was not ready after {seconds} s:\n{tail(self._log(name))}")

    def _start_metadata(self):
        socket = self.folder / "metadata.sock"
        self.credentials_id = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        process = self._spawn("metadata", [
            self.binaries["metadata"], "-control", socket, "-credentials-id", self.credentials_id, "-region", REGION,
            "-http-tokens", self.http_tokens, "-hop-limit", self.hop_limit, "-seed", secrets.randbits(32)])
        self.metadata = Control(socket)
        self._await("metadata", process, lambda: self.metadata.ask("GET", "/healthz"), 10)

    def _environment(self):
        environment = {"PATH": "/bin:/" if "programs" in self.binaries else "/", "AWS_REGION": REGION, "AWS_EXECUTION_ENV": "AWS_ECS_EC2"}
        if self.credentials == "ecs":
            environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = f"/v2/credentials/{self.credentials_id}"
        return environment

    def _certificate(self, folder):
        """A certificate for the second listener, good for as long as the world stands."""
        call(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
              "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
              "-keyout", folder / "tls.key", "-out", folder / "tls.pem"], "making a certificate")
        (folder / "tls.key").chmod(0o644)  # read by the container's user; the folder is the world's own

    def _signing_key(self, folder):
        """The key with which the directory of staff signs tokens."""
        call(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder / "signing.pem"],
             "making a signing key")
        (folder / "signing.pem").chmod(0o644)

    def _start_service(self):
        self.container = Container(self.name, self.folder, f"/run/netns/{self.name}", self.configuration)
        self.container.prepare(self.binaries["service"], self.binaries.get("programs", ()))
        self._certificate(self.container.shared)
        if "programs" in self.binaries:
            self._signing_key(self.container.shared)
            self.service_arguments += ["-signing-key", f"{SHARED}/signing.pem"]
        arguments = ["-listen", LISTEN, "-tls-listen", TLS_LISTEN, "-tls-cert", f"{SHARED}/tls.pem",
                     "-tls-key", f"{SHARED}/tls.key", "-control", f"{SHARED}/control.sock", "-seed", str(self.seed),
                     "-dynamodb", f"http://127.0.0.1:{DYNAMODB_PORT}", "-region", REGION, *self.service_arguments]
        with open(self._log("service"), "wb") as log:
            self.container.start(arguments, self._environment(), log)
        self.service = Control(self.container.shared / "control.sock")
        self._await("service", self.container.process, lambda: self.service.ask("GET", "/healthz"), 30)

    def stop(self):
        """Idempotent, and safe on a world that started only in part."""
        if self.container is not None:
            self.container.stop()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        if self.name in _namespaces():
            _remove_namespace(self.name)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def prepare(service_module, service_name):
    """Builds everything that a world of this service runs."""
    if (service_module / "Cargo.toml").exists():
        return {
            "metadata": build.go_binary(build.RANGE / "metadata", "metadata"),
            "service": build.cargo_binary(service_module, service_name),
            "dynamodb": build.dynalite(),
            "programs": PROGRAMS,  # what an image of Debian has and the service's shell lines may use
        }
    return {
        "metadata": build.go_binary(build.RANGE / "metadata", "metadata"),
        "service": build.go_binary(service_module, service_name),
        "dynamodb": build.dynamodb(),
    }
