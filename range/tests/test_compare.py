# SPDX-License-Identifier: Apache-2.0
"""The comparer on reports that are made up here: it must notice each way in
which a report can be wrong, and accept each way in which it may be written."""

import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import compare  # noqa: E402

TRUTH = [
    {"id": "table", "category": "inputValidation", "effects": ["dataExposure"], "method": "GET", "path": "/rows/{kind}",
     "parameter": {"in": "query", "name": "table"}, "severity": "high", "mode": "safe", "why": "", "on": True},
    {"id": "owner", "category": "bolaAuthorization", "effects": [], "method": "GET", "path": "/files/{id}",
     "parameter": {"in": "path", "name": "id"}, "severity": "high", "mode": "safe", "why": "", "on": True},
    {"id": "banner", "category": "inventoryManagement", "effects": [], "method": "*", "path": "*",
     "severity": "low", "mode": "passive", "why": "", "on": True},
    {"id": "asleep", "category": "ssrf", "effects": [], "method": "GET", "path": "/fetch",
     "parameter": {"in": "query", "name": "url"}, "severity": "critical", "mode": "safe", "why": "", "on": False},
]


def finding(category, method, path, parameter=None, severity="high", confidence="confirmed", **more):
    f = {"id": "f", "check": "c", "category": category, "severity": severity, "confidence": confidence,
         "title": f"{category} on {path}", "reason": "r", "kind": "http",
         "evidence": [{"role": "probe", "request": "q", "response": "a\x1b[31mb", "note": "seen"}]}
    if method:
        f["method"] = method
    if path:
        f["path"] = path
    if parameter:
        f["parameter"] = {"in": parameter[0], "name": parameter[1]}
    f.update(more)
    return f


def perfect():
    return {"findings": [
        finding("inputValidation", "GET", "/rows/{k}", ("query", "table")),
        finding("bolaAuthorization", "GET", "/files/{fileId}", ("path", "fileId"), confidence="firm"),
        finding("inventoryManagement", "", "", severity="low"),
    ]}


