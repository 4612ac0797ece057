// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/http"
	"strings"
)

// corsOps answer a front end of another origin, with credentials. They tell
// an anonymous caller no more than that it is anonymous.
func (w *world) corsOps() []operation {
	about := "Public; a signed-in person sees more of herself. Read by the web front end with credentials."
	return []operation{
		{method: "GET", path: w.at("session"), flaw: "cors-reflect", summary: "Who is signed in", about: about, access: optional, run: runCORS(item{"kind": "session"})},
		{method: "GET", path: w.at("basket"), flaw: "cors-null", summary: "The current selection", about: about, access: optional, run: runCORS(item{"kind": "selection", "rows": []any{}})},
		{method: "GET", path: w.at("prefs"), flaw: "cors-prefix", summary: "Display preferences", about: about, access: optional, run: runCORS(item{"kind": "preferences", "language": "en"})},
		{method: "GET", path: w.at("unread"), flaw: "cors-suffix", summary: "Number of unread messages", about: about, access: optional, run: runCORS(item{"kind": "unread", "unread": 0})},
	}
}

// admits is the comparison of each flaw; the sound one is equality.
func (w *world) admits(flaw, origin string) bool {
	trusted := w.frontEnd()
	switch flaw {
	case "cors-reflect":
		return strings.HasPrefix(origin, "http")
	case "cors-null":
		return origin == "null" || origin == trusted
	case "cors-prefix":
		return strings.HasPrefix(origin, trusted)
	case "cors-suffix":
		return strings.HasSuffix(origin, w.v.brand+".example")
	}
	return origin == trusted
}

func runCORS(base item) func(*call) {
	return func(c *call) {
		w := c.s.world
		rule := ""
		if c.on {
			rule = c.op.flaw
		}
		allowed := w.frontEnd()
		if origin := c.r.Header.Get("Origin"); w.admits(rule, origin) {
			allowed = origin
		}
		h := c.w.Header()
		h.Set("Access-Control-Allow-Origin", allowed)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Add("Vary", "Origin")
		if c.r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET")
			h.Set("Access-Control-Allow-Headers", "Authorization")
			c.w.WriteHeader(http.StatusNoContent)
			return
		}
		out := item{"signed_in": c.user != nil}
		for k, v := range base {
			out[k] = v
		}
		if c.user != nil {
			out["name"], out["mail"] = c.user.name, c.user.mail
		}
		c.send(http.StatusOK, out)
	}
}
