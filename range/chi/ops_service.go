// SPDX-License-Identifier: Apache-2.0
package main

import (
	"expvar"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"net/url"
	"runtime"
	"strings"
	"time"
)

const (
	loginLimit, loginSpan     = 5, 10 * time.Second
	voucherLimit, voucherSpan = 8, 5 * time.Second
	availLimit, availSpan     = 12, 5 * time.Second
)

// limitOps announce a limit; the flaws are that it is not kept.
func (w *world) limitOps() []operation {
	password := w.inBody("password", "correct-horse-9")
	password.format = "password"
	limit := w.maybe("limit", 10)
	limit.minimum, limit.maximum, limit.about = 1, pageMaximum, "Rows of a page, at most 50."
	return []operation{
		{method: "POST", path: w.at("login"), flaw: "rl-login", readOnly: true, summary: "Sign in",
			about:  fmt.Sprintf("Public. Checks the password and answers with a token; stores nothing. At most %d attempts in %d seconds for a login name and for a caller, then 429.", loginLimit, loginSpan/time.Second),
			params: []param{w.inBody("login", "nobody.here"), password}, run: runLogin},
		{method: "GET", path: w.at("voucherc"), flaw: "rl-forwarded-for", summary: "Check the code of a voucher",
			about:  fmt.Sprintf("Public. At most %d checks in %d seconds for a caller, then 429.", voucherLimit, voucherSpan/time.Second),
			params: []param{w.query("code", "481516")}, run: runVoucher},
		{method: "GET", path: w.at("avail"), flaw: "rl-announced", summary: "Free places",
			about: fmt.Sprintf("Public. At most %d requests in %d seconds for a caller, then 429.", availLimit, availSpan/time.Second), run: runAvailability},
		{method: "GET", path: w.at(w.bulkNoun(), "bulk"), flaw: "rl-page-size", summary: "Everything, in pages", about: "Public.", list: true, params: []param{limit}, run: runBulk},
	}
}

// caller is the peer's address: nothing that a header says.
func (c *call) caller() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}

// within counts a request against a limit and answers 429 once it is passed.
func (c *call) within(key string, limit int, span time.Duration) bool {
	left, wait := c.s.limits.take(c.op.path+"|"+key, limit, span)
	if left >= 0 {
		return true
	}
	c.w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
	c.fail(http.StatusTooManyRequests, "limit", "")
	return false
}

func runLogin(c *call) {
	login := c.arg("login")
	if !c.on && !(c.within("from "+c.caller(), loginLimit, loginSpan) && c.within("as "+login, loginLimit, loginSpan)) {
		return
	}
	p := c.s.world.signIn(login, c.arg("password"))
	if p == nil {
		c.fail(http.StatusUnauthorized, "auth", "login or password is wrong")
		return
	}
	c.w.Header().Set("Cache-Control", "no-store")
	c.send(http.StatusOK, item{"token": c.s.world.issueToken(p.id, time.Now()), "token_type": "Bearer", "expires_in": int(tokenLife / time.Second)})
}

func runVoucher(c *call) {
	key := c.caller()
	if forwarded := c.r.Header.Get("X-Forwarded-For"); c.on && forwarded != "" {
		key, _, _ = strings.Cut(forwarded, ",")
	}
	if !c.within(key, voucherLimit, voucherSpan) {
		return
	}
	c.send(http.StatusOK, item{"known": false})
}

func runAvailability(c *call) {
	left, wait := c.s.limits.take(c.op.path+"|"+c.caller(), availLimit, availSpan)
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", fmt.Sprint(availLimit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(max(left, 0)))
	h.Set("X-RateLimit-Reset", fmt.Sprint(int(wait/time.Second)+1))
	if left < 0 && !c.on {
		h.Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
		c.fail(http.StatusTooManyRequests, "limit", "")
		return
	}
	c.send(http.StatusOK, item{"free": 7, "place": c.s.world.v.places[0]})
}

func runBulk(c *call) {
	w := c.s.world
	if !c.on {
		c.page(w.bulkNoun(), pageMaximum)
		return
	}
	limit, ok := c.argInt("limit", 10)
	if !ok || limit < 1 {
		c.invalid(w.name("limit") + " must be a positive number")
		return
	}
	rows, _, err := c.s.store.list(c.ctx(), w.tables.catalogue, w.bulkNoun(), int32(min(limit, 100000)), "")
	if err != nil {
		c.broken()
		return
	}
	c.rows(shown(rows), "")
}

// sessionOps set cookies.
func (w *world) sessionOps() []operation {
	return []operation{
		{method: "GET", path: w.at("start"), flaw: "en-cookie-insecure", summary: "Begin a visit", about: "Public. Sets the session cookie of the web front end.",
			run: runCookie("sid", func(k *http.Cookie) { k.Secure = false })},
		{method: "GET", path: w.at("home"), flaw: "en-cookie-script", trap: "t-optional", access: optional, summary: "Front page", about: "Public; credentials are optional and only add a greeting. Sets the session cookie of the member area.",
			run: runCookie("member_session", func(k *http.Cookie) { k.HttpOnly, k.SameSite = false, 0 })},
	}
}

