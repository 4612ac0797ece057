// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func timeOf(unix int64) time.Time { return time.Unix(unix, 0) }

// rig is a running service of one seed.
type rig struct {
	t    *testing.T
	s    *server
	w    *world
	base string
	hits atomic.Int64 // calls that our own listener got
	hook *httptest.Server
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) has(parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			return false
		}
	}
	return true
}

// newRig needs a DynamoDB Local; without one the test is skipped, by name.
func newRig(t *testing.T, seed int64) *rig {
	t.Helper()
	endpoint := os.Getenv("RANGE_DYNAMODB")
	if endpoint == "" {
		t.Skip("RANGE_DYNAMODB is not set: needs the URL of a DynamoDB Local")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "local"+fmt.Sprint(seed))
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(seed, l.Addr().String())
	st, err := openStore(context.Background(), w, "eu-central-1", endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, w: w, s: newServer(w, st), base: "http://" + l.Addr().String()}
	hs := &http.Server{Handler: r.s.handler()}
	go hs.Serve(l)
	t.Cleanup(func() { hs.Close() })
	r.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.hits.Add(1)
		if q.URL.Path == "/redirect" {
			http.Redirect(w, q, "http://169.254.1.1:1/", http.StatusFound)
			return
		}
		fmt.Fprint(w, "canary-text-9713")
	}))
	t.Cleanup(r.hook.Close)
	return r
}

func (r *rig) send(method, target string, body string, headers ...string) answer {
	r.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = r.base + target
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	io.Copy(&b, io.LimitReader(res.Body, 4<<20))
	return answer{res.StatusCode, res.Header, b.String()}
}

// op is the operation that carries a flaw.
func (r *rig) op(flaw string) *operation {
	for i := range r.s.ops {
		if r.s.ops[i].flaw == flaw {
			return &r.s.ops[i]
		}
	}
	r.t.Fatalf("no operation carries %s", flaw)
	return nil
}

// with calls the operation of a flaw, its first parameter set to value and the
// others to their examples; "" leaves the example.
func (r *rig) with(flaw, value string, headers ...string) answer {
	return r.ask(r.op(flaw), value, headers...)
}

// call uses the examples for all parameters.
func (r *rig) call(op *operation, headers ...string) answer { return r.ask(op, "", headers...) }