class Compare(unittest.TestCase):
    def setUp(self):
        self.report = perfect()
        self.truth = copy.deepcopy(TRUTH)

    def result(self):
        return compare.compare(self.truth, self.report)

    def wrong(self, missed, false_alarms, info=0):
        r = self.result()
        self.assertFalse(r.perfect)
        self.assertEqual([row.id for row, _ in r.missed], missed)
        self.assertEqual(len(r.false_alarms), false_alarms, compare.lines(r))
        self.assertEqual(len(r.info_alarms), info)
        self.assertTrue(compare.lines(r))
        return r

    def right(self):
        r = self.result()
        self.assertEqual(compare.lines(r), [])
        self.assertTrue(r.perfect)
        return r

    # --- what must be accepted

    def test_perfect(self):
        self.assertEqual(len(self.right().found), 3)

    def test_severity_one_step_off(self):
        self.report["findings"][0]["severity"] = "medium"
        self.right()

    def test_trailing_slash_and_query_do_not_matter(self):
        self.report["findings"][0]["path"] = "/rows/{kind}/?table=x"
        self.right()

    def test_truth_category_among_the_effects_of_the_finding(self):
        self.report["findings"][1].update(category="authentication", effects=[{"category": "bolaAuthorization"}])
        self.right()

    def test_category_of_the_finding_among_the_effects_of_the_truth(self):
        self.report["findings"][0]["category"] = "dataExposure"
        self.right()

    def test_effect_with_a_place_of_its_own(self):
        self.truth[1]["category"] = "dataExposure"
        self.report["findings"][0]["effects"] = [
            {"category": "dataExposure", "method": "GET", "path": "/files/{x}", "parameter": {"in": "path", "name": "x"}}]
        del self.report["findings"][1]
        self.right()

    def test_occurrences_explain_several_rows(self):
        self.truth[1]["category"] = "inputValidation"
        del self.report["findings"][1]
        self.report["findings"][0]["occurrences"] = [
            {"method": "GET", "path": "/rows/{kind}", "parameter": {"in": "query", "name": "table"}, "fingerprint": "1"},
            {"method": "GET", "path": "/files/{id}", "parameter": {"in": "path", "name": "id"}, "fingerprint": "2"}]
        self.right()

    def test_group_finding_with_occurrences_only(self):
        f = self.report["findings"][0]
        f["occurrences"] = [{"method": f.pop("method"), "path": f.pop("path"), "parameter": f.pop("parameter")}]
        self.right()

    def test_host_wide_row_takes_a_finding_with_places(self):
        self.report["findings"][2].update(method="GET", path="/a", occurrences=[
            {"method": "GET", "path": "/a"}, {"method": "GET", "path": "/b"}])
        self.right()

    def test_row_without_parameter_takes_any(self):
        del self.truth[0]["parameter"]
        self.right()

    def test_header_case_and_body_notation(self):
        self.truth[0]["parameter"] = {"in": "header", "name": "X-Table"}
        self.report["findings"][0]["parameter"] = {"in": "header", "name": "x-table"}
        self.right()
        self.truth[0]["parameter"] = {"in": "body", "name": "filter.table"}
        self.report["findings"][0]["parameter"] = {"in": "body", "name": "/filter/table"}
        self.right()

    def test_all_off_and_nothing_found(self):
        for row in self.truth:
            row["on"] = False
        self.report["findings"] = []
        self.right()

    def test_explained_info(self):
        self.truth[2]["severity"] = "info"
        self.report["findings"][2]["severity"] = "info"
        self.right()

    def test_row_that_is_not_wanted_only_explains(self):
        r = compare.compare(self.truth, self.report, lambda row: row["id"] == "table")
        self.assertTrue(r.perfect)
        self.assertEqual((len(r.rows), len(r.found)), (1, 1))
        self.report["findings"] = self.report["findings"][:1]
        self.assertTrue(compare.compare(self.truth, self.report, lambda row: row["id"] == "table").perfect)

    def test_row_with_several_places(self):
        self.truth[1]["also"] = [{"method": "HEAD", "path": "/files/{id}"}]
        self.right()
        self.report["findings"][1]["method"] = "HEAD"
        self.right()
        self.report["findings"][1]["occurrences"] = [
            {"method": "HEAD", "path": "/files/{id}"}, {"method": "GET", "path": "/files/{id}"}]
        self.right()

    def test_optional_row_explains_and_need_not_be_found(self):
        note = {"id": "note", "category": "inventoryManagement", "method": "GET", "path": "/gone", "severity": "low",
                "optional": True, "on": True}
        self.truth.append(note)
        self.assertEqual(len(self.right().rows), 3)
        gone = finding("inventoryManagement", "GET", "/gone", severity="info", confidence="tentative")
        self.report["findings"].append(gone)
        self.assertEqual(len(self.right().found), 3)
        gone.update(severity="high", confidence="firm")
        self.wrong([], 1)

    # --- what must be noticed

    def test_dropped_finding(self):
        for index, row in enumerate(["table", "owner", "banner"]):
            self.report = perfect()
            del self.report["findings"][index]
            self.wrong([row], 0)

    def test_moved_path(self):
        self.report["findings"][1]["path"] = "/files/{id}/meta"
        self.wrong(["owner"], 1)

    def test_concrete_path_is_not_the_template(self):
        self.report["findings"][1]["path"] = "/files/17"
        self.wrong(["owner"], 1)

    def test_other_method(self):
        self.report["findings"][1]["method"] = "POST"
        self.wrong(["owner"], 1)

    def test_wrong_category(self):
        self.report["findings"][1]["category"] = "encryption"
        self.wrong(["owner"], 1)

    def test_wrong_parameter(self):
        self.report["findings"][0]["parameter"] = {"in": "query", "name": "sort"}
        self.wrong(["table"], 1)

    def test_wrong_place_of_parameter(self):
        self.report["findings"][0]["parameter"] = {"in": "header", "name": "table"}
        self.wrong(["table"], 1)

    def test_missing_parameter(self):
        del self.report["findings"][0]["parameter"]
        self.wrong(["table"], 1)

    def test_severity_two_steps_off(self):
        self.report["findings"][0]["severity"] = "low"
        self.wrong(["table"], 0)

    def test_only_tentative(self):
        self.report["findings"][0]["confidence"] = "tentative"
        r = self.wrong(["table"], 0)
        self.assertEqual(r.missed[0][1], "only tentative")

    def test_added_tentative_finding(self):
        self.report["findings"].append(finding("ssrf", "GET", "/fetch", ("query", "url"), confidence="tentative"))
        self.wrong([], 1)

    def test_finding_of_a_row_that_is_off(self):
        self.report["findings"].append(finding("ssrf", "GET", "/fetch", ("query", "url"), "critical"))
        self.wrong([], 1)

    def test_row_found_twice(self):
        self.report["findings"].append(finding("inputValidation", "GET", "/rows/{kind}", ("query", "table")))
        r = self.wrong([], 1)
        self.assertIn("again: table", r.false_alarms[0].reason)

    def test_host_wide_row_found_twice(self):
        self.report["findings"].append(finding("inventoryManagement", "GET", "/x", severity="low"))
        self.wrong([], 1)

    def test_one_claim_does_not_explain_two_rows(self):
        self.truth.append(dict(self.truth[0], id="second"))
        self.wrong(["second"], 0)

    def test_wrong_occurrence_of_a_right_finding(self):
        self.report["findings"][0]["occurrences"] = [
            {"method": "GET", "path": "/rows/{kind}", "parameter": {"in": "query", "name": "table"}},
            {"method": "GET", "path": "/other", "parameter": {"in": "query", "name": "table"}}]
        r = self.wrong([], 1)
        self.assertEqual([str(p) for p in r.false_alarms[0].places], ["GET /other (query table)"])

    def test_unexplained_info_is_counted_apart(self):
        self.report["findings"].append(finding("rateLimiting", "GET", "/a", severity="info"))
        self.wrong([], 0, 1)

    def test_place_before_host_wide(self):
        # The finding with a place could explain both rows; it must go to the one only it can explain.
        self.truth[0]["category"] = "inventoryManagement"
        self.truth[0]["severity"] = "low"
        self.report["findings"][0].update(category="inventoryManagement", severity="low")
        self.right()

    def test_evidence_is_printed_without_control_characters(self):
        self.report["findings"].append(finding("ssrf", "GET", "/x"))
        text = "\n".join(compare.lines(self.result()))
        self.assertNotIn("\x1b", text)
        self.assertIn("seen a?[31mb", text)

    def test_malformed_input_is_refused(self):
        for breakage in ({"severity": "terrible"}, {"confidence": "sure"}):
            self.report = perfect()
            self.report["findings"][0].update(breakage)
            with self.assertRaises(compare.TruthError):
                self.result()
        self.report = perfect()
        del self.truth[0]["category"]
        with self.assertRaises(compare.TruthError):
            self.result()


if __name__ == "__main__":
    unittest.main()