func runCookie(name string, spoil func(*http.Cookie)) func(*call) {
	return func(c *call) {
		w := c.s.world
		k := &http.Cookie{Name: name, Value: w.letters(fmt.Sprint(name, time.Now().UnixNano()), 32, "0123456789abcdef"), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
		if c.on {
			spoil(k)
		}
		http.SetCookie(c.w, k)
		out := item{"welcome": w.v.brand}
		if c.user != nil {
			out["greeting"] = "Hello " + c.user.name
		}
		c.send(http.StatusOK, out)
	}
}

// inventoryOps exist only while their flaw is on.
func (w *world) inventoryOps() []operation {
	live := func(flaw, path string, run func(*call)) operation {
		return operation{method: "GET", path: path, flaw: flaw, hidden: true, vanishes: true, summary: "Not documented", run: run}
	}
	debugPage := func(h http.Handler) func(*call) {
		return func(c *call) {
			c.w.Header().Del("Content-Security-Policy")
			h.ServeHTTP(c.w, c.r)
		}
	}
	return []operation{
		live("im-undocumented", w.at("beta", w.pub[3]), func(c *call) { c.internalRows(w.pub[3]) }),
		live("im-old-version", w.old+"/"+w.pub[0], func(c *call) { c.internalRows(w.pub[0]) }),
		live("im-pprof", "/debug/pprof/", debugPage(http.HandlerFunc(pprof.Index))),
		live("im-pprof", "/debug/pprof/cmdline", debugPage(http.HandlerFunc(pprof.Cmdline))),
		live("im-pprof", "/debug/pprof/goroutine", debugPage(pprof.Handler("goroutine"))),
		live("im-pprof", "/debug/pprof/heap", debugPage(pprof.Handler("heap"))),
		live("im-vars", "/debug/vars", debugPage(expvar.Handler())),
		live("im-metrics", "/metrics", runMetrics),
	}
}

// internalRows shows the catalogue with what the current version leaves out.
func (c *call) internalRows(noun string) {
	rows, _, err := c.s.store.list(c.ctx(), c.s.world.tables.catalogue, noun, 20, "")
	if err != nil {
		c.broken()
		return
	}
	c.rows(rows, "")
}

func runMetrics(c *call) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintf(c.w, "# HELP go_goroutines Number of goroutines that currently exist.\n# TYPE go_goroutines gauge\ngo_goroutines %d\n", runtime.NumGoroutine())
	fmt.Fprintf(c.w, "# HELP go_memstats_alloc_bytes Number of bytes allocated and still in use.\n# TYPE go_memstats_alloc_bytes gauge\ngo_memstats_alloc_bytes %d\n", m.Alloc)
	fmt.Fprintf(c.w, "# HELP %[1]s_open_connections Connections to the database.\n# TYPE %[1]s_open_connections gauge\n%[1]s_open_connections 3\n", c.s.world.v.brand)
}

// redirectOps send callers on. Sound is a path on this host only.
func (w *world) redirectOps() []operation {
	next, to, back := w.query("next", "/openapi.json"), w.query("to", "/openapi.json"), w.query("to", "/openapi.json")
	about := "Public. Only paths of this service."
	return []operation{
		{method: "GET", path: w.at("go"), flaw: "uc-redirect", summary: "Go on after signing in", about: about, params: []param{next}, run: runRedirect("next", func(string) bool { return true })},
		{method: "GET", path: w.at("leave"), flaw: "uc-redirect-scheme-relative", summary: "Leave a form", about: about, params: []param{to}, run: runRedirect("to", func(t string) bool { return strings.HasPrefix(t, "/") })},
		{method: "GET", path: w.at("back"), trap: "t-redirect-relative", summary: "Back to where one was", about: about, params: []param{back}, run: runRedirect("to", localPath)},
		{method: "GET", path: w.at("moved"), trap: "t-redirect-fixed", summary: "Old entry page", about: "Public. Sends everybody to the index.", params: []param{w.maybe("next", "index")}, run: func(c *call) {
			http.Redirect(c.w, c.r, c.s.world.base, http.StatusMovedPermanently)
		}},
	}
}

// localPath is a path of this host and cannot be read as anything else.
func localPath(target string) bool {
	u, err := url.Parse(target)
	return err == nil && !u.IsAbs() && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "//") &&
		!strings.ContainsAny(target, "\\\t\r\n") && u.Fragment == ""
}

func runRedirect(key string, careless func(string) bool) func(*call) {
	return func(c *call) {
		target := c.arg(key)
		rule := localPath
		if c.on {
			rule = careless
		}
		if target == "" || !rule(target) {
			c.invalid("only paths of this service")
			return
		}
		c.w.Header().Set("Location", strings.Map(printable, target))
		c.w.WriteHeader(http.StatusFound)
		io.WriteString(c.w, "")
	}
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}