func (r *rig) ask(op *operation, value string, headers ...string) answer {
	path, query, body := op.path, url.Values{}, map[string]any{}
	for i, p := range op.params {
		v := fmt.Sprint(p.example)
		if i == 0 && value != "" {
			v = value
		}
		switch p.in {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.name+"}", url.PathEscape(v))
		case "query":
			if v != "" {
				query.Set(p.name, v)
			}
		case "header":
			headers = append(headers, p.name, v)
		case "body":
			body[p.name] = v
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	text := ""
	if len(body) > 0 {
		raw, _ := json.Marshal(body)
		text = string(raw)
	}
	return r.send(op.method, path, text, headers...)
}

func (r *rig) reached(call func()) bool {
	before := r.hits.Load()
	call()
	for range 40 {
		if r.hits.Load() > before {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// burst counts the answers of n equal calls that are not 429.
func burst(n int, call func(i int) answer) int {
	passed := 0
	for i := range n {
		if call(i).status != http.StatusTooManyRequests {
			passed++
		}
	}
	return passed
}

type probe = func() bool

// probes tells for each flaw whether it shows. They look at the service as a
// stranger does, and at its world only for names and known values.
func (r *rig) probes() map[string]probe {
	all := map[string]probe{}
	for _, group := range []map[string]probe{r.inputProbes(), r.fetchProbes(), r.accessProbes(), r.exposureProbes(), r.serviceProbes()} {
		maps.Copy(all, group)
	}
	return all
}

func (r *rig) anonymous(flaw string) probe {
	return func() bool { a := r.with(flaw, ""); return a.status == 200 && len(a.body) > 60 }
}

// variant: another spelling of the path answers where the plain one refuses.
func (r *rig) variant(flaw string, change func(string) string) probe {
	return func() bool {
		a := r.send("GET", change(r.op(flaw).path), "")
		return a.status == 200 && a.has("@"+r.w.mailHost) && r.with(flaw, "").status == 401
	}
}

func (r *rig) foreignTable(flaw string) probe {
	return func() bool {
		bad := r.with(flaw, "no-such-table-here")
		return r.with(flaw, r.w.tables.accounts).has(r.w.people[0].mail) && bad.has("ResourceNotFoundException")
	}
}

// truthPair: a true condition changes nothing, a false one does.
func (r *rig) truthPair(flaw, yes, no string) probe {
	return func() bool {
		base, a, b := r.with(flaw, ""), r.with(flaw, yes), r.with(flaw, no)
		return base.status == 200 && a.body == base.body && b.status == 200 && b.body != base.body
	}
}

func (r *rig) origin(flaw, value string) probe {
	return func() bool {
		a := r.with(flaw, "", "Origin", value)
		return a.header.Get("Access-Control-Allow-Origin") == value && a.header.Get("Access-Control-Allow-Credentials") == "true"
	}
}

func (r *rig) fetch(flaw, prefix string) probe {
	return func() bool {
		return r.with(flaw, prefix+r.hook.Listener.Addr().String()+"/x").has("canary-text-9713")
	}
}

func (r *rig) blind(flaw string) probe {
	return func() bool { return r.reached(func() { r.with(flaw, r.hook.URL+"/x") }) }
}

func (r *rig) shows(flaw string, parts ...string) probe {
	return func() bool { a := r.with(flaw, ""); return a.status == 200 && a.has(parts...) }
}

func (r *rig) cookie(flaw string, weak func(string) bool) probe {
	return func() bool { return weak(r.with(flaw, "").header.Get("Set-Cookie")) }
}

func (r *rig) inputProbes() map[string]probe {
	w := r.w
	return map[string]probe{
		"iv-table-query": r.foreignTable("iv-table-query"), "iv-table-path": r.foreignTable("iv-table-path"),
		"iv-table-header": r.foreignTable("iv-table-header"), "iv-table-body": r.foreignTable("iv-table-body"),
		"iv-filter-field":    r.truthPair("iv-filter-field", "attribute_not_exists(zz) AND maker", "attribute_exists(zz) AND maker"),
		"iv-filter-function": r.truthPair("iv-filter-function", "edition) AND attribute_not_exists(zz", "edition) AND attribute_exists(zz"),
		"iv-keycondition":    func() bool { return r.with("iv-keycondition", "zq9 '").has("ValidationException") },
		"iv-partiql-text": func() bool {
			m := w.v.makers[2]
			return r.truthPair("iv-partiql-text", m+"' AND zz IS MISSING AND maker = '"+m, m+"' AND zz IS NOT MISSING AND maker = '"+m)() &&
				r.with("iv-partiql-text", m+"'").has("ValidationException")
		},
		"iv-partiql-number": r.truthPair("iv-partiql-number", "1994 AND zz IS MISSING", "1994 AND zz IS NOT MISSING"),
		"iv-projection":     func() bool { return r.with("iv-projection", "internal_cost").has(w.keyStyle("internal_cost")) },
		"cors-reflect":      r.origin("cors-reflect", "https://evil.test"), "cors-null": r.origin("cors-null", "null"),
		"cors-prefix": r.origin("cors-prefix", w.frontEnd()+".evil.test"), "cors-suffix": r.origin("cors-suffix", "https://evil"+w.v.brand+".example"),
	}
}

func (r *rig) fetchProbes() map[string]probe {
	return map[string]probe{
		"ssrf-query": r.fetch("ssrf-query", "http://"), "ssrf-body": r.fetch("ssrf-body", "http://"), "ssrf-host": r.fetch("ssrf-host", ""),
		"ssrf-blind-query": r.blind("ssrf-blind-query"), "ssrf-blind-body": r.blind("ssrf-blind-body"),
		"ssrf-redirect": func() bool {
			direct := r.with("ssrf-redirect", "http://169.254.1.1:1/")
			followed := r.with("ssrf-redirect", r.hook.URL+"/redirect")
			return direct.status == 400 && followed.status != 400 && r.fetch("ssrf-redirect", "http://")()
		},
		"ssrf-denylist": func() bool {
			plain, mapped := r.with("ssrf-denylist", "http://169.254.169.254:1/"), r.with("ssrf-denylist", "http://[::ffff:169.254.169.254]:1/")
			return plain.status == 400 && mapped.status != 400 && r.fetch("ssrf-denylist", "http://")()
		},
		"ssrf-sdk-endpoint": r.blind("ssrf-sdk-endpoint"),
	}
}

func (r *rig) accessProbes() map[string]probe {
	w := r.w
	return map[string]probe{
		"au-open-item": r.anonymous("au-open-item"), "au-open-list": r.anonymous("au-open-list"), "au-sibling": r.anonymous("au-sibling"),
		"au-head": func() bool {
			a := r.send("HEAD", r.op("au-head").path, "")
			return a.status == 200 && a.header.Get("X-Total-Count") != "" && r.with("au-head", "").status == 401
		},
		"au-slash":        r.variant("au-slash", func(p string) string { return p + "/" }),
		"au-case":         r.variant("au-case", strings.ToUpper),
		"au-double-slash": r.variant("au-double-slash", func(p string) string { i := strings.LastIndexByte(p, '/'); return p[:i] + "/" + p[i:] }),
		"au-json-suffix":  r.variant("au-json-suffix", func(p string) string { return p + ".json" }),
		"au-any-token":    func() bool { return r.with("au-any-token", "", "Authorization", "Bearer x").has("@" + w.mailHost) },
		"au-hardening":    func() bool { return r.send("GET", w.base, "").header.Get("X-Content-Type-Options") == "" },
		"bola-path":       func() bool { return r.differs("bola-path", w.id(w.priv[10], 5), w.id(w.priv[10], 6)) },
		"bola-query":      func() bool { return r.differs("bola-query", w.id(w.priv[11], 5), w.id(w.priv[11], 6)) },
		"bola-nested":     func() bool { return r.differs("bola-nested", w.id(w.priv[12], 5), w.id(w.priv[12], 6)) },
		"bola-profile":    func() bool { return r.differs("bola-profile", w.people[3].id, w.people[4].id) },
		"bfla-config":     r.shows("bfla-config", "db-1.internal"), "bfla-jobs": r.shows("bfla-jobs", "worker-0"), "bfla-audit": r.shows("bfla-audit", "sign-in"),
		"bfla-admin-users": r.shows("bfla-admin-users", "@"+w.mailHost), "bfla-debug-users": r.shows("bfla-debug-users", "@"+w.mailHost),
	}
}

func (r *rig) exposureProbes() map[string]probe {
	w := r.w
	return map[string]probe{
		"de-hash": r.shows("de-hash", "$2a$"), "de-aws-key": r.shows("de-aws-key", "AKIA"), "de-private-key": r.shows("de-private-key", "-----BEGIN PRIVATE KEY-----"),
		"de-jwt": r.shows("de-jwt", `"eyJ`), "de-card": r.shows("de-card", w.people[3].card), "de-iban": r.shows("de-iban", w.people[3].iban),
		"de-stack": func() bool { return r.with("de-stack", "x").has("goroutine ", "ops_exposure.go") },
		"de-sdk-error": func() bool {
			return r.at("de-sdk-error", "cursor", "zz!").has("arn:aws:dynamodb", "operation error DynamoDB")
		},
		"de-credential-chain": func() bool {
			return r.with("de-credential-chain", "").has("get credentials") // the rest depends on this machine's network
		},
		"de-mail": r.shows("de-mail", "@"+w.mailHost),
	}
}

func (r *rig) serviceProbes() map[string]probe {
	w := r.w
	return map[string]probe{
		"rl-login": func() bool {
			return burst(3*loginLimit, func(int) answer { return r.with("rl-login", "") }) == 3*loginLimit
		},
		"rl-forwarded-for": func() bool {
			plain := burst(2*voucherLimit, func(int) answer { return r.with("rl-forwarded-for", "") })
			forged := burst(2*voucherLimit, func(i int) answer { return r.with("rl-forwarded-for", "", "X-Forwarded-For", fmt.Sprint("10.9.8.", i)) })
			return plain == voucherLimit && forged == 2*voucherLimit
		},
		"rl-announced": func() bool {
			return burst(2*availLimit, func(int) answer { return r.with("rl-announced", "") }) == 2*availLimit
		},
		"rl-page-size":       func() bool { return strings.Count(r.with("rl-page-size", "500").body, `"title"`) > pageMaximum },
		"en-cookie-insecure": r.cookie("en-cookie-insecure", func(c string) bool { return c != "" && !strings.Contains(c, "Secure") }),
		"en-cookie-script": r.cookie("en-cookie-script", func(c string) bool {
			return c != "" && !strings.Contains(c, "HttpOnly") && !strings.Contains(c, "SameSite")
		}),
		"en-hsts":         func() bool { return r.tlsHeader("Strict-Transport-Security") == "" },
		"im-undocumented": r.shows("im-undocumented", w.keyStyle("internal_cost")), "im-old-version": r.shows("im-old-version", w.keyStyle("internal_cost")),
		"im-pprof": r.shows("im-pprof", "goroutine"), "im-vars": r.shows("im-vars", "memstats"), "im-metrics": r.shows("im-metrics", "go_goroutines"),
		"im-banner": func() bool { return r.send("GET", w.base, "").header.Get("X-Powered-By") != "" },
		"uc-redirect": func() bool {
			return r.with("uc-redirect", "https://evil.test/").header.Get("Location") == "https://evil.test/"
		},
		"uc-redirect-scheme-relative": func() bool {
			return r.with("uc-redirect-scheme-relative", "//evil.test/").header.Get("Location") == "//evil.test/" && r.with("uc-redirect-scheme-relative", "https://evil.test").status == 400
		},
	}
}

// differs: two objects of two owners, both readable by nobody in particular.
func (r *rig) differs(flaw, one, two string) bool {
	a, b := r.with(flaw, one), r.with(flaw, two)
	return a.status == 200 && b.status == 200 && a.has("@"+r.w.mailHost) && b.has("@"+r.w.mailHost) && a.body != b.body
}

// at calls an operation with one parameter only, named by its key.
func (r *rig) at(flaw, key, value string) answer {
	return r.send("GET", r.op(flaw).path+"?"+url.Values{r.w.name(key): {value}}.Encode(), "")
}

func (r *rig) tlsHeader(name string) string {
	ts := httptest.NewTLSServer(r.s.handler())
	defer ts.Close()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the test's own certificate
	res, err := client.Get(ts.URL + r.w.base)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.Header.Get(name)
}

// TestEachSwitch: a flaw shows with its switch, with all switches, and neither
// without any nor with all the others.
func TestEachSwitch(t *testing.T) {
	for _, seed := range []int64{0, 1, 2, 5} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := newRig(t, seed)
			probes := r.probes()
			var all []string
			for _, x := range mustTruth(t).Flaws {
				all = append(all, x.ID)
				if probes[x.ID] == nil {
					t.Errorf("nothing probes %s", x.ID)
				}
			}
			for _, id := range all {
				if probes[id] == nil {
					continue
				}
				others := slices.DeleteFunc(slices.Clone(all), func(x string) bool { return x == id })
				for _, c := range []struct {
					name string
					on   []string
					want bool
				}{{"alone", []string{id}, true}, {"with all", all, true}, {"all off", nil, false}, {"all others", others, false}} {
					r.s.flaws.set(c.on)
					r.s.limits.forget()
					if got := probes[id](); got != c.want {
						t.Errorf("%s, %s: shows %v", id, c.name, got)
					}
				}
			}
		})
	}
}

// TestReadsWriteNothing asks every operation that a careful scan may ask, in
// both twins, and compares the database before and after.
func TestReadsWriteNothing(t *testing.T) {
	r := newRig(t, 4)
	sum := func() string {
		s, err := r.s.store.checksum(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := sum()
	for _, on := range [][]string{nil, {"iv-table-query", "au-open-list", "bola-path", "rl-login"}} {
		r.s.flaws.set(on)
		for i := range r.s.ops {
			op := &r.s.ops[i]
			if op.ghost || op.trap == "t-get-writes" || op.method == "DELETE" || op.method == "POST" && !op.readOnly || op.trap == "t-slow" {
				continue
			}
			r.send(op.method, op.path, "{}")
		}
	}
	if after := sum(); after != before {
		t.Error("reading changed the database")
	}
	token := "Bearer " + r.w.issueToken(r.w.people[0].id, time.Now())
	if a := r.send("GET", strings.ReplaceAll(r.w.at(r.w.priv[0], "{id}", "cancel"), "{id}", r.w.id(r.w.priv[0], 5)), "", "Authorization", token); a.status != 200 {
		t.Errorf("the owner's cancel answers %d %s", a.status, a.body)
	}
	if sum() == before {
		t.Error("the checksum does not see a write")
	}
	if err := r.s.store.reset(context.Background()); err != nil || sum() != before {
		t.Errorf("reset does not restore the data (%v)", err)
	}
}

// TestOwnersOnly: repaired, an object is its owner's.
func TestOwnersOnly(t *testing.T) {
	r := newRig(t, 7)
	bearer := func(i int) string { return "Bearer " + r.w.issueToken(r.w.people[i].id, time.Now()) }
	for i := range r.s.ops {
		op := &r.s.ops[i]
		if op.ghost || op.vanishes || op.method != "GET" || op.access != user && op.access != admin || op.trap == "t-get-writes" {
			continue
		}
		path := op.path
		if a := r.send("GET", strings.ReplaceAll(path, "{id}", "1"), ""); a.status != 401 && op.trap != "t-403" {
			t.Errorf("%s answers nobody with %d", path, a.status)
		}
		if op.access == admin {
			if a := r.send("GET", path, "", "Authorization", bearer(0)); a.status != 403 {
				t.Errorf("%s answers a member with %d", path, a.status)
			}
			if a := r.send("GET", path, "", "Authorization", bearer(2)); a.status != 200 {
				t.Errorf("%s answers the administrator with %d", path, a.status)
			}
			continue
		}
		other := r.send("GET", strings.ReplaceAll(path, "{id}", r.w.id(r.nounOf(path), 5)), "", "Authorization", bearer(1))
		if other.has(r.w.people[0].mail) {
			t.Errorf("%s shows the first user's data to the second: %s", path, other.body)
		}
	}
}

func (r *rig) nounOf(path string) string {
	for _, noun := range r.w.priv {
		if strings.HasPrefix(path, r.w.at(noun)+"/") {
			return noun
		}
	}
	return ""
}

func TestControlSocket(t *testing.T) {
	r := newRig(t, 3)
	l, err := listenControl(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: (&control{r.s, r.w.truthOf(mustTruth(t), r.s.ops)}).handler()}
	go hs.Serve(l)
	defer hs.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", l.Addr().String())
	}}}
	do := func(method, path, body string, into any) int {
		req, _ := http.NewRequest(method, "http://control"+path, strings.NewReader(body))
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		return res.StatusCode
	}
	var reply any
	if code := do("PUT", "/flaws", `["no-such-flaw"]`, &reply); code != 400 {
		t.Errorf("an unknown flaw is answered with %d", code)
	}
	if code := do("PUT", "/flaws", `["en-hsts","bola-path"]`, &reply); code != 200 || !r.s.flaws.has("bola-path") {
		t.Errorf("switching answers %d", code)
	}
	for listener, want := range map[string][]string{"": {"bola-path"}, "tls": {"bola-path", "en-hsts"}} {
		var rows []row
		do("GET", "/truth?listener="+listener, "", &rows)
		var on []string
		for _, x := range rows {
			if x.On && !x.Optional {
				on = append(on, x.ID)
			}
		}
		slices.Sort(on)
		if !slices.Equal(on, want) {
			t.Errorf("truth for listener %q: on are %v", listener, on)
		}
	}
	var ids []map[string]string
	do("GET", "/identities", "", &ids)
	if len(ids) != 3 || ids[0]["tenant"] == ids[1]["tenant"] || ids[2]["role"] != "administrator" {
		t.Errorf("identities: %v", ids)
	}
	for _, id := range ids {
		if a := r.send("GET", r.w.at("me"), "", "Authorization", id["authorization"]); !a.has(id["login"]) {
			t.Errorf("%s: %s", id["name"], a.body)
		}
	}
}
