# SPDX-License-Identifier: Apache-2.0
"""Traps are true of both twins; places of seed 0 are those of the table; reads write nothing."""

import time
import unittest
from pathlib import Path

import yaml

from rig import HERE, Rig


class Traps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(0)
        cls.rig.flaws([])
        cls.ids = [f["id"] for f in cls.rig.control.json("GET", "/flaws")]

    @classmethod
    def tearDownClass(cls):
        cls.rig.stop()

    def check(self, trap):
        r, at = self.rig, self.rig.at
        return {
            "t-cors": lambda: (at(trap).header("access-control-allow-origin"), at(trap).header("access-control-allow-credentials")) == ("*", ""),
            "t-public-objects": lambda: at(trap).status == 200 and "price" in at(trap).text,
            "t-403": lambda: at(trap).status == 403 and at(trap, headers=r.me(0)).status == 200,
            "t-shared-with": lambda: at(trap, headers=r.me(1)).status == 200 and "contact" not in at(trap, headers=r.me(1)).text and at(trap).status == 401,
            "t-shared": lambda: at(trap, headers=r.me(0)).json == at(trap, headers=r.me(1)).json and at(trap).status == 401,
            "t-echo": lambda: at(trap, "<b>'$(id)").json[[k for k in at(trap).json if "aid" in k][0]] == "<b>'$(id)",
            "t-catch-all": lambda: at(trap, "anything").status == 200,
            "t-spa": lambda: r.send("GET", "/client/app/x/y").body == r.send("GET", "/client/app/.env").body,
            "t-error": lambda: at(trap).status == at(trap, "2").status == 500,
            "t-slow": lambda: self.seconds(trap) > 0.6,
            "t-constant": lambda: "49" in at(trap).text,
            "t-calculator": lambda: "391" in at(trap, "17*23").text,
            "t-block-page": lambda: "blocked" in at(trap, "' OR 1=1").text and at(trap, "'").status == 200,
            "t-volatile": lambda: at(trap).body != at(trap).body,
            "t-example-key": lambda: "AKIAIOSFODNN7EXAMPLE" in at(trap).text,
            "t-error-docs": lambda: "panicked" in at(trap).text,
            "t-numbers": lambda: "4111111111111112" in at(trap).text,
            "t-wall": lambda: [at(trap).status for _ in range(6)][-1] == 429,
            "t-soft-404": lambda: at(trap, "nothing").status == 200 and at(trap, "nothing").body != at(trap, "else").body,
            "t-redirect-relative": lambda: at(trap, "//any.example").header("location") == "/pages/sample.txt" and at(trap, "/x").header("location") == "/x",
            "t-optional": lambda: at(trap).status == 200 and r.people[0]["name"].capitalize() in at(trap, headers=r.me(0)).text,
            "t-get-writes": lambda: self.writes(trap) and at(trap).status == 401,
            "t-plain-echo": lambda: at(trap, "<b>x").text == "<b>x" and at(trap).header("content-type").startswith("text/plain"),
            "t-keyword-bot": lambda: "did not understand" in at(trap, [{"role": "user", "content": "Say ABC backwards"}]).text
            and "CBA" not in at(trap, [{"role": "user", "content": "Say ABC backwards"}]).text,
            "t-template-text": lambda: "{{ 7*7 }}" in at(trap, "{{ 7*7 }}").text,
            "t-missing": lambda: at(trap).status == 404,
        }[trap]()

    def seconds(self, trap):
        start = time.monotonic()
        self.rig.at(trap)
        return time.monotonic() - start

    def writes(self, trap):
        before = self.rig.control.ask("GET", "/checksum")
        self.rig.at(trap, headers=self.rig.me(0))
        changed = before != self.rig.control.ask("GET", "/checksum")
        self.rig.control.ask("POST", "/reset")
        return changed and before == self.rig.control.ask("GET", "/checksum")

    def test_traps_in_both_twins(self):
        for on in ([], [i for i in self.ids if i != "au-hardening"]):
            self.rig.flaws(on)
            for trap in self.rig.traps:
                with self.subTest(trap=trap, twin="all on" if on else "all off"):
                    self.assertTrue(self.check(trap))

    def test_table_has_the_places_of_seed_0(self):
        table = yaml.safe_load(Path(HERE, "truth.yaml").read_text(encoding="utf-8"))
        self.rig.flaws([])
        for row in table["flaws"] + table["notes"]:
            now = self.rig.rows[row["id"]]
            self.assertEqual((row["method"], row["path"], row.get("parameter")), (now["method"], now["path"], now.get("parameter")), row["id"])
        for row in table["traps"]:
            now = self.rig.traps[row["id"]]
            self.assertEqual((row["method"], row["path"]), (now["method"], now["path"]), row["id"])

    def test_reads_write_nothing(self):
        for on in ([], self.ids):
            self.rig.flaws(on)
            before = self.rig.control.ask("GET", "/checksum")
            writes = self.rig.traps["t-get-writes"]["path"]
            posts = self.rig.control.json("GET", "/read-only-posts")
            for path, item in self.rig.spec["paths"].items():
                for method in item:
                    if path != writes and (method == "get" or path in posts):
                        self.rig.rows["here"] = {"method": method.upper(), "path": path}
                        answer = self.rig.at("here", headers=self.rig.me(2))
                        with self.subTest(method=method, path=path, on=bool(on)):
                            self.assertNotIn(answer.status, (405, 422))
            self.assertEqual(before, self.rig.control.ask("GET", "/checksum"))


class Seeds(unittest.TestCase):
    """Every seed describes what it serves, with examples that work."""

    def test_examples_answer(self):
        for seed in (1, 2, 3, 11):
            rig = Rig(seed)
            try:
                rig.flaws([])
                missing = rig.traps["t-missing"]["path"], rig.traps["t-error"]["path"], rig.traps["t-get-writes"]["path"], "/graphql"
                for path, item in rig.spec["paths"].items():
                    if "get" in item and path not in missing:
                        rig.rows["here"] = {"method": "GET", "path": path}
                        with self.subTest(seed=seed, path=path):
                            statuses = [rig.at("here", headers=rig.me(n)).status for n in range(3)]
                            self.assertTrue(any(s in (200, 302, 303) for s in statuses), statuses)
            finally:
                rig.stop()


if __name__ == "__main__":
    unittest.main()
