// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

type access int

const (
	public   access = iota // nobody needs credentials
	optional               // credentials change the answer, none are needed
	user                   // any signed-in person
	admin                  // the administrator only
)

// param describes one input. key is the name that the code uses, name the one
// that this seed's callers see.
type param struct {
	key, name, in string // in: query, path, header, body
	required      bool
	kind          string // string, integer, boolean
	format        string
	example       any
	examples      []any // more than one known good value
	enum          []string
	minimum       int
	maximum       int
	about         string
}

// bypass says which sloppy form of request slips past the credential check
// while the operation's flaw is on.
type bypass int

const (
	bypassNone     bypass = iota
	bypassAll             // nothing is checked at all
	bypassHead            // only GET is checked
	bypassAnyToken        // a bearer value is demanded but never looked at
	bypassSlash           // trailing slash
	bypassCase            // upper-case letters in the path
	bypassDouble          // doubled slash
	bypassJSON            // ".json" appended
)

// operation is one row of the service: what the specification says of it, who
// may call it, which flaw it carries, and what it does.
type operation struct {
	method, path string
	summary      string
	about        string
	params       []param
	access       access
	flaw         string // the flaw whose switch changes this operation
	trap         string // the trap that it is, in both twins
	bypass       bypass
	openSpec     bool // with the flaw on, the specification demands nothing either
	hidden       bool // not in the specification
	vanishes     bool // with the flaw off the route does not exist
	ghost        bool // in the specification, but not served
	readOnly     bool // a POST that changes nothing, and says so
	mediaType    string
	list         bool // answers with a list
	run          func(*call)
}

// call is one request on its way through an operation.
type call struct {
	s    *server
	w    http.ResponseWriter
	r    *http.Request
	op   *operation
	on   bool // the operation's flaw is switched on
	user *person
	body map[string]any
}

// arg gives the value of a parameter by its logical key, "" where it is absent.
func (c *call) arg(key string) string {
	for i := range c.op.params {
		p := &c.op.params[i]
		if p.key != key {
			continue
		}
		switch p.in {
		case "path":
			return pathValue(c.r, p.name)
		case "header":
			return c.r.Header.Get(p.name)
		case "body":
			return text(c.body[p.name])
		}
		return c.r.URL.Query().Get(p.name)
	}
	return ""
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (c *call) argInt(key string, fallback int) (int, bool) {
	s := c.arg(key)
	if s == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// send writes a JSON value in this seed's key style.
func (c *call) send(status int, v any) {
	c.s.writeJSON(c.w, status, v)
}

func (s *server) writeJSON(w http.ResponseWriter, status int, v any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	body, err := json.Marshal(s.world.restyle(v))
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// restyle renames keys and shows ids of the integer shape as numbers.
func (w *world) restyle(v any) any {
	switch v := v.(type) {
	case item:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if s, ok := x.(string); ok && k == "id" && w.shape == shapeInteger {
				if n, err := strconv.Atoi(s); err == nil {
					x = n
				}
			}
			out[w.keyStyle(k)] = w.restyle(x)
		}
		return out
	case []item:
		out := make([]any, 0, len(v))
		for _, x := range v {
			out = append(out, w.restyle(x))
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, x := range v {
			out = append(out, w.restyle(x))
		}
		return out
	}
	return v
}

// rows answers with a list in this seed's envelope.
func (c *call) rows(rows []item, next string) {
	if rows == nil {
		rows = []item{}
	}
	switch c.s.world.envelope {
	case "bare":
		if next != "" {
			c.w.Header().Set("X-Next-Cursor", next)
		}
		c.send(http.StatusOK, rows)
	case "items":
		out := item{"items": rows, "count": len(rows)}
		if next != "" {
			out["next_cursor"] = next
		}
		c.send(http.StatusOK, out)
	default:
		meta := item{"count": len(rows)}
		if next != "" {
			meta["next_cursor"] = next
		}
		c.send(http.StatusOK, item{"data": rows, "meta": meta})
	}
}

func (c *call) one(row item) {
	if c.s.world.envelope == "data" {
		c.send(http.StatusOK, item{"data": row})
		return
	}
	c.send(http.StatusOK, row)
}

// fail answers with an error in this seed's style; kind picks the text and the
// detail, where there is one, is what this request did wrong.
func (c *call) fail(status int, kind, detail string) {
	c.s.fail(c.w, status, kind, detail)
}

func (s *server) fail(w http.ResponseWriter, status int, kind, detail string) {
	title := s.world.texts[kind]
	if detail == "" {
		detail = title
	}
	var body item
	switch s.world.errors {
	case 1:
		body = item{"error": item{"code": kind, "message": detail}}
	case 2:
		body = item{"ok": false, "message": detail}
	default:
		w.Header().Set("Content-Type", "application/problem+json")
		body = item{"type": "about:blank", "title": title, "status": status, "detail": detail}
	}
	s.writeJSON(w, status, body)
}

func (c *call) notFound()             { c.fail(c.s.world.missing, "missing", "") }
func (c *call) invalid(detail string) { c.fail(http.StatusBadRequest, "invalid", detail) }
func (c *call) broken()               { c.fail(http.StatusInternalServerError, "internal", "") }

// oneOf is the repaired form of many operations: an allow-list.
func (c *call) oneOf(key, value string, allowed []string) bool {
	for _, a := range allowed {
		if value == a {
			return true
		}
	}
	for _, p := range c.op.params {
		if p.key == key {
			key = p.name
		}
	}
	c.invalid(key + " must be one of: " + strings.Join(allowed, ", "))
	return false
}
