// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

const maxBody = 64 << 10

type server struct {
	world  *world
	store  *store
	ops    []operation
	flaws  *switches
	limits limiter
	fetch  *fetcher
	chain  chainProbe
}

// switches is the set of flaws that are on. It may change between requests.
type switches struct {
	mu sync.RWMutex
	on map[string]bool
}

func (f *switches) has(id string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return id != "" && f.on[id]
}

func (f *switches) set(ids []string) {
	on := map[string]bool{}
	for _, id := range ids {
		on[id] = true
	}
	f.mu.Lock()
	f.on = on
	f.mu.Unlock()
}

func newServer(w *world, st *store) *server {
	s := &server{world: w, store: st, flaws: &switches{}, fetch: newFetcher(w.self)}
	s.ops = w.operations()
	return s
}

func (w *world) operations() []operation {
	var ops []operation
	for _, group := range [][]operation{w.plainOps(), w.inputOps(), w.corsOps(), w.fetchOps(), w.guardedOps(), w.ownedOps(),
		w.adminOps(), w.exposureOps(), w.limitOps(), w.sessionOps(), w.inventoryOps(), w.redirectOps(), w.trapOps()} {
		ops = append(ops, group...)
	}
	return ops
}

func (s *server) handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.headers, s.recoverer, middleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { s.fail(w, http.StatusNotFound, "missing", "") })
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, http.StatusMethodNotAllowed, "invalid", "method not allowed")
	})
	for i := range s.ops {
		op := &s.ops[i]
		if op.ghost {
			continue
		}
		r.Method(op.method, op.path, s.wrap(op, bypassNone))
		if op.method == http.MethodGet && strings.HasPrefix(op.flaw, "cors-") {
			r.Method(http.MethodOptions, op.path, s.wrap(op, bypassNone))
		}
	}
	r.Get("/openapi.json", s.serveSpec)
	return s.lenientPaths(r)
}

// headers sets what a JSON API should carry; a flaw takes it away.
func (s *server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if !s.flaws.has("au-hardening") {
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		}
		if r.TLS != nil && !s.flaws.has("en-hsts") {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if s.flaws.has("im-banner") {
			h.Set("Server", s.world.v.brand+"-api/2.3.1 (go1.26.8; linux/amd64)")
			h.Set("X-Powered-By", "chi/5.5.0")
		}
		next.ServeHTTP(w, r)
	})
}

// recoverer hides what went wrong; the operation whose flaw shows the stack
// does so itself.
func (s *server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				slog.Error("handler failed", "path", r.URL.Path, "cause", fmt.Sprint(v))
				s.fail(w, http.StatusInternalServerError, "internal", "")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *server) wrap(op *operation, variant bypass) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, op: op, on: s.flaws.has(op.flaw)}
		if op.vanishes && !c.on {
			s.fail(w, http.StatusNotFound, "missing", "")
			return
		}
		c.user = s.world.whose(r.Header.Get("Authorization"), time.Now())
		if (op.access == user || op.access == admin || c.user != nil) && !s.flaws.has("au-hardening") {
			w.Header().Set("Cache-Control", "no-store")
		}
		if !c.admitted(variant) {
			return
		}
		if op.method == http.MethodPost && !c.readBody() {
			return
		}
		op.run(c)
	})
}

// admitted is the credential check, with the holes that the flaws cut into it.
func (c *call) admitted(variant bypass) bool {
	op := c.op
	if op.access == public || op.access == optional {
		return true
	}
	if c.on && c.slipsPast(variant) {
		return true
	}
	if c.user == nil {
		if op.trap == "t-403" {
			c.fail(http.StatusForbidden, "auth", "")
			return false
		}
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="`+c.s.world.v.brand+`"`)
		c.fail(http.StatusUnauthorized, "auth", "")
		return false
	}
	if op.access == admin && c.user.role != "administrator" {
		c.fail(http.StatusForbidden, "forbidden", "")
		return false
	}
	return true
}

func (c *call) slipsPast(variant bypass) bool {
	switch c.op.bypass {
	case bypassAll:
		c.user = nil // nothing looked, so nobody is known
		return true
	case bypassHead:
		return c.r.Method == http.MethodHead
	case bypassAnyToken:
		token, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
		return ok && token != ""
	case bypassNone:
		return false
	}
	return c.op.bypass == variant
}

func (c *call) readBody() bool {
	raw, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		c.fail(http.StatusRequestEntityTooLarge, "invalid", "the body is too large")
		return false
	}
	c.body = map[string]any{}
	if len(raw) > 0 && json.Unmarshal(raw, &c.body) != nil {
		c.invalid("the body is not a JSON object")
		return false
	}
	for _, p := range c.op.params {
		if p.in == "body" && p.required && c.body[p.name] == nil {
			c.invalid(p.name + " is required")
			return false
		}
	}
	return true
}

// lenientPaths serves sloppy spellings of four operations, as many routers do.
// Whether the credential check sees them is up to the operation's flaw.
func (s *server) lenientPaths(next http.Handler) http.Handler {
	type spelling struct {
		op      *operation
		variant bypass
	}
	lenient := map[string]*operation{}
	for i := range s.ops {
		if s.ops[i].bypass >= bypassSlash {
			lenient[s.ops[i].path] = &s.ops[i]
		}
	}
	match := func(p string) *spelling {
		for plain, op := range lenient {
			var form string
			switch op.bypass {
			case bypassSlash:
				form = strings.TrimSuffix(p, "/")
			case bypassCase:
				form = strings.ToLower(p)
			case bypassDouble:
				form = path.Clean(p)
				if strings.HasSuffix(p, "/") || !strings.Contains(p, "//") {
					form = ""
				}
			case bypassJSON:
				form = strings.TrimSuffix(p, ".json")
			}
			if p != plain && form == plain {
				return &spelling{op, op.bypass}
			}
		}
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := match(r.URL.Path); m != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			s.headers(s.recoverer(s.wrap(m.op, m.variant))).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func pathValue(r *http.Request, name string) string {
	v := chi.URLParam(r, name)
	if plain, err := url.PathUnescape(v); err == nil {
		return plain
	}
	return v
}

func (c *call) ctx() context.Context { return c.r.Context() }

// limiter counts requests in fixed windows.
type limiter struct {
	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	ends time.Time
	used int
}

// take counts one request; left is negative once the limit is passed.
func (l *limiter) take(key string, limit int, span time.Duration) (left int, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.windows == nil || len(l.windows) > 10000 { // callers choose some keys: never grow without bound
		l.windows = map[string]*window{}
	}
	win := l.windows[key]
	if win == nil || now.After(win.ends) {
		win = &window{ends: now.Add(span)}
		l.windows[key] = win
	}
	win.used++
	return limit - win.used, time.Until(win.ends)
}

// forget starts all windows anew.
func (l *limiter) forget() {
	l.mu.Lock()
	l.windows = nil
	l.mu.Unlock()
}
