// SPDX-License-Identifier: Apache-2.0
package main

import (
	_ "embed"
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"
)

//go:embed truth.yaml
var truthFile []byte

type truthParam struct {
	In   string `yaml:"in" json:"in"`
	Name string `yaml:"name" json:"name"`
}

type also struct {
	Method string `yaml:"method" json:"method"`
	Path   string `yaml:"path" json:"path"`
}

// row is one line of the truth table. Method, path and parameter are those of
// seed 0 in the file and those of the running seed in the answer to /truth.
type row struct {
	ID        string      `yaml:"id" json:"id"`
	Category  string      `yaml:"category,omitempty" json:"category,omitempty"`
	Effects   []string    `yaml:"effects,omitempty,flow" json:"effects,omitempty"`
	Method    string      `yaml:"method" json:"method"`
	Path      string      `yaml:"path" json:"path"`
	Also      []also      `yaml:"also,omitempty,flow" json:"also,omitempty"`
	Parameter *truthParam `yaml:"parameter,omitempty,flow" json:"parameter,omitempty"`
	Severity  string      `yaml:"severity,omitempty" json:"severity,omitempty"`
	Mode      string      `yaml:"mode,omitempty" json:"mode,omitempty"`
	Listener  string      `yaml:"listener,omitempty" json:"listener,omitempty"`
	Flaw      string      `yaml:"flaw,omitempty" json:"-"`    // of a note: only while this flaw is on
	Carrier   string      `yaml:"carrier,omitempty" json:"-"` // of a note: the trap or flaw whose operation it is about
	Optional  bool        `yaml:"optional,omitempty" json:"optional,omitempty"`
	Why       string      `yaml:"why" json:"why"`
	On        bool        `yaml:"-" json:"on"`
}

type truth struct {
	Flaws []row `yaml:"flaws"`
	Notes []row `yaml:"notes"`
	Traps []row `yaml:"traps"`
}

func loadTruth(raw []byte) (*truth, error) {
	t := &truth{}
	if err := yaml.Unmarshal(raw, t); err != nil {
		return nil, fmt.Errorf("truth.yaml: %w", err)
	}
	return t, nil
}

var wildcard = regexp.MustCompile(`/\*$`)

// truthOf translates the file to a seed: which operation carries a flaw is
// said by the operations, everything else by the file.
func (w *world) truthOf(t *truth, ops []operation) *truth {
	out := &truth{}
	for _, r := range t.Flaws {
		out.Flaws = append(out.Flaws, w.place(r, ops, func(op *operation) bool { return op.flaw == r.ID }))
	}
	for _, r := range t.Traps {
		out.Traps = append(out.Traps, w.place(r, ops, func(op *operation) bool { return op.trap == r.ID }))
	}
	for _, r := range t.Notes {
		out.Notes = append(out.Notes, w.place(r, ops, func(op *operation) bool {
			return r.Flaw != "" && op.flaw == r.Flaw || r.Carrier != "" && (op.trap == r.Carrier || op.flaw == r.Carrier)
		}))
	}
	return out
}

func (w *world) place(r row, ops []operation, carries func(*operation) bool) row {
	if r.Path == "*" || r.Carrier == "" && r.Path == "/openapi.json" || r.Path == "/static/sample.txt" {
		return r
	}
	r.Also = nil
	found := false
	for i := range ops {
		op := &ops[i]
		if !carries(op) {
			continue
		}
		path := wildcard.ReplaceAllString(op.path, "/{path}")
		if found {
			r.Also = append(r.Also, also{op.method, path})
			continue
		}
		found = true
		r.Method, r.Path = op.method, path
		if op.bypass == bypassHead {
			r.Also = append(r.Also, also{"HEAD", path})
		}
		if r.Parameter != nil && len(op.params) > 0 {
			p := op.params[0] // the weak parameter stands first
			r.Parameter = &truthParam{p.in, p.name}
		}
	}
	return r
}
