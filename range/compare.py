#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a scan report with the truth table of the service that was scanned.

A row of the truth is *found* when a finding names the same category (or one
names the other among its effects), the same method, path template and, where
the row has one, parameter, with confidence firm or better and a severity at
most one step away. One claim (a finding's place, or one of its occurrences)
explains one row, once: a second finding for a row that is already explained is
a false alarm, and so is every finding that no row explains. Findings of
severity info are counted apart, under the same rule.

    compare.py TRUTH.json REPORT.json      exit 0: nothing missed, no false alarm
"""

import json
import re
import sys
from dataclasses import dataclass, field

SEVERITIES = ["info", "low", "medium", "high", "critical"]
CONFIDENCES = ["tentative", "firm", "confirmed"]
ANYWHERE = "*"
TENTATIVE = "only tentative"


class TruthError(ValueError):
    """A truth table or a report that does not have the agreed form."""


def normal_path(path):
    """The template with nameless parameters, without query and trailing slash."""
    path = path.split("?", 1)[0].split("#", 1)[0]
    path = re.sub(r"\{[^{}/]*\}", "{}", path)
    return path.rstrip("/") or "/"


def _parameter(parameter, path):
    """(place, name) of a parameter in a form that can be compared, or None.

    A path parameter is known by its position, since names in braces do not
    matter; header names have no case; the members of a body may be written as
    a JSON pointer or with dots.
    """
    if not parameter:
        return None
    place = parameter.get("in", "")
    name = parameter.get("name", "")
    if place == "path":
        names = re.findall(r"\{([^{}/]*)\}", path or "")
        return (place, str(names.index(name)) if name in names else name)
    if place in ("header", "cookie"):
        return (place, name.lower())
    if place == "body":
        return (place, name.removeprefix("$").strip("/.").replace("/", "."))
    return (place, name)


@dataclass(frozen=True)
class Place:
    """Where something is claimed to be; an empty method or path is unknown."""

    method: str
    path: str
    parameter: tuple | None

    @staticmethod
    def of(source, fallback=None):
        fallback = fallback or {}
        method = source.get("method", fallback.get("method", "")) or ""
        path = source.get("path", fallback.get("path", "")) or ""
        parameter = _parameter(source.get("parameter"), path)
        if parameter is None:
            parameter = _parameter(fallback.get("parameter"), fallback.get("path"))
        return Place(method.upper(), normal_path(path) if path else "", parameter)

    def __str__(self):
        text = f"{self.method or '-'} {self.path or '-'}"
        if self.parameter:
            text += f" ({self.parameter[0]} {self.parameter[1]})"
        return text


@dataclass
class Row:
    """One row of the truth."""

    id: str
    category: str
    effects: frozenset
    severity: str
    mode: str
    places: list  # the first is the row's own, the others carry the same flaw
    host_wide: bool
    why: str
    wanted: bool = True  # False: explains a finding, but need not be found here

    @property
    def place(self):
        return self.places[0]

    @staticmethod
    def of(source):
        try:
            host_wide = ANYWHERE in (source["method"], source["path"])
            places = [Place.of(source)] + [Place.of(also, source) for also in source.get("also") or ()]
            row = Row(source["id"], source["category"], frozenset(source.get("effects") or ()),
                      source["severity"], source.get("mode", "safe"), places, host_wide, source.get("why", ""),
                      not source.get("optional", False))
        except (KeyError, AttributeError, TypeError) as cause:
            raise TruthError(f"truth row {source!r}: {cause!r}") from cause
        if row.severity not in SEVERITIES:
            raise TruthError(f"truth row {row.id}: unknown severity {row.severity!r}")
        return row


@dataclass
class Claim:
    """One thing that a finding says: its categories at one place."""

    finding: int
    categories: frozenset
    place: Place


@dataclass
class Finding:
    index: int
    source: dict
    severity: str
    confidence: str
    claims: list = field(default_factory=list)

    @property
    def title(self):
        return self.source.get("title", self.source.get("check", "?"))


def _claims(index, source):
    """The claims of a finding: each place, and each effect with a place of its own."""
    places = [Place.of(o, source) for o in source.get("occurrences") or ()]
    own = Place.of(source)
    # A finding about a group of routes has no path of its own, only occurrences.
    if not places or (own.path and own not in places):
        places.insert(0, own)
    categories = {source["category"]}
    apart = []
    for effect in source.get("effects") or ():
        effect = {"category": effect} if isinstance(effect, str) else effect
        if "path" in effect or "method" in effect:
            place = Place.of(effect, source)
            if place not in places:
                apart.append(Claim(index, frozenset([effect["category"]]), place))
                continue
        categories.add(effect["category"])
    return [Claim(index, frozenset(categories), p) for p in places], apart


def read_findings(report):
    """(findings, claims of effects elsewhere) of a report."""
    findings, effects = [], []
    for index, source in enumerate(report.get("findings") or ()):
        try:
            finding = Finding(index, source, source["severity"], source["confidence"])
            finding.claims, apart = _claims(index, source)
        except (KeyError, AttributeError, TypeError) as cause:
            raise TruthError(f"finding {index} of the report: {cause!r}") from cause
        if finding.severity not in SEVERITIES or finding.confidence not in CONFIDENCES:
            raise TruthError(f"finding {index}: severity {finding.severity!r}, confidence {finding.confidence!r}")
        findings.append(finding)
        effects.extend(apart)
    return findings, effects


def names_row(row, claim):
    """Does the claim speak of this row, whatever its confidence and severity?"""
    if row.category not in claim.categories and not row.effects & claim.categories:
        return False
    if row.host_wide:
        return True
    return any((place.method, place.path) == (claim.place.method, claim.place.path)
               and place.parameter in (None, claim.place.parameter) for place in row.places)


def weakness(row, finding):
    """Why a claim that names the row does not count as found, or ''."""
    if finding.confidence == "tentative":
        return TENTATIVE
    steps = abs(SEVERITIES.index(row.severity) - SEVERITIES.index(finding.severity))
    if steps > 1:
        return f"severity {finding.severity} where the truth says {row.severity}"
    return ""


@dataclass
class Alarm:
    """A finding, or some of its places, that the truth does not explain."""

    finding: Finding
    places: list
    reason: str


@dataclass
class Result:
    rows: list
    found: dict  # index of the row -> Claim
    missed: list  # (Row, note)
    false_alarms: list
    info_alarms: list

    @property
    def perfect(self):
        return not (self.missed or self.false_alarms or self.info_alarms)


def _match(rows, claims, edges):
    """A largest matching of rows to claims; rows with a place choose first."""
    taken = {}

    def assign(row, seen):
        for claim in edges[row]:
            if claim in seen:
                continue
            seen.add(claim)
            if claim not in taken or assign(taken[claim], seen):
                taken[claim] = row
                return True
        return False

    for row in sorted(range(len(rows)), key=lambda r: (rows[r].host_wide, not rows[r].wanted)):
        assign(row, set())
    return {row: claims[claim] for claim, row in taken.items()}


def compare(truth, report, wanted=lambda row: True):
    """Result for the rows of `truth` that are switched on.

    A row that is marked `optional`, or that `wanted` (which takes a row as it
    was read) refuses, may explain a finding but is neither found nor missed.
    The first are remarks that are true of both twins; the second serve a scan
    that sees only a part of the service.
    """
    rows = []
    for source in truth:
        if source.get("on"):
            rows.append(Row.of(source))
            rows[-1].wanted = rows[-1].wanted and wanted(source)
    findings, effects = read_findings(report)
    own = [c for f in findings for c in f.claims]
    claims = own + effects
    # A host-wide row is explained by a finding as a whole: its first claim stands for it.
    first = {id(f.claims[0]) for f in findings}
    edges = [[i for i, c in enumerate(claims)
              if names_row(row, c) and not weakness(row, findings[c.finding])
              and (not row.host_wide or id(c) in first)] for row in rows]
    for row, claimed in zip(rows, edges):
        if row.host_wide:  # a finding about the host explains it better than one about a place
            claimed.sort(key=lambda i: claims[i].place.path is not None)
    found = _match(rows, claims, edges)
    missed, weak = _missed(rows, found, findings, claims)
    alarms = _alarms(rows, found, weak, findings)
    return Result([r for r in rows if r.wanted], {r: c for r, c in found.items() if rows[r].wanted},
                  [(r, note) for r, note in missed if r.wanted],
                  [a for a in alarms if a.finding.severity != "info"],
                  [a for a in alarms if a.finding.severity == "info"])


def _missed(rows, found, findings, claims):
    """Rows that were not found, and the one finding that named each too weakly."""
    missed, weak = [], {}
    for index, row in enumerate(rows):
        if index in found:
            continue
        note = ""
        for claim in claims:
            if names_row(row, claim):
                note = weakness(row, findings[claim.finding]) or "its only claim explains another row"
                # A row that nobody has to find does not excuse an exaggeration.
                if row.wanted or note == TENTATIVE:
                    weak[index] = claim.finding
                    break
        missed.append((row, note))
    return missed, weak


def _alarms(rows, found, weak, findings):
    """What of the findings no row explains."""
    explained_by = {index: claim.finding for index, claim in found.items()}
    explained_by.update(weak)
    alarms = []
    for finding in findings:
        if any(rows[r].host_wide and f == finding.index for r, f in explained_by.items()):
            continue
        left, twice = [], set()
        for claim in finding.claims:
            named = [r for r, row in enumerate(rows) if names_row(row, claim)]
            if any(explained_by.get(r) == finding.index for r in named):
                continue
            left.append(claim.place)
            twice.update(rows[r].id for r in named)
        # A finding whose claim about an effect elsewhere was used, and nothing else, is explained too.
        if not left:
            continue
        reason = "again: " + ", ".join(sorted(twice)) if twice else "no row explains it"
        alarms.append(Alarm(finding, left, reason))
    return alarms


def excerpt(finding, width=100):
    """A bit of the evidence, on one line."""
    for piece in reversed(finding.source.get("evidence") or ()):
        text = piece.get("note") or ""
        response = piece.get("response")
        if isinstance(response, dict):
            response = response.get("body") or response.get("excerpt") or ""
        text = " ".join(f"{text} {response or ''}".split())
        if text:
            text = "".join(c if c.isprintable() else "?" for c in text)
            return text[:width]
    return ""


def lines(result):
    """The table of what is wrong, one line each, nothing for a perfect result."""
    out = []
    for row, note in result.missed:
        out.append(f"missed  {row.id:<28} {row.category:<20} {row.severity:<8} {row.place}"
                   + (f"  [{note}]" if note else ""))
    for kind, alarms in (("false", result.false_alarms), ("info", result.info_alarms)):
        for alarm in alarms:
            f = alarm.finding
            place = str(alarm.places[0]) + (f" and {len(alarm.places) - 1} more" if len(alarm.places) > 1 else "")
            out.append(f"{kind:<7} {f.source['category']:<20} {f.severity}/{f.confidence} {place}  "
                       f"{f.title!r} [{alarm.reason}]")
            text = excerpt(f)
            if text:
                out.append(f"        {text}")
    return out


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip().splitlines()[-1].strip(), file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as f:
            truth = json.load(f)
        with open(arguments[1], encoding="utf-8") as f:
            report = json.load(f)
        result = compare(truth, report)
    except (OSError, ValueError) as cause:
        print(f"compare: {cause}", file=sys.stderr)
        return 2
    for line in lines(result):
        print(line)
    print(f"recall {len(result.found)}/{len(result.rows)}, false alarms {len(result.false_alarms)}, "
          f"info {len(result.info_alarms)}")
    return 0 if result.perfect else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
