# SPDX-License-Identifier: Apache-2.0
"""A service in a container of its own: runc, with a file system that holds the
one binary and what it reads, and nothing to gain for a process in it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from .tools import RangeError, call, require

UID = 65532
# Where the directory that is shared with the world appears inside.
SHARED = "/run/range"
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def add_programs(root, programs):
    """Copies programs of this machine, with the libraries that they load."""
    for program in programs:
        source = Path(shutil.which(program)).resolve()
        wanted = {f"/bin/{program}": source}
        for word in call(["ldd", source], f"asking for the libraries of {program}").split():
            if word.startswith("/"):
                wanted[word] = Path(word)
        for place, origin in wanted.items():
            target = root / place.lstrip("/")
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin, target)
                target.chmod(0o755)


def make_root(root, binary):
    """Fills the read-only file system."""
    for folder in ("etc/ssl/certs", "proc", "dev", "sys", "tmp", SHARED.strip("/")):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)  # runc gives a tmpfs the mode of the folder below it
    shutil.copyfile(binary, root / "service")
    (root / "service").chmod(0o755)
    (root / "etc/passwd").write_text(f"root:x:0:0::/:/nonexistent\nservice:x:{UID}:{UID}::/:/nonexistent\n", encoding="ascii")
    (root / "etc/group").write_text(f"root:x:0:\nservice:x:{UID}:\n", encoding="ascii")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", encoding="ascii")
    ca = root / "etc/ssl/certs/ca-certificates.crt"
    source = next((f for f in _CA_FILES if Path(f).exists()), None)
    if source:
        shutil.copyfile(source, ca)
    else:
        ca.touch()


def weaken(result, host):
    """The container as the classic careless one: root, NET_ADMIN and more, a folder of the host inside."""
    process = result["process"]
    process["user"] = {"uid": 0, "gid": 0}
    process["capabilities"] = {k: ["CAP_NET_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN"] for k in ("bounding", "effective", "permitted")}
    process["noNewPrivileges"] = False
    result["mounts"].append({"destination": "/host", "type": "bind", "source": str(host), "options": ["rbind", "rw"]})
    return result


def config(arguments, environment, shared, network):
    """The OCI runtime configuration."""
    def mount(destination, kind, options, source=None):
        return {"destination": destination, "type": kind, "source": source or kind, "options": options}

    return {
        "ociVersion": "1.0.2",
        "hostname": "service",
        "root": {"path": "rootfs", "readonly": True},
        "process": {
            "terminal": False,
            "user": {"uid": UID, "gid": UID},
            "args": ["/service", *arguments],
            "env": [f"{k}={v}" for k, v in environment.items()],
            "cwd": "/",
            "capabilities": {k: [] for k in ("bounding", "effective", "inheritable", "permitted", "ambient")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 4096, "hard": 4096}],
            "noNewPrivileges": True,
        },
        "mounts": [
            mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=64k"]),
            mount("/tmp", "tmpfs", ["nosuid", "nodev", "noexec", "mode=1777", "size=16m"]),
            mount(SHARED, "bind", ["rbind", "rw", "nosuid", "nodev", "noexec"], str(shared)),
        ],
        "linux": {
            "namespaces": [{"type": t} for t in ("pid", "mount", "uts", "ipc")]
            + [{"type": "network", "path": str(network)}],
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                            "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


class Container:
    """A container that runs in the foreground of one process of ours."""

    def __init__(self, name, folder, network, configuration="plain"):
        require("runc")
        self.name = name
        self.folder = Path(folder)
        self.network = network
        self.state = self.folder / "runc"
        self.shared = self.folder / "shared"
        self.configuration = configuration
        self.process = None

    def prepare(self, binary, programs=()):
        root = self.folder / "bundle" / "rootfs"
        make_root(root, binary)
        add_programs(root, programs)
        if self.configuration == "seed":
            (root / "host").mkdir(exist_ok=True)
            (self.folder / "host").mkdir(exist_ok=True)  # stands for a folder of the node
        self.shared.mkdir(exist_ok=True)
        os.chown(self.shared, UID, UID)

    def start(self, arguments, environment, log):
        bundle = self.folder / "bundle"
        described = config(arguments, environment, self.shared, self.network)
        if self.configuration == "seed":
            weaken(described, self.folder / "host")
        (bundle / "config.json").write_text(json.dumps(described), encoding="utf-8")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "runc", "--root", str(self.state), "run", "--bundle", str(bundle), self.name],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def pid(self):
        """The host's number of the container's first process."""
        try:
            return json.loads(call(["runc", "--root", self.state, "state", self.name], "asking for the container"))["pid"]
        except (ValueError, KeyError) as cause:
            raise RangeError(f"runc state {self.name}: {cause}") from cause

    def stop(self):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        subprocess.run(["runc", "--root", str(self.state), "delete", "--force", self.name], **quiet)
        if self.process is not None:
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
