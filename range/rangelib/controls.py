# SPDX-License-Identifier: Apache-2.0
"""The clean controls: other people's services, and which findings on them are allowed."""

import fnmatch
import os
import re
import subprocess
import urllib.parse
from dataclasses import dataclass, field

import yaml

from . import mini
from .tools import RANGE, RangeError, cache_dir

CONTROLS = RANGE / "controls"
SEVERITIES = ("info", "low", "medium", "high", "critical")
# What tells of missing headers and missing limits: it does not count among the three rows of a service.
UNCOUNTED = frozenset(("hardening-headers", "hsts", "cookie-flags", "plain-http", "banner", "limit-missing", "page-size"))
MOST_ROWS = 3


def names():
    return sorted(p.parent.name for p in CONTROLS.glob("*/control.yaml"))


@dataclass
class Control(mini.Service):
    """One service as its authors ship it, with the findings that are true of it."""

    expected: list = field(default_factory=list)

    @staticmethod
    def load(name):
        folder = CONTROLS / name
        try:
            about = yaml.safe_load((folder / "control.yaml").read_text(encoding="utf-8"))
            expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8")) or []
        except (OSError, yaml.YAMLError) as cause:
            raise RangeError(f"{name}: {cause}") from cause
        control = Control(name, 0, about, {}, {}, [], [], [], [], expected)
        control.check()
        return control

    def check(self):
        """The files have the agreed form."""
        for key in ("title", "upstream", "start"):
            if not self.about.get(key):
                raise RangeError(f"{self.name}: control.yaml has no {key}")
        counted = [row for row in self.expected if row.get("check") not in UNCOUNTED and row.get("severity") != "info"]
        if len(counted) > MOST_ROWS:
            raise RangeError(f"{self.name}: {len(counted)} rows; {MOST_ROWS} are allowed besides headers and limits")
        for row in self.expected:
            missing = [k for k in ("check", "category", "places", "severity", "curl", "shows", "upstream", "why") if not row.get(k)]
            if missing:
                raise RangeError(f"{self.name}: {row.get('check')}: no {', '.join(missing)}")
            if row["category"] not in mini.CATEGORIES or row["severity"] not in SEVERITIES[:3]:
                raise RangeError(f"{self.name}: {row['check']}: category, or a severity above medium")
            if not row["upstream"].startswith("https://"):
                raise RangeError(f"{self.name}: {row['check']}: upstream is no address")

    @property
    def folder(self):
        return CONTROLS / self.name

    @property
    def cache(self):
        return cache_dir() / "controls" / self.name

    def rows(self, on):
        return []

    def environment(self, on, data):
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin", "HOME": str(data), "LANG": "C.UTF-8",
               "PORT": str(mini.PORT), "DATA": str(data), "TMPDIR": str(data), "HERE": str(self.cache)}
        env.update({k: str(v) for k, v in (self.about.get("environment") or {}).items()})
        return env


class ControlWorld(mini.MiniWorld):
    """A namespace with one control, started anew with fresh data for each scan."""

    def set_up(self):
        """Sends what a first user would: accounts, data. Steps may be limited to certain answers."""
        for step in self.mini.about.get("setup") or ():
            answer = self.ask({k: v for k, v in step.items() if k != "headers"}, step.get("headers") or {})
            if answer["status"] >= 400:
                raise RangeError(f"{self.mini.name}: setup: {step.get('method', 'GET')} {step['path']} answered "
                                 f"{answer['status']}: {answer['body'][:200]}")

    def shell(self, line, seconds=30):
        """What a line of shell prints inside; $TARGET is the service."""
        env = {**self.mini.environment([], self.data), "TARGET": mini.TARGET}
        r = subprocess.run(self.inside(["sh", "-c", line]), env=env, capture_output=True, text=True, errors="replace",
                           timeout=seconds, check=False, stdin=subprocess.DEVNULL)
        return r.stdout


def description(lines):
    """OpenAPI of what upstream's manual names: `GET /a/{name=value}/b?query=value`, or such a line with a JSON body."""
    paths = {}
    for line in lines:
        body = None
        if isinstance(line, dict):
            line, body = next(iter(line.items()))
        method, _, rest = line.partition(" ")
        path, _, query = rest.partition("?")
        parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}, "example": v}
                      for n, v in re.findall(r"\{(\w+)=([^}]*)\}", path)]
        parameters += [{"name": n, "in": "query", "schema": {"type": "string"}, "example": v}
                       for n, v in urllib.parse.parse_qsl(query, keep_blank_values=True)]
        operation = {"responses": {"default": {"description": "see the manual"}}, "parameters": parameters}
        if body is not None:
            operation["requestBody"] = {"content": {"application/json": {"example": body}}}
        paths.setdefault(re.sub(r"=[^}]*\}", "}", path), {})[method.lower()] = operation
    return {"openapi": "3.0.3", "info": {"title": "as the manual has it", "version": "1"}, "paths": paths}


def _places(finding):
    """(method, path) of a finding and of all its occurrences."""
    own = (finding.get("method") or "", finding.get("path") or "")
    out = [(o.get("method") or own[0], o.get("path") or own[1]) for o in finding.get("occurrences") or ()]
    if own[1] or not out:
        out.append(own)
    return out


def _covers(pattern, place):
    """`GET /a/*`, `* /x`, or `*` for anywhere."""
    if pattern == "*":
        return True
    method, _, path = pattern.partition(" ")
    return method in ("*", place[0]) and fnmatch.fnmatchcase(place[1], path)


def explains(row, finding):
    """Does the row allow the whole finding: check, category, severity and every place?"""
    return (row["check"] == finding.get("check") and row["category"] == finding.get("category")
            and SEVERITIES.index(finding["severity"]) <= SEVERITIES.index(row["severity"])
            and ("parameter" not in row or row["parameter"] == (finding.get("parameter") or {}).get("name"))
            and all(any(_covers(p, place) for p in row["places"]) for place in _places(finding)))


def read_remarks():
    """What may be remarked of any control."""
    return yaml.safe_load((CONTROLS / "remarks.yaml").read_text(encoding="utf-8"))


def judge(rows, findings, remarkable=()):
    """(pairs of finding and row, false alarms, unexplained remarks). A row explains one finding."""
    known = {(r["check"], r["category"]) for r in remarkable}
    left, explained, false, remarks = list(rows), [], [], []
    for finding in findings:
        if finding.get("severity") not in SEVERITIES:
            raise RangeError(f"severity {finding.get('severity')!r} in the report")
        row = next((r for r in left if explains(r, finding)), None)
        if row is not None:
            left.remove(row)
            explained.append((finding, row))
        elif finding["severity"] == "info":
            if (finding.get("check"), finding.get("category")) in known:
                continue
            remarks.append(finding)
        else:
            false.append(finding)
    return explained, false, remarks


def proves(row, output):
    return re.search(row["shows"], output, re.S | re.I) is not None
