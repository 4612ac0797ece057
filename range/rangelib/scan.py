# SPDX-License-Identifier: Apache-2.0
"""One scan of a world, and what must hold after it besides its findings."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .tools import RangeError
from .world import LISTEN, TLS_LISTEN

PLAIN = f"http://{LISTEN}"
TLS = f"https://{TLS_LISTEN}"
# A scan that takes longer than this hangs.
SECONDS = 600


@dataclass
class Scan:
    """The report of a scan, and the breaches of promises that were seen."""

    report: dict
    seconds: float
    cpu: float
    breaches: list = field(default_factory=list)

    @property
    def requests(self):
        return self.report.get("scan", {}).get("requests", 0)


def document(world, url):
    """A document of the service, read from inside the world."""
    program = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=10).read(1 << 24))"
    r = subprocess.run(world.inside([sys.executable, "-c", program, url]), capture_output=True, check=False)
    if r.returncode != 0:
        raise RangeError(f"{url}: {r.stderr.decode('utf-8', 'replace').strip().splitlines()[-1:]}")
    return r.stdout.decode("utf-8")


def operations(world):
    """The (method, path) pairs that the service's own description names."""
    paths = json.loads(document(world, PLAIN + "/openapi.json")).get("paths", {})
    methods = ("get", "head", "post", "put", "patch", "delete", "options")
    return {(m.upper(), path) for path, item in paths.items() for m in methods if m in item}


def concerned(rows, described):
    """The operations that a scan of these rows alone must see: their own, and
    the lists above them from which a visitor learns identifiers. Empty for a
    row that concerns the whole host."""
    if any("*" in (r["method"], r["path"]) for r in rows):
        return []
    wanted = []
    for row in rows:
        for place in [row, *row.get("also", ())]:
            steps = place["path"].rstrip("/").split("/")
            parents = ["/".join(steps[:n]) for n in range(2, len(steps)) if steps[n].startswith("{")]
            wanted += [(place["method"], place["path"])] + [("GET", p) for p in parents if ("GET", p) in described]
    return list(dict.fromkeys(wanted))


MODES = ("passive", "safe", "active")
IDENTITIES = ("none", "one", "two")


@dataclass
class Means:
    """With what a scan is done: its mode, and how many identities."""

    mode: str = "safe"
    identities: str = "none"

    def suffice(self, row):
        """Can a scan with these means see the flaw of this row?"""
        return (MODES.index(row.get("mode") or "safe") <= MODES.index(self.mode)
                and IDENTITIES.index(row.get("identities") or "none") <= IDENTITIES.index(self.identities))


def _identity_options(world, means, folder):
    """The identities of the service as they are now: tokens follow its switches."""
    if means.identities == "none":
        return []
    chosen = [{k: p[k] for k in ("name", "role", "tenant", "headers")}
              for p in world.service.json("GET", "/identities")]
    if means.identities == "one":
        chosen = chosen[:1]
    path = folder / "identities.yaml"
    path.write_text(json.dumps(chosen, indent=1), encoding="utf-8")  # JSON is YAML
    path.chmod(0o600)
    return ["--as-file", path]


def _read_only_options(world):
    """What an operator would say of POST operations that only read."""
    if "programs" not in world.binaries:
        return []
    return [word for path in world.service.json("GET", "/read-only-posts") for word in ("--read-only-post", f"POST {path}")]


def _command(plumb, target, include, report):
    command = [plumb, "scan", target, "--spec", target + "/openapi.json"]
    if target == TLS:
        command.append("--insecure")  # the certificate is the world's own
    for method, path in include:
        command += ["--include", f"{method} {path}"]
    return command + ["--report", f"json={report}", "--progress", "none"]


def _run(world, command, log):
    """Exit code (None: it hung) and CPU seconds of the scanner."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(log, "wb") as out:
        process = subprocess.Popen(world.inside(command), stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(SECONDS)
        except BaseException as cause:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(cause, subprocess.TimeoutExpired):
                raise
            code = None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _read(path, log, code):
    ending = "hung" if code is None else f"ended with {code}"
    said = " ".join(Path(log).read_text(encoding="utf-8", errors="replace").split())[-400:]
    if code != 0:
        return {"findings": []}, [f"the scanner {ending}: {said}"]
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        return {"findings": []}, [f"no report: {cause}: {said}"]
    if report.get("schema") != "plumbline/report/1" or not isinstance(report.get("findings"), list):
        return {"findings": []}, [f"the report is not of schema plumbline/report/1 but {report.get('schema')!r}"]
    return report, []


def secret_paths(counters):
    """Who other than an AWS SDK asked for a path that leads to secrets."""
    return [f"{c['method']} {c['path']} asked by {c['agent']!r}" for c in counters if c["secret"] and not c["sdk"]]


def scan(world, plumb, target, include, folder, name, means=None):
    """Scans with the flaws as they are; leaves NAME.json and NAME.log in folder."""
    means = means or Means()
    world.service.ask("POST", "/reset")
    world.metadata.ask("DELETE", "/counters")
    before = world.service.ask("GET", "/checksum")
    report, log = folder / f"{name}.json", folder / f"{name}.log"
    start = time.monotonic()
    code, cpu = _run(world, _command(plumb, target, include, report) + ["--mode", means.mode]
                     + _identity_options(world, means, folder) + _read_only_options(world), log)
    seconds = time.monotonic() - start
    content, breaches = _read(report, log, code)
    if means.mode != "active" and world.service.ask("GET", "/checksum") != before:
        breaches.append("the safe scan changed the database")
    breaches += secret_paths(world.metadata.json("GET", "/counters"))
    return Scan(content, seconds, cpu, breaches)
