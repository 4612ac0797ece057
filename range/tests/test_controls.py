# SPDX-License-Identifier: Apache-2.0
"""The clean controls: their files have the agreed form, and a finding that no
row allows is a false alarm. No scan, no root."""

import copy
import re
import subprocess
import sys
import types
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

RANGE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RANGE))
from rangelib import controls  # noqa: E402
from rangelib.tools import RangeError  # noqa: E402

ROW = {"check": "cors", "category": "inputValidation", "places": ["GET /a/*", "* /b"], "severity": "medium",
       "curl": "curl $TARGET", "shows": "x", "upstream": "https://e.invalid", "why": "w"}
FINDING = {"check": "cors", "category": "inputValidation", "severity": "medium", "method": "GET", "path": "/a/1"}


def runner():
    loader = SourceFileLoader("controls_run", str(RANGE / "controls" / "run"))
    module = types.ModuleType(loader.name)
    module.__file__ = str(RANGE / "controls" / "run")
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Files(unittest.TestCase):
    def every(self):
        return [controls.Control.load(name) for name in controls.names()]

    def test_there_are_eight_at_least(self):
        self.assertGreaterEqual(len(controls.names()), 8)

    def test_rows_have_patterns_that_compile_and_curl_lines(self):
        for control in self.every():
            for row in control.expected:
                re.compile(row["shows"])
                self.assertIn("curl ", row["curl"], control.name)
                self.assertIn("$TARGET", row["curl"], control.name)
                self.assertFalse(controls.proves(row, ""), f"{control.name}: {row['check']}: nothing would prove it")

    def test_npm_and_pip_versions_are_pinned(self):
        for control in self.every():
            for path in control.folder.glob("requirements.txt"):
                for line in path.read_text(encoding="ascii").split():
                    self.assertRegex(line, r"^[\w.-]+==[\w.]+$")
            if (control.folder / "package.json").exists():
                self.assertTrue((control.folder / "package-lock.json").exists(), control.name)

    def test_debian_packages_can_be_installed_by_the_set(self):
        text = (RANGE.parent / "tools" / "install-packages").read_text(encoding="utf-8")
        words = re.search(r"^controls='([^']*)'", text, re.M)[1].split()
        have = {w.split(":")[0] for w in words}
        for control in self.every():
            self.assertLessEqual(set(control.about.get("debian") or ()), have, control.name)

    def test_remarks_have_reasons(self):
        for remark in controls.read_remarks():
            self.assertEqual(set(remark), {"check", "category", "why"})


class Form(unittest.TestCase):
    def control(self, *rows):
        return controls.Control("x", 0, {"title": "t", "upstream": "u", "start": ["s"]}, {}, {}, [], [], [], [], list(rows))

    def test_three_rows_besides_headers_and_limits(self):
        headers = dict(ROW, check="hardening-headers", category="authentication")
        self.control(ROW, ROW, ROW, headers, headers).check()
        with self.assertRaises(RangeError):
            self.control(ROW, ROW, ROW, ROW).check()

    def test_no_row_above_medium_or_without_proof(self):
        with self.assertRaises(RangeError):
            self.control(dict(ROW, severity="high")).check()
        for key in ("curl", "shows", "upstream", "why"):
            with self.assertRaises(RangeError):
                self.control({k: v for k, v in ROW.items() if k != key}).check()


class Judging(unittest.TestCase):
    def judged(self, *findings, rows=(ROW,)):
        explained, false, remarks = controls.judge(rows, findings, [{"check": "cors", "category": "ssrf"}])
        return len(explained), len(false), len(remarks)

    def test_what_a_row_allows(self):
        self.assertEqual(self.judged(FINDING), (1, 0, 0))
        self.assertEqual(self.judged(dict(FINDING, severity="low")), (1, 0, 0))
        self.assertEqual(self.judged(dict(FINDING, method="PUT", path="/b")), (1, 0, 0))

    def test_what_it_does_not(self):
        for change in ({"severity": "high"}, {"check": "jsonp"}, {"category": "ssrf"}, {"path": "/c"}, {"method": "POST"}):
            self.assertEqual(self.judged(dict(FINDING, **change)), (0, 1, 0), change)

    def test_every_place_must_be_allowed(self):
        inside = dict(FINDING, occurrences=[{"method": "GET", "path": "/a/1"}, {"method": "GET", "path": "/a/2"}])
        outside = copy.deepcopy(inside)
        outside["occurrences"][1]["path"] = "/c"
        self.assertEqual(self.judged(inside), (1, 0, 0))
        self.assertEqual(self.judged(outside), (0, 1, 0))

    def test_a_row_explains_one_finding(self):
        self.assertEqual(self.judged(FINDING, dict(FINDING, path="/a/2")), (1, 1, 0))

    def test_remarks_are_counted_unless_known(self):
        self.assertEqual(self.judged(dict(FINDING, severity="info", path="/c")), (0, 0, 1))
        self.assertEqual(self.judged(dict(FINDING, severity="info", category="ssrf")), (0, 0, 0))

    def test_a_severity_that_does_not_exist_is_an_error(self):
        with self.assertRaises(RangeError):
            self.judged(dict(FINDING, severity="terrible"))


class Description(unittest.TestCase):
    def test_lines_become_operations(self):
        d = controls.description(["GET /a/{id=7}/b?x=1&y=", {"POST /s": {"q": "z"}}])
        operation = d["paths"]["/a/{id}/b"]["get"]
        self.assertEqual([(p["name"], p["in"], p["example"]) for p in operation["parameters"]],
                         [("id", "path", "7"), ("x", "query", "1"), ("y", "query", "")])
        self.assertEqual(d["paths"]["/s"]["post"]["requestBody"]["content"]["application/json"]["example"], {"q": "z"})


class Runner(unittest.TestCase):
    def test_only_what_is_clean_is_perfect(self):
        for name in ("false", "remarks", "broken", "unproven"):
            sums = runner().Sums()
            self.assertTrue(sums.perfect)
            setattr(sums, name, 1)
            self.assertFalse(sums.perfect, name)

    def test_a_drawing_can_be_repeated(self):
        module = runner()
        drawn = [module.chosen(module.parse(["--draw", "3", "--lot", "5"])) for _ in range(2)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertEqual(len(drawn[0]), 3)

    def test_unknown_names_are_usage(self):
        r = subprocess.run([RANGE / "controls" / "run", "nothing-of-this-name"], capture_output=True, text=True, check=False)
        self.assertEqual(r.returncode, 2)
        self.assertIn("nothing-of-this-name", r.stderr)


if __name__ == "__main__":
    unittest.main()
