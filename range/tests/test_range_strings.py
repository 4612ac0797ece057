# SPDX-License-Identifier: Apache-2.0
"""tools/check-range-strings on small trees made here."""

import importlib.machinery
import importlib.util
import io
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check-range-strings"
_loader = importlib.machinery.SourceFileLoader("check_range_strings", str(TOOL))
_spec = importlib.util.spec_from_loader("check_range_strings", _loader)
check = importlib.util.module_from_spec(_spec)
_loader.exec_module(check)

GO = '''package x
import "example.test/some/long/import/path"
// "a comment that says moonlight"
type t struct { A int `json:"moonlight_member"` }
var a = "/v3/moonlight"
var b = `{
  "tide_table": 1 }`
var c = fmt.Sprintf("the harbour %q has no berth number %d", x, y)
var d = "twelve\\x41bells"
var e = "Content-Type"
var f = "seafarers"
'''


class RangeStrings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("range/chi/x.go", GO)
        self.write("range/chi/truth.yaml", "rows:\n  - {id: lantern-without-oil, why: a lamp}\n")
        self.write("range/chi/x_test.go", 'package x\nvar z = "only in a test"\n')
        self.write("tools/range-strings.yaml", "- reason: HTTP\n  strings: [content-type]\n")
        self.write("src/a/a.c", "")
        self.write("data/d.yaml", "")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_tool(self):
        out = io.StringIO()
        with redirect_stdout(out):
            code = check.main(["--root", str(self.root)])
        return code, out.getvalue()

    def accepted(self):
        code, out = self.run_tool()
        self.assertEqual(code, 0, out)

    def refused(self, where):
        code, out = self.run_tool()
        self.assertEqual(code, 1, out)
        self.assertIn(where, out)

    def test_nothing_shared(self):
        self.write("src/a/a.c", 'static const char *x = "unrelated text"; // "/v3/moonlight"\n')
        self.accepted()

    def test_route_in_source(self):
        self.write("src/a/a.c", '\n#include "a.h"\nint f(void) { return g("/v3/moonlight"); }\n')
        self.refused("src/a/a.c:3")

    def test_route_within_another_text(self):
        self.write("src/a/a.c", 'x("GET /v3/moonlight HTTP/1.1");')
        self.refused("src/a/a.c:1")

    def test_joined_literals(self):
        self.write("src/a/a.c", 'x("/v3/" "moon"\n "light");')
        self.refused("src/a/a.c:1")

    def test_case_and_escapes_do_not_hide(self):
        self.write("src/a/a.c", 'x("/V3/MOONLIGHT");')
        self.refused("src/a/a.c")
        self.write("src/a/a.c", 'x("twelve\\101bells");')
        self.refused("src/a/a.c")

    def test_part_of_a_message(self):
        self.write("src/a/a.c", 'x("has no berth number");')
        self.refused("has no berth number")
        self.write("src/a/a.c", 'x("no berth number");')
        self.accepted()  # too short a piece of prose to be telling

    def test_key_in_a_raw_string(self):
        self.write("data/d.yaml", "- keys: ['\"tide_table\": 1 }']\n")
        self.refused("data/d.yaml:1")

    def test_truth_id(self):
        self.write("data/d.yaml", "- lantern-without-oil\n")
        self.refused("data/d.yaml:1")

    def test_entry_with_a_source(self):
        self.write("data/d.yaml", "- path: /v3/moonlight\n  source: https://docs.example.test/paths\n")
        self.accepted()
        self.write("data/d.yaml", "- path: /v3/moonlight\n  source: ''\n")
        self.refused("data/d.yaml:1")
        self.write("data/d.yaml", "- path: /v3/moonlight\n  source: range/chi\n")
        self.refused("data/d.yaml:1")

    def test_source_of_a_neighbour_or_of_the_file_does_not_count(self):
        self.write("data/d.yaml", "- a: b\n  source: https://docs.example.test/\n- path: /v3/moonlight\n")
        self.refused("data/d.yaml:3")
        self.write("data/d.yaml", "source: https://docs.example.test/\nlist:\n- path: /v3/moonlight\n")
        self.refused("data/d.yaml:3")

    def test_word_list_needs_a_source(self):
        self.write("data/words.txt", "/v3/moonlight\n")
        self.refused("data/words.txt:1")
        self.write("data/words.txt", "# source: https://docs.example.test/\n/v3/moonlight\n")
        self.accepted()

    def test_allowed_with_reason_only(self):
        self.write("src/a/a.c", 'x("Content-Type");')
        self.accepted()
        self.write("tools/range-strings.yaml", "- strings: [content-type]\n")
        with self.assertRaises(SystemExit):
            self.run_tool()

    def test_what_is_no_text_of_the_service(self):
        self.write("src/a/a.c", 'x("some/long/import/path", "moonlight_member", "only in a test", "seafarers");')
        self.accepted()


if __name__ == "__main__":
    unittest.main()
