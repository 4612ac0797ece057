# SPDX-License-Identifier: Apache-2.0
"""Judges one scan of a hostile host: each function returns the reasons why it is not what it has to be."""

import json
import re

SANITIZER = re.compile(rb"(ERROR|WARNING|SUMMARY): \w*Sanitizer|runtime error: |LeakSanitizer")
# C0 without tab and newline, delete, and C1 as UTF-8: what a terminal might obey.
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
CATEGORIES = 12
RSS_SANITIZED = 768 << 20


def judge(case, outcome, names, secrets, factor):
    """All reasons why the scan failed its case; an empty list is a pass."""
    report, reasons = _report_of(case, outcome)
    reasons += _end(case, outcome, factor)
    reasons += _clean(outcome, secrets)
    reasons += _messages(case, outcome, names, report)
    reasons += _host_side(case, outcome)
    if report is not None:
        reasons += _shape(outcome, report) + _content(case, report)
    return reasons


def _end(case, outcome, factor):
    reasons = []
    if outcome.killed:
        reasons.append(f"did not end: killed after {outcome.seconds:.0f} s")
    elif outcome.code not in case.exits:
        reasons.append(f"exit {outcome.code}, expected {' or '.join(map(str, case.exits))}; "
                       f"stderr: {_excerpt(outcome.stderr)}")
    if outcome.seconds > case.wall * factor:
        reasons.append(f"took {outcome.seconds:.1f} s, at most {case.wall * factor:.0f} s are allowed")
    limit = case.rss if factor == 1 else RSS_SANITIZED
    if outcome.rss > limit:
        reasons.append(f"grew to {outcome.rss >> 20} MiB, at most {limit >> 20} MiB are allowed")
    if case.signal and outcome.late is None:
        reasons.append("ended before the signal could be sent")
    elif case.signal and outcome.late > 1.0 * factor:
        reasons.append(f"ended {outcome.late:.1f} s after the signal, one second is allowed")
    return reasons


def _clean(outcome, secrets):
    """No sanitizer output, no terminal control, no invalid UTF-8, no planted secret in anything written."""
    reasons = []
    texts = {"stdout": outcome.stdout, "stderr": outcome.stderr}
    if outcome.report_path.exists():
        texts["report"] = outcome.report_path.read_bytes()
    for name, text in texts.items():
        if found := SANITIZER.search(text):
            reasons.append(f"{name} has sanitizer output: {_excerpt(text[found.start():])}")
        if found := CONTROL.search(text):
            reasons.append(f"{name} has a raw control byte at {found.start()}: "
                           f"{text[max(0, found.start() - 20):found.end() + 20]!r}")
        try:
            text.decode()
        except UnicodeDecodeError as error:
            reasons.append(f"{name} is not UTF-8: {error}")
        for secret in secrets:
            if secret.encode() in text.replace(b"\\/", b"/"):
                reasons.append(f"{name} holds what must never be written: {secret[:10]}...")
    return reasons


def _excerpt(data, size=300):
    text = data[:size].decode("utf-8", "replace").strip().replace("\n", " | ")
    return text or "(nothing)"


def _expand(pattern, names):
    return re.sub(r"\{([a-z]+)\}", lambda match: re.escape(str(names[match[1]])) if match[1] in names else match[0],
                  pattern)


def _messages(case, outcome, names, report):
    reasons = []
    said = outcome.stderr.decode("utf-8", "replace")
    for pattern in case.says:
        if not re.search(_expand(pattern, names), said):
            reasons.append(f"stderr does not say /{pattern}/: {_excerpt(outcome.stderr)}")
    told = "\n".join([said, outcome.stdout.decode("utf-8", "replace"),
                      json.dumps((report or {}).get("warnings", []), ensure_ascii=False)])
    for pattern in case.told:
        if not re.search(_expand(pattern, names), told):
            reasons.append(f"neither stderr, stdout nor a warning of the report tells /{pattern}/")
    return reasons


def _host_side(case, outcome):
    """What the listeners of the host counted."""
    reasons = []
    for name in case.untouched:
        if outcome.stats[name]["accepted"]:
            reasons.append(f"listener {name} had {outcome.stats[name]['accepted']} connections, none is allowed")
    main = outcome.stats["main"]
    if case.unsent and main["accepted"]:
        reasons.append(f"the target had {main['accepted']} connections although the command line cannot be used")
    if case.refused_share >= 0 and main["refused"] > case.refused_share * max(1, main["accepted"]):
        reasons.append(f"{main['refused']} of {main['accepted']} connections were over the target's limit")
    if case.worst_ms and main["worst_ms"] > case.worst_ms:
        reasons.append(f"an honest user waited {main['worst_ms']} ms, at most {case.worst_ms} ms are allowed")
    return reasons


def _report_of(case, outcome):
    """Returns (report or None, reasons)."""
    if not outcome.report_path.exists() or outcome.report_path.stat().st_size == 0:
        there = "empty" if outcome.report_path.exists() else "not there"
        return None, [f"the report is {there}"] if case.report and outcome.code != 2 else []
    if outcome.report_path.stat().st_size > 64 << 20:
        return None, ["the report is larger than 64 MiB"]
    try:
        report = json.loads(outcome.report_path.read_bytes())
    except (ValueError, RecursionError) as error:
        return None, [f"the report does not parse: {error}"]
    if not isinstance(report, dict):
        return None, ["the report is not a JSON object"]
    return report, []


def _nulls(value, place="$"):
    if value is None:
        yield place
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _nulls(member, f"{place}.{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _nulls(member, f"{place}[{index}]")


def _shape(outcome, report):
    """What every report has to be, whatever happened."""
    reasons = []
    if report.get("schema") != "plumbline/report/1":
        reasons.append(f"the report's schema is {report.get('schema')!r}")
    end = report.get("exit") or {}
    if end.get("code") != outcome.code:
        reasons.append(f"the report says exit {end.get('code')}, the process ended with {outcome.code}")
    if outcome.code and not end.get("reasons"):
        reasons.append(f"exit {outcome.code} without a reason in exit.reasons")
    if len(report.get("categories") or {}) != CATEGORIES:
        reasons.append(f"the report has {len(report.get('categories') or {})} categories, not {CATEGORIES}")
    if not (report.get("target") or {}).get("url"):
        reasons.append("the report does not name its target")
    if nulls := list(_nulls(report)):
        reasons.append(f"null in the report at {nulls[0]} (and {len(nulls) - 1} more)")
    return reasons


def _is_known(finding):
    places = [finding, *finding.get("occurrences", [])]
    return any(place.get("path") == "/status" for place in places) and (
        finding.get("category") == "dataExposure"
        or any(effect.get("category") == "dataExposure" for effect in finding.get("effects", [])))


def _content(case, report):
    reasons = []
    findings = report.get("findings") or []
    if case.known and not any(_is_known(finding) for finding in findings):
        found = sorted({f"{f.get('check')} {f.get('path')}" for f in findings})
        reasons.append(f"the known flaw (dataExposure of GET /status) is not among {len(findings)} findings: {found}")
    if case.dark:
        passed = [entry.get("check") for entry in report.get("coverage") or []
                  if entry.get("path") == "/hostile" and entry.get("status") == "passed"]
        if passed:
            reasons.append(f"GET /hostile never answered, yet it passed {', '.join(map(str, passed))}")
    grade = (report.get("score") or {}).get("grade")
    if case.grade and grade != case.grade:
        reasons.append(f"grade {grade}, expected {case.grade}")
    return reasons
