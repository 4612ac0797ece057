# SPDX-License-Identifier: Apache-2.0
"""The small services: their files have the agreed form, seeds decide names, and
the runner's sums are right. No scan, no root."""

import json
import re
import sys
import tempfile
import types
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

RANGE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RANGE))
import compare  # noqa: E402
from rangelib import mini  # noqa: E402
from rangelib.tools import RangeError  # noqa: E402


def runner():
    loader = SourceFileLoader("mini_run", str(RANGE / "mini" / "run"))
    module = types.ModuleType(loader.name)
    module.__file__ = str(RANGE / "mini" / "run")
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Files(unittest.TestCase):
    def services(self):
        return [mini.Service.load(name, seed) for name in mini.names() for seed in (0, 77)]

    def test_there_are_ten_at_least(self):
        self.assertGreaterEqual(len(mini.names()), 10)

    def test_no_placeholder_is_left(self):
        for service in self.services():
            keys = "|".join(map(re.escape, [*service.words, *service.values]))
            if keys:
                text = json.dumps([service.about, service.flaws, service.notes, service.traps])
                self.assertIsNone(re.search(f"<({keys})>", text))
            # A word in angle brackets in a path would be a key that nobody declared.
            for row in service.flaws + service.notes + service.traps:
                self.assertNotRegex(row["path"], r"<[a-z]+>")

    def test_four_to_twelve_flaws_with_proofs(self):
        for service in self.services():
            self.assertTrue(4 <= len(service.flaws) <= 12, f"{service.name}: {len(service.flaws)}")
            self.assertTrue(service.traps)
            without = [f["id"] for f in service.flaws if "proof" not in f]
            # Some flaw may have nothing that one request could show.
            self.assertLessEqual(len(without), 1, f"{service.name}: {without}")

    def test_tables_are_read_by_the_comparer(self):
        for service in self.services():
            on = service.rows(service.switches)
            self.assertEqual(len([r for r in on if r["on"] and not r.get("optional")]), len(service.flaws))
            self.assertEqual([r for r in service.rows([]) if r["on"] and not r.get("optional")], [])
            self.assertEqual(len(compare.compare(on, {"findings": []}).missed), len(service.flaws))

    def test_notes_name_flaws_that_exist(self):
        for service in self.services():
            for note in service.notes:
                if "flaw" in note:
                    self.assertIn(note["flaw"], service.switches)

    def test_three_identities_the_last_an_administrator(self):
        for service in self.services():
            who = service.about.get("identities") or []
            if any(f["identities"] != "none" for f in service.flaws):
                self.assertEqual(len(who), 3)
                self.assertEqual(who[2]["role"], "admin")

    def test_every_category_is_somewhere(self):
        seen = {f["category"] for n in mini.names() for f in mini.Service.load(n, 0).flaws}
        self.assertEqual(seen, set(mini.CATEGORIES))

    def test_half_of_them_have_a_database(self):
        with_one = [n for n in mini.names() if mini.Service.load(n, 0).about.get("database") in ("sqlite", "postgresql")]
        self.assertGreaterEqual(len(with_one), 5)


class Seeds(unittest.TestCase):
    def test_same_seed_same_names(self):
        for name in mini.names():
            a, b = mini.Service.load(name, 5), mini.Service.load(name, 5)
            self.assertEqual((a.words, a.values, a.flaws), (b.words, b.values, b.flaws))

    def test_seeds_differ(self):
        for name in mini.names():
            seen = {json.dumps([s.words, s.values], sort_keys=True) for s in (mini.Service.load(name, n) for n in range(6))}
            self.assertGreater(len(seen), 4, name)

    def test_kinds_of_values(self):
        rng = __import__("random").Random(1)
        self.assertRegex(mini._value("hex8", rng), "^[0-9a-f]{8}$")
        self.assertRegex(mini._value("token5", rng), "^[A-Za-z0-9]{5}$")
        self.assertRegex(mini._value("uuid", rng), "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]")
        self.assertTrue(3 <= int(mini._value("int3-5", rng)) <= 5)
        self.assertEqual(mini._value("text:x y", rng), "x y")
        with self.assertRaises(RangeError):
            mini._value("float", rng)

    def test_only_known_keys_are_filled(self):
        self.assertEqual(mini._filled({"<a>": ["/<a>/<b>", 3]}, {"a": "x"}), {"x": ["/x/<b>", 3]})


class Sums(unittest.TestCase):
    def test_found_means_at_every_level(self):
        s = runner().Sums()
        s.rows = {"a": ("ssrf", True), "b": ("ssrf", False)}
        s.levels = {"on-none": (1, 2)}
        self.assertEqual(s.found, 1)
        self.assertFalse(s.perfect)

    def test_a_false_alarm_is_not_perfect(self):
        s = runner().Sums()
        s.rows = {"a": ("ssrf", True)}
        s.levels = {"on-none": (1, 1)}
        self.assertTrue(s.perfect)
        s.false["ssrf"] += 1
        self.assertFalse(s.perfect)

    def test_copy_keeps_the_time_of_what_is_the_same(self):
        with tempfile.TemporaryDirectory() as place:
            source, target = Path(place, "s"), Path(place, "t")
            (source / "d").mkdir(parents=True)
            (source / "d" / "f").write_text("1", encoding="ascii")
            mini._copy([source / "d" / "f"], source, target)
            before = (target / "d" / "f").stat().st_mtime_ns
            mini._copy([source / "d" / "f"], source, target)
            self.assertEqual((target / "d" / "f").stat().st_mtime_ns, before)
            (source / "d" / "f").write_text("2", encoding="ascii")
            mini._copy([source / "d" / "f"], source, target)
            self.assertEqual((target / "d" / "f").read_text(encoding="ascii"), "2")


if __name__ == "__main__":
    unittest.main()
