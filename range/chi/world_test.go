// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const testSelf = "127.0.0.1:8080"

var categories = []string{"authentication", "bolaAuthorization", "bflaAuthorization", "propertyAuthorization", "inputValidation", "rateLimiting",
	"dataExposure", "encryption", "ssrf", "inventoryManagement", "unsafeConsumption", "llmSecurity"}

func mustTruth(t *testing.T) *truth {
	t.Helper()
	table, err := loadTruth(truthFile)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// surface is everything of a seed that callers can see, as text.
func surface(w *world) string {
	s := &server{world: w, ops: w.operations(), flaws: &switches{}}
	spec, err := json.Marshal(s.spec())
	if err != nil {
		return err.Error()
	}
	return string(spec) + fmt.Sprint(w.catalogueItems(), w.recordItems(), w.eventItems())
}

func TestSeedDecidesEverything(t *testing.T) {
	seen := map[string]int64{}
	for seed := int64(0); seed <= 20; seed++ {
		one, two := surface(newWorld(seed, testSelf)), surface(newWorld(seed, testSelf))
		if one != two {
			t.Errorf("seed %d gives two different surfaces", seed)
		}
		if other, dup := seen[one]; dup {
			t.Errorf("seeds %d and %d give the same surface", seed, other)
		}
		seen[one] = seed
	}
}

func TestShuffleReachesEveryChoice(t *testing.T) {
	got := map[string]map[string]bool{}
	note := func(kind string, v any) {
		if got[kind] == nil {
			got[kind] = map[string]bool{}
		}
		got[kind][fmt.Sprint(v)] = true
	}
	for seed := int64(0); seed < 60; seed++ {
		w := newWorld(seed, testSelf)
		note("brand", w.v.brand)
		note("envelope", w.envelope)
		note("shape", w.shape)
		note("camel", w.camel)
		note("forbidden", w.forbidden)
		note("missing", w.missing)
		note("openapi", w.openapi)
		note("errors", w.errors)
		note("carrier of au-open-item", w.priv[1])
	}
	want := map[string]int{"brand": 6, "envelope": 3, "shape": 4, "camel": 2, "forbidden": 2, "missing": 2, "openapi": 2, "errors": 3, "carrier of au-open-item": 20}
	for kind, n := range want {
		if len(got[kind]) < n {
			t.Errorf("%s takes %d values in 60 seeds, expected at least %d", kind, len(got[kind]), n)
		}
	}
}

func TestNoTwoOperationsShareARoute(t *testing.T) {
	for seed := int64(0); seed < 300; seed++ {
		w := newWorld(seed, testSelf)
		seen := map[string]string{}
		for _, op := range w.operations() {
			route := op.method + " " + op.path
			if other, dup := seen[route]; dup {
				t.Errorf("seed %d (%s): %s is both %q and %q", seed, w.v.brand, route, other, op.flaw+op.trap+op.summary)
			}
			seen[route] = op.flaw + op.trap + op.summary
			names := map[string]bool{}
			for _, p := range op.params {
				if names[p.in+p.name] {
					t.Errorf("seed %d: %s has two parameters %s", seed, route, p.name)
				}
				names[p.in+p.name] = true
				if p.in == "path" && !strings.Contains(op.path, "{"+p.name+"}") {
					t.Errorf("seed %d: %s lacks its parameter %s", seed, route, p.name)
				}
			}
		}
	}
}

func TestTruthFileIsSeedZero(t *testing.T) {
	table := mustTruth(t)
	w := newWorld(0, testSelf)
	now := w.truthOf(table, w.operations())
	for _, pair := range [][2][]row{{table.Flaws, now.Flaws}, {table.Notes, now.Notes}, {table.Traps, now.Traps}} {
		for i := range pair[0] {
			if !reflect.DeepEqual(pair[0][i], pair[1][i]) {
				t.Errorf("truth.yaml says\n%+v\nand the service\n%+v", pair[0][i], pair[1][i])
			}
		}
	}
}

func TestTruthIsWellFormed(t *testing.T) {
	table := mustTruth(t)
	if len(table.Flaws) < 44 || len(table.Traps) < 16 {
		t.Errorf("%d flaws and %d traps", len(table.Flaws), len(table.Traps))
	}
	ids := map[string]bool{}
	for _, r := range slices.Concat(table.Flaws, table.Notes) {
		if ids[r.ID] {
			t.Errorf("%s stands there twice", r.ID)
		}
		ids[r.ID] = true
		if !slices.Contains(categories, r.Category) {
			t.Errorf("%s: category %q", r.ID, r.Category)
		}
		for _, e := range r.Effects {
			if !slices.Contains(categories, e) || e == r.Category {
				t.Errorf("%s: effect %q", r.ID, e)
			}
		}
		if !slices.Contains([]string{"critical", "high", "medium", "low", "info"}, r.Severity) || len(r.Why) < 20 {
			t.Errorf("%s: severity %q, why %q", r.ID, r.Severity, r.Why)
		}
	}
	for _, r := range table.Flaws {
		if !slices.Contains([]string{"passive", "safe", "active"}, r.Mode) {
			t.Errorf("%s: mode %q", r.ID, r.Mode)
		}
	}
}

func TestTruthFollowsTheSeed(t *testing.T) {
	table := mustTruth(t)
	for seed := int64(0); seed <= 20; seed++ {
		w := newWorld(seed, testSelf)
		ops := w.operations()
		now := w.truthOf(table, ops)
		for _, r := range slices.Concat(now.Flaws, now.Traps) {
			checkPlace(t, seed, ops, r)
		}
		for _, op := range ops {
			carried := func(rows []row, id string) bool {
				return id == "" || slices.ContainsFunc(rows, func(r row) bool { return r.ID == id })
			}
			if !carried(now.Flaws, op.flaw) || !carried(now.Traps, op.trap) && op.trap != "t-planned" {
				t.Errorf("seed %d: %s carries %q %q, which the truth does not know", seed, op.path, op.flaw, op.trap)
			}
		}
	}
}

func checkPlace(t *testing.T, seed int64, ops []operation, r row) {
	t.Helper()
	if r.Path == "*" {
		return
	}
	at := slices.IndexFunc(ops, func(op operation) bool {
		return op.method == r.Method && wildcard.ReplaceAllString(op.path, "/{path}") == r.Path
	})
	if at < 0 {
		t.Errorf("seed %d: %s is at %s %s, where nothing is", seed, r.ID, r.Method, r.Path)
		return
	}
	if ops[at].flaw != r.ID && ops[at].trap != r.ID {
		t.Errorf("seed %d: %s is at %s, which carries %q %q", seed, r.ID, r.Path, ops[at].flaw, ops[at].trap)
	}
	if r.Parameter != nil && !slices.ContainsFunc(ops[at].params, func(p param) bool { return p.in == r.Parameter.In && p.name == r.Parameter.Name }) {
		t.Errorf("seed %d: %s has no parameter %v", seed, r.ID, *r.Parameter)
	}
}

func TestRequiredParametersHaveExamples(t *testing.T) {
	for seed := int64(0); seed <= 20; seed++ {
		for _, op := range newWorld(seed, testSelf).operations() {
			for _, p := range op.params {
				if p.required && (p.example == nil || p.example == "") {
					t.Errorf("seed %d: %s %s: %s has no example", seed, op.method, op.path, p.name)
				}
			}
		}
	}
}

func TestNumbersHaveTheirChecksums(t *testing.T) {
	for _, p := range newWorld(3, testSelf).people {
		if len(p.card) != 16 || luhnNumber(p.card[:4], p.card[4:15]) != p.card {
			t.Errorf("card %s", p.card)
		}
		if germanIBAN(p.iban[4:]) != p.iban || len(p.iban) != 22 {
			t.Errorf("IBAN %s", p.iban)
		}
	}
	// an independent, published example of each
	if luhnNumber("4111", "11111111111") != "4111111111111111" || germanIBAN("370400440532013000") != "DE89370400440532013000" {
		t.Error("checksums are computed wrongly")
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(0, testSelf)
	now := timeOf(1_800_000_000)
	good := "Bearer " + w.issueToken(w.people[1].id, now)
	if p := w.whose(good, now); p == nil || p.login != w.people[1].login {
		t.Fatalf("a good token gives %v", p)
	}
	for name, bad := range map[string]string{"none": "", "no scheme": good[7:], "cut": good[:len(good)-1], "changed": strings.Replace(good, "pt1.", "pt2.", 1),
		"short": "Bearer .", "words": "Bearer anything", "other seed": "Bearer " + newWorld(1, testSelf).issueToken(w.people[1].id, now)} {
		if w.whose(bad, now) != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if w.whose(good, now.Add(tokenLife*2)) != nil {
		t.Error("an expired token is accepted")
	}
}

func TestLocalPath(t *testing.T) {
	for target, want := range map[string]bool{"/a/b?c=d": true, "/": true, "//host": false, "/\\host": false, "https://host/": false, "host": false,
		"/\t/host": false, "///host": false, "javascript:alert(1)": false, "": false, "/%2f/host": false, "/a%20b": true} {
		if got := target != "" && localPath(target); got != want {
			t.Errorf("%q: %v", target, got)
		}
	}
}

func TestAddressRule(t *testing.T) {
	f := newFetcher(testSelf)
	for raw, want := range map[string]bool{"http://127.0.0.1:8080/static/sample.txt": true, "http://127.0.0.1:8080/static/../v2/me": false,
		"http://127.0.0.1:8080@169.254.169.254/static/": false, "http://169.254.169.254/static/": false, "https://127.0.0.1:8080/static/a": false,
		"http://127.0.0.1:8080.evil.test/static/": false, "http://u@127.0.0.1:8080/static/a": false, "file:///static/a": false, "": false,
		"http://127.0.0.1:8080/static/%2e%2e/v2/me": false} {
		if got := f.allowed(raw); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}
