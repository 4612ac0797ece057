#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge: a stand-in for the scanner that behaves must pass its case, and each single misbehaviour of it
must fail, with the reason that fits. Usage: test_run.py [-v]"""

import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = pathlib.Path(__file__).resolve().parent

STAND_IN = textwrap.dedent("""\
    #!{python}
    import json, os, sys, time, urllib.request
    url = sys.argv[2]
    path = [word for word in sys.argv if word.startswith("json=")][0][5:]
    code, findings = 0, []
    try:
        status = urllib.request.urlopen(url + "/status").read().decode()
        findings.append({{"check": "x", "category": "dataExposure", "path": "/status", "evidence": "secret removed"}})
    except OSError:
        code = 3
        print("plumb: " + url + ": connection refused: is the service running?", file=sys.stderr)
    report = {{"schema": "plumbline/report/1", "target": {{"url": url}}, "findings": findings,
              "categories": {{str(i): {{}} for i in range(12)}}, "score": {{"grade": "B"}},
              "exit": {{"code": code, "reasons": ["gone"] if code else []}}}}
    {deed}
    if path:
        open(path, "w").write(json.dumps(report, ensure_ascii=False))
    sys.exit(code)
    """)

# fault -> (what the stand-in does, the reason that the judge has to give)
FAULTS = {
    "exit": ("code = 1", "exit 1, expected 0"),
    "signal": ("os.kill(os.getpid(), 11)", "exit -11, expected 0"),
    "no report": ("path = None", "the report is not there"),
    "empty report": ("open(path, 'w').close(); path = None", "the report is empty"),
    "cut report": ("open(path, 'w').write('{\"schema\":'); path = None", "the report does not parse"),
    "schema": ("report['schema'] = 'other'", "the report's schema is 'other'"),
    "null": ("report['score']['overall'] = None", "null in the report at $.score.overall"),
    "exit in report": ("report['exit']['code'] = 3", "the report says exit 3"),
    "categories": ("report['categories'].popitem()", "11 categories"),
    "finding lost": ("report['findings'] = []", "the known flaw"),
    "secret in report": ("report['note'] = status", "report holds what must never be written"),
    "secret on stderr": ("sys.stderr.write(status)", "stderr holds what must never be written"),
    "escape": ("sys.stdout.write('\\x1b[31m')", "stdout has a raw control byte"),
    "eight-bit escape": ("report['note'] = '\\x9b1A'", "report has a raw control byte"),
    "encoding": ("sys.stdout.buffer.write(b'\\xff')", "stdout is not UTF-8"),
    "sanitizer": ("sys.stderr.write('x.c:1:2: runtime error: overflow')", "sanitizer output"),
    "memory": ("hog = bytearray(200 << 20); hog[::4096] = b'x' * len(hog[::4096])", "MiB, at most 128 MiB"),
}


class Judge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = pathlib.Path(folder.name) / "plumb"

    def run_case(self, case, deed="pass"):
        self.program.write_text(STAND_IN.format(python=sys.executable, deed=deed))
        self.program.chmod(0o755)
        done = subprocess.run([sys.executable, "-B", HERE / "run", self.program, "--only", f"^{case}$"],
                              capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout

    def test_good_stand_in_passes(self):
        for case in ("control-healthy", "refused-port"):
            code, out = self.run_case(case)
            self.assertEqual((code, out.splitlines()[-1]), (0, "1 passed, 0 failed"), out)

    def test_every_fault_fails_for_its_reason(self):
        for fault, (deed, reason) in FAULTS.items():
            with self.subTest(fault):
                code, out = self.run_case("control-healthy", deed)
                self.assertEqual((code, out.splitlines()[-1]), (1, "0 passed, 1 failed"), out)
                self.assertIn(reason, out)

    def test_what_hangs_is_killed(self):
        code, out = self.run_case("refused-port", "time.sleep(60)")
        self.assertEqual(code, 1)
        self.assertIn("did not end: killed", out)

    def test_message_without_cure_fails(self):
        code, out = self.run_case("banner-ssh", "report['exit'] = {'code': 3, 'reasons': ['x']}; code = 3")
        self.assertEqual(code, 1)
        self.assertIn("stderr does not say", out)

    def test_visit_elsewhere_fails(self):
        deed = "import re; s = open(sys.argv[sys.argv.index('--spec') + 1]).read(); " \
               "o = re.search(r'http://[0-9.:]+', s)[0]; urllib.request.urlopen(o + '/items')"
        code, out = self.run_case("spec-servers-elsewhere", deed)
        self.assertEqual(code, 1)
        self.assertIn("listener other had 1 connections, none is allowed", out)

    def test_request_before_usage_error_fails(self):
        code, out = self.run_case("spec-empty", "code = 2; path = None; "
                                  "print(sys.argv, 'is empty', file=sys.stderr)")
        self.assertEqual(code, 1)
        self.assertIn("although the command line cannot be used", out)

    def test_late_end_after_a_signal_fails(self):
        deed = "import signal; signal.signal(2, lambda *_: (time.sleep(2), sys.exit(130))); " \
               "[urllib.request.urlopen(url + '/items') for _ in range(100)]"
        code, out = self.run_case("interrupt", deed)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"ended 2\.\d s after the signal")


if __name__ == "__main__":
    unittest.main()
