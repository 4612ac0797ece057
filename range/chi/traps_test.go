// SPDX-License-Identifier: Apache-2.0
package main

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// trapPath is the path of a trap with its first path parameter filled in.
func (r *rig) trapPath(trap, value string) string {
	for i := range r.s.ops {
		op := &r.s.ops[i]
		if op.trap != trap {
			continue
		}
		path := strings.TrimSuffix(op.path, "*")
		if path != op.path {
			return path + value
		}
		for _, p := range op.params {
			if p.in == "path" {
				return strings.ReplaceAll(path, "{"+p.name+"}", value)
			}
			if value != "" {
				return path + "?" + url.Values{p.name: {value}}.Encode()
			}
		}
		return path
	}
	r.t.Fatalf("no operation is %s", trap)
	return ""
}

var sixteenDigits = regexp.MustCompile(`"(\d{16})"`)

func (r *rig) trap(trap, value string) answer { return r.send("GET", r.trapPath(trap, value), "") }

// traps tells for each trap whether it behaves as the table says.
func (r *rig) traps() map[string]probe {
	all := r.simpleTraps()
	maps.Copy(all, r.subtleTraps())
	return all
}

func (r *rig) simpleTraps() map[string]probe {
	return map[string]probe{
		"t-echo": func() bool { return r.trap("t-echo", "mark-4711").has("mark-4711") },
		"t-catch-all": func() bool {
			return r.trap("t-catch-all", "zz81").status == 200 && r.trap("t-catch-all", "zz82").status == 200
		},
		"t-spa": func() bool {
			a, b := r.trap("t-spa", "x/y"), r.trap("t-spa", "admin")
			return a.status == 200 && a.body == b.body
		},
		"t-error": func() bool { return r.trap("t-error", "").status == 500 },
		"t-slow": func() bool {
			t0 := time.Now()
			a := r.trap("t-slow", "")
			return a.status == 200 && time.Since(t0) >= 600*time.Millisecond
		},
		"t-constant":   func() bool { return r.trap("t-constant", "").has("49") },
		"t-calculator": func() bool { return r.trap("t-calculator", "713*419").has("298747") },
		"t-block-page": func() bool {
			bad, good := r.trap("t-block-page", "a' or 1=1"), r.trap("t-block-page", "hours")
			return bad.status == 200 && bad.has("Request blocked") && good.status == 200 && !good.has("blocked")
		},
		"t-volatile":    func() bool { return r.trap("t-volatile", "").body != r.trap("t-volatile", "").body },
		"t-example-key": func() bool { return r.trap("t-example-key", "").has("AKIAIOSFODNN7EXAMPLE") },
		"t-error-docs":  func() bool { return r.trap("t-error-docs", "").has("Requested resource not found") },
	}
}

func (r *rig) subtleTraps() map[string]probe {
	return map[string]probe{
		"t-numbers": func() bool {
			found := sixteenDigits.FindAllStringSubmatch(r.trap("t-numbers", "").body, -1)
			for _, m := range found {
				if luhnNumber(m[1][:4], m[1][4:15]) == m[1] {
					return false
				}
			}
			return len(found) == 3
		},
		"t-uuid-keys": func() bool { return r.trap("t-uuid-keys", "").has(`"key":`, `"checksum":`) },
		"t-shared":    func() bool { return r.trap("t-shared", "").body == r.trap("t-shared", "").body },
		"t-wall": func() bool {
			return burst(9, func(int) answer { return r.trap("t-wall", "") }) == 4
		},
		"t-reflected-problem": func() bool {
			a := r.trap("t-reflected-problem", "furlong-9")
			return a.status == 400 && a.has("furlong-9") && strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json")
		},
		"t-image-proxy": func() bool {
			before := r.hits.Load()
			a := r.trap("t-image-proxy", r.hook.URL+"/x")
			return a.status == 403 && a.has(r.hook.URL) && r.hits.Load() == before
		},
		"t-soft-404": func() bool {
			a, b := r.trap("t-soft-404", "none-a"), r.trap("t-soft-404", "none-b")
			return a.status == 200 && b.status == 200 && a.body != b.body
		},
		"t-cors-star": func() bool {
			h := r.trap("t-cors-star", "").header
			return h.Get("Access-Control-Allow-Origin") == "*" && h.Get("Access-Control-Allow-Credentials") == ""
		},
		"t-public-objects": func() bool {
			return r.trap("t-public-objects", "1").status == 200 && r.trap("t-public-objects", "2").status == 200
		},
		"t-get-writes": func() bool { return r.trap("t-get-writes", "1").status == 401 },
		"t-optional": func() bool {
			token := "Bearer " + r.w.issueToken(r.w.people[0].id, time.Now())
			a, b := r.trap("t-optional", ""), r.send("GET", r.trapPath("t-optional", ""), "", "Authorization", token)
			return a.status == 200 && b.status == 200 && b.has(r.w.people[0].name)
		},
		"t-403": func() bool { return r.trap("t-403", "").status == 403 },
		"t-redirect-relative": func() bool {
			return r.trap("t-redirect-relative", "/x").status == 302 && r.trap("t-redirect-relative", "//evil.test").status == 400 && r.trap("t-redirect-relative", "https://evil.test/").status == 400
		},
		"t-redirect-fixed": func() bool {
			return r.trap("t-redirect-fixed", "https://evil.test/").header.Get("Location") == r.w.base
		},
		"t-405":     func() bool { return r.send("DELETE", r.trapPath("t-405", "1"), "").status == 405 },
		"t-missing": func() bool { return r.trap("t-missing", "").status == 404 },
	}
}

func TestTrapsAreTheSameInBothTwins(t *testing.T) {
	for _, seed := range []int64{0, 6} {
		r := newRig(t, seed)
		var all []string
		table := mustTruth(t)
		for _, x := range table.Flaws {
			all = append(all, x.ID)
		}
		traps := r.traps()
		for _, on := range [][]string{nil, all} {
			r.s.flaws.set(on)
			r.s.limits.forget()
			for _, x := range table.Traps {
				if traps[x.ID] == nil {
					t.Errorf("nothing looks at %s", x.ID)
				} else if !traps[x.ID]() {
					t.Errorf("seed %d, %d flaws on: %s does not behave as described", seed, len(on), x.ID)
				}
			}
		}
	}
}

// TestExamplesWork: whoever follows the specification's examples gets a good
// answer from each operation, in every seed.
func TestExamplesWork(t *testing.T) {
	for seed := int64(0); seed <= 8; seed++ {
		r := newRig(t, seed)
		token := "Bearer " + r.w.issueToken(r.w.people[2].id, time.Now())
		for i := range r.s.ops {
			op := &r.s.ops[i]
			if op.ghost || op.hidden || op.trap == "t-error" || op.trap == "t-slow" || op.trap == "t-get-writes" || op.flaw == "rl-login" || op.method != "GET" && !op.readOnly {
				continue
			}
			a := r.call(op, "Authorization", token)
			if a.status >= 400 || a.status == http.StatusOK && (a.has(`"ok":false`) || a.has(`"error":`)) {
				t.Errorf("seed %d: %s %s answers %d %s", seed, op.method, op.path, a.status, a.body)
			}
			if op.list && op.access == public && (a.has(`"data":[]`) || a.has(`"items":[]`) || strings.TrimSpace(a.body) == "[]") {
				t.Errorf("seed %d: %s has no rows", seed, op.path)
			}
		}
	}
}
