# SPDX-License-Identifier: Apache-2.0
"""Worlds and runner with a placeholder service and a stand-in for the scanner.
Needs what the range needs; skips by name where that is missing, fails in CI."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

RANGE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RANGE))
from rangelib import scan, world  # noqa: E402
from rangelib.tools import RangeError, Unavailable, require, require_root  # noqa: E402

PLACEHOLDER = RANGE / "tests" / "placeholder"
FAKE = RANGE / "tests" / "fake-scanner"


def check_machine():
    try:
        require_root()
        require("ip", "runc", "java", "javac", "mvn", "openssl", "go", "setpriv")
    except Unavailable as cause:
        if os.environ.get("CI") == "true":
            raise
        raise unittest.SkipTest(str(cause)) from cause


class WorldTest(unittest.TestCase):
    """One world for all tests of this class: they only read, or reset."""

    @classmethod
    def setUpClass(cls):
        check_machine()
        cls.binaries = world.prepare(PLACEHOLDER, "placeholder")
        cls.world = world.World(cls.binaries, 5)
        cls.enterClassContext(cls.world)

    def get(self, path):
        return scan.document(self.world, scan.PLAIN + path)

    def test_container_has_nothing_to_give(self):
        seen = json.loads(self.get("/surroundings"))
        self.assertEqual((seen["uid"], seen["pid"], seen["hostname"]), (65532, 1, "service"))
        self.assertFalse(seen["writable"])
        self.assertEqual(seen["interfaces"], ["lo"])
        self.assertEqual(set(seen["root"]), {"dev", "etc", "proc", "run", "service", "sys", "tmp"})
        for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
            self.assertEqual(int(seen["status"][name], 16), 0, name)
        self.assertEqual(seen["status"]["NoNewPrivs"], "1")

    def test_container_has_namespaces_of_its_own(self):
        inner = json.loads(self.get("/surroundings"))["namespaces"]
        for name in ("pid", "mnt", "uts", "ipc", "net"):
            self.assertNotEqual(inner[name], os.readlink(f"/proc/self/ns/{name}"), name)
        dynamo = self.world.processes[0].pid
        self.assertEqual(inner["net"], os.readlink(f"/proc/{dynamo}/ns/net"))

    def test_nothing_listens_beyond_the_loopback_addresses(self):
        table = subprocess.run(self.world.inside(["cat", "/proc/net/tcp", "/proc/net/tcp6"]), capture_output=True, text=True, check=True)
        listening = [l.split()[1] for l in table.stdout.splitlines() if l.split()[3:4] == ["0A"]]
        allowed = {"0100007F", "FEA9FEA9", "02AAFEA9", "0000000000000000FFFF00000100007F"}
        self.assertEqual({a.split(":")[0] for a in listening} - allowed, set())
        self.assertIn("0000000000000000FFFF00000100007F:1F40", listening)  # DynamoDB Local

    def test_metadata_and_counters(self):
        self.world.metadata.ask("DELETE", "/counters")
        self.assertEqual(self.get("/fetch5?url=http://169.254.169.254/latest/meta-data/services/domain"), "amazonaws.com")
        seen = json.loads(self.get("/surroundings"))
        path = dict(e.split("=", 1) for e in seen["environment"])["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        self.assertEqual(scan.secret_paths(self.world.metadata.json("GET", "/counters")), [])
        key = json.loads(self.get(f"/fetch5?url=http://169.254.170.2{path}"))["AccessKeyId"]
        self.assertRegex(key, "^ASIA[A-Z2-7]{16}$")
        self.assertEqual(len(scan.secret_paths(self.world.metadata.json("GET", "/counters"))), 1)

    def test_checksum_follows_the_database(self):
        first = self.world.service.ask("GET", "/checksum")
        self.get("/write")
        self.assertNotEqual(self.world.service.ask("GET", "/checksum"), first)
        self.world.service.ask("POST", "/reset")
        self.assertEqual(self.world.service.ask("GET", "/checksum"), first)

    def test_two_worlds_side_by_side(self):
        with world.World(self.binaries, 6, credentials="imds", http_tokens="required") as other:
            self.assertNotEqual(other.name, self.world.name)
            self.assertIn("Unauthorized", scan.document(other, scan.PLAIN + "/fetch6?url=http://169.254.169.254/latest/"))
            folder = other.folder
            pid = other.container.pid()
        self.assertFalse(folder.exists())
        self.assertFalse(Path(f"/proc/{pid}").exists())
        self.assertFalse(Path(f"/run/netns/{other.name}").exists())
        self.get("/surroundings")

    def test_service_that_ends_at_once(self):
        broken = world.World(self.binaries, 0, service_arguments=["-broken"])
        with self.assertRaisesRegex(RangeError, "broken as asked"), broken:
            pass
        self.assertFalse(Path(f"/run/netns/{broken.name}").exists())
        self.assertEqual(broken.processes, [])
        self.assertIsNone(broken.folder)

    def test_concerned_operations(self):
        rows = [{"method": "GET", "path": "/a/{x}/b/{y}", "also": [{"method": "HEAD", "path": "/c"}]}]
        self.assertEqual(scan.concerned(rows, {("GET", "/a"), ("GET", "/a/{x}/b"), ("POST", "/a/{x}")}),
                         [("GET", "/a/{x}/b/{y}"), ("GET", "/a"), ("GET", "/a/{x}/b"), ("HEAD", "/c")])
        self.assertEqual(scan.concerned([{"method": "*", "path": "*"}], set()), [])


class ChiTest(unittest.TestCase):
    """The real service in its container: its SDK, which nobody changed, obtains
    its credentials from the metadata service of its world."""

    @classmethod
    def setUpClass(cls):
        check_machine()
        cls.binaries = world.prepare(RANGE / "chi", "chi")

    def secrets_asked(self, **settings):
        with world.World(self.binaries, 1, **settings) as w:
            rows = w.metadata.json("GET", "/counters")
            self.assertTrue(scan.operations(w))
            self.assertEqual(w.service.ask("GET", "/checksum"), w.service.ask("GET", "/checksum"))
        self.assertEqual(scan.secret_paths(rows), [])
        return [(r["service"], r["path"]) for r in rows if r["secret"] and r["status"] == 200], rows

    def test_credentials_of_the_task(self):
        asked, _ = self.secrets_asked()
        self.assertEqual([s for s, _ in asked], ["ecs"])

    def test_credentials_of_the_instance(self):
        for tokens in ("optional", "required"):
            with self.subTest(tokens):
                asked, rows = self.secrets_asked(credentials="imds", http_tokens=tokens)
                self.assertEqual(asked, [("imds", "/latest/meta-data/iam/security-credentials/app-instance-role")])
                self.assertIn(("PUT", "/latest/api/token", 200), [(r["method"], r["path"], r["status"]) for r in rows])


class RunnerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        check_machine()

    def run_range(self, *arguments, mode=""):
        environment = dict(os.environ, FAKE_MODE=mode, FAKE_FETCH="/fetch3")
        return subprocess.run([RANGE / "run", "chi", "--module", PLACEHOLDER, "--plumb", FAKE, "--seed", "3", *arguments],
                              env=environment, capture_output=True, text=True, check=False)

    def expect(self, code, last, *arguments, mode="", text=""):
        r = self.run_range(*arguments, mode=mode)
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        self.assertEqual(r.stdout.splitlines()[-2], last)
        self.assertRegex(r.stdout.splitlines()[-1], r"^\d+ passed, 0 failed$" if code == 0 else r"^\d+ passed, [1-9]\d* failed$")
        self.assertIn(text, r.stdout)

    def test_perfect(self):
        self.expect(0, "range chi seed 3: recall 4/4, false alarms 0, alone 4/4")

    def test_what_is_wrong_is_noticed(self):
        for mode, code, last, text in (
            ("drop", 1, "recall 3/4, false alarms 0", "missed  fetch"),
            ("false", 1, "recall 4/4, false alarms 1", "encryption"),
            ("write", 1, "recall 4/4, false alarms 0", "changed the database"),
            ("steal", 1, "recall 4/4, false alarms 0", "asked by 'Go-http-client/1.1'"),
            ("exit3", 1, "recall 0/4, false alarms 0", "ended with 3: the target is gone"),
            ("schema", 1, "recall 0/4, false alarms 0", "not of schema"),
        ):
            with self.subTest(mode):
                self.expect(code, f"range chi seed 3: {last}", "--all-on", mode=mode, text=text)

    def test_alone_notices_what_is_wrong(self):
        self.expect(1, "range chi seed 3: false alarms 2, alone 0/2", "--alone", "--flaw", "item", "--flaw", "banner", mode="false")

    def test_unknown_flaw_and_missing_scanner(self):
        r = self.run_range("--alone", "--flaw", "nothing")
        self.assertEqual(r.returncode, 2)
        self.assertIn("there are fetch, write, banner, item", r.stderr)
        r = subprocess.run([RANGE / "run", "chi", "--plumb", "/nonexistent"], capture_output=True, text=True, check=False)
        self.assertEqual((r.returncode, r.stdout), (2, ""))
        self.assertIn("build it, or name it with --plumb", r.stderr)

    def start(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        p = subprocess.Popen([RANGE / "run", "chi", "--module", PLACEHOLDER, "--plumb", FAKE, "--seed", "3", "--all-off", "--keep",
                              "--reports", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(p.stdout.close)
        for line in p.stdout:
            if line.startswith("reports in"):
                return p, re.search(r"plumb-range-\d+-\d+-\d+", line).group()
        self.fail("the world never stood")

    def gone(self, name, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not Path(f"/run/netns/{name}").exists():
                return True
            time.sleep(0.1)
        return False

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            p, name = self.start()
            p.send_signal(number)
            self.assertEqual(p.wait(20), 130)
            self.assertTrue(self.gone(name))
            self.assertEqual(list(Path(tempfile.gettempdir()).glob(name + "-*")), [])

    def test_killed_and_swept_by_the_next(self):
        p, name = self.start()
        p.kill()
        p.wait()
        self.assertTrue(Path(f"/run/netns/{name}").exists())
        world.sweep()
        self.assertFalse(Path(f"/run/netns/{name}").exists())
        self.assertEqual(list(Path(tempfile.gettempdir()).glob(name + "-*")), [])


if __name__ == "__main__":
    unittest.main()
