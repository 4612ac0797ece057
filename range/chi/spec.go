// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

type object = map[string]any

// serveSpec describes the API of this seed as it stands now: an operation of
// which a flaw makes the owners forget the credentials is documented without.
func (s *server) serveSpec(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body, err := json.MarshalIndent(s.spec(), "", "  ")
	if err != nil {
		s.fail(w, http.StatusInternalServerError, "internal", "")
		return
	}
	w.Write(append(body, '\n'))
}

func (s *server) spec() object {
	w := s.world
	paths := map[string]object{}
	for i := range s.ops {
		op := &s.ops[i]
		if op.hidden {
			continue
		}
		if paths[op.path] == nil {
			paths[op.path] = object{}
		}
		paths[op.path][strings.ToLower(op.method)] = s.describe(op)
	}
	out := object{
		"openapi": w.openapi,
		"info": object{"title": strings.ToUpper(w.v.brand[:1]) + w.v.brand[1:] + " API", "version": "2.3.1",
			"contact": object{"name": "Support", "email": "support@" + w.mailHost}, "description": "Read by the web front end at " + w.frontEnd() + "."},
		"servers":    []any{object{"url": "http://" + w.self}},
		"paths":      paths,
		"components": object{"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer"}}},
	}
	if w.globalAuth {
		out["security"] = []any{object{"bearer": []any{}}}
	}
	return out
}

func (s *server) describe(op *operation) object {
	w := s.world
	good := object{"description": "Success", "content": object{op.media(): object{"schema": op.shape(w)}}}
	responses := object{"200": good, "400": object{"description": "The request is not valid"}}
	out := object{"operationId": operationID(op), "summary": op.summary, "responses": responses}
	if op.about != "" {
		out["description"] = op.about
	}
	if op.readOnly {
		out["x-plumb-read-only"] = true
	}
	protected := (op.access == user || op.access == admin) && !(op.openSpec && s.flaws.has(op.flaw))
	switch {
	case protected:
		responses["401"] = object{"description": "Credentials are missing"}
		if !w.globalAuth {
			out["security"] = []any{object{"bearer": []any{}}}
		}
	case op.access == optional:
		out["security"] = []any{object{}, object{"bearer": []any{}}}
	case w.globalAuth:
		out["security"] = []any{}
	}
	var params []any
	body, required := object{}, []any{}
	for i := range op.params {
		p := &op.params[i]
		if p.in == "body" {
			body[p.name] = p.schema()
			if p.required {
				required = append(required, p.name)
			}
			continue
		}
		params = append(params, p.describe())
	}
	if params != nil {
		out["parameters"] = params
	}
	if len(body) > 0 {
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{
			"schema": object{"type": "object", "properties": body, "required": required}}}}
	}
	return out
}

func operationID(op *operation) string {
	id := strings.NewReplacer("/", "_", "{", "", "}", "", "-", "_").Replace(strings.Trim(op.path, "/"))
	return strings.ToLower(op.method) + "_" + id
}

func (op *operation) media() string {
	if op.mediaType != "" {
		return op.mediaType
	}
	return "application/json"
}

// shape says list or object; members are left open, as many real ones are.
func (op *operation) shape(w *world) object {
	if op.mediaType != "" {
		return object{"type": "string"}
	}
	if !op.list {
		return object{"type": "object"}
	}
	rows := object{"type": "array", "items": object{"type": "object"}}
	if w.envelope == "bare" {
		return rows
	}
	return object{"type": "object", "properties": object{w.envelope: rows}}
}

func (p *param) schema() object {
	out := object{"type": p.kind}
	if p.format != "" {
		out["format"] = p.format
	}
	if p.maximum != 0 {
		out["maximum"] = p.maximum
	}
	if p.minimum != 0 {
		out["minimum"] = p.minimum
	}
	if p.in == "body" && p.example != nil {
		out["example"] = p.example
	}
	return out
}

func (p *param) describe() object {
	out := object{"name": p.name, "in": p.in, "required": p.required || p.in == "path", "schema": p.schema()}
	if p.about != "" {
		out["description"] = p.about
	}
	switch {
	case len(p.examples) > 1:
		all := object{}
		for i, v := range p.examples {
			all[[]string{"first", "second", "third"}[i]] = object{"value": v}
		}
		out["examples"] = all
	case p.example != nil && p.example != "":
		out["example"] = p.example
	}
	return out
}
