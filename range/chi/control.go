// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// control serves the switches on a unix socket, outside the API.
type control struct {
	s     *server
	truth *truth
}

func listenControl(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(path) // left behind by a killed run
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (k *control) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, object{"ok": true, "seed": k.s.world.seed})
	})
	m.HandleFunc("GET /truth", k.getTruth)
	m.HandleFunc("GET /traps", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, k.truth.Traps) })
	m.HandleFunc("GET /flaws", k.getFlaws)
	m.HandleFunc("PUT /flaws", k.putFlaws)
	m.HandleFunc("POST /reset", k.reset)
	m.HandleFunc("GET /checksum", k.checksum)
	m.HandleFunc("GET /identities", k.identities)
	return m
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// getTruth lists all rows. A row of the TLS listener is on only for
// ?listener=tls, the one that a scan of the plain listener cannot see.
func (k *control) getTruth(w http.ResponseWriter, r *http.Request) {
	listener := r.URL.Query().Get("listener")
	rows := []row{}
	for _, x := range k.truth.Flaws {
		x.On = k.s.flaws.has(x.ID) && (x.Listener == "" || x.Listener == listener)
		rows = append(rows, x)
	}
	for _, x := range k.truth.Notes {
		x.On, x.Optional = x.Flaw == "" || k.s.flaws.has(x.Flaw), true
		rows = append(rows, x)
	}
	reply(w, 200, rows)
}

func (k *control) getFlaws(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for _, x := range k.truth.Flaws {
		out = append(out, object{"id": x.ID, "on": k.s.flaws.has(x.ID)})
	}
	reply(w, 200, out)
}

func (k *control) putFlaws(w http.ResponseWriter, r *http.Request) {
	var ids []string
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&ids); err != nil {
		reply(w, 400, object{"error": "a JSON list of flaw ids is needed: " + err.Error()})
		return
	}
	for _, id := range ids {
		if !slices.ContainsFunc(k.truth.Flaws, func(x row) bool { return x.ID == id }) {
			reply(w, 400, object{"error": fmt.Sprintf("there is no flaw %q", id)})
			return
		}
	}
	k.s.flaws.set(ids)
	k.s.limits.forget()
	k.getFlaws(w, r)
}

func (k *control) reset(w http.ResponseWriter, r *http.Request) {
	if err := k.s.store.reset(r.Context()); err != nil {
		reply(w, 500, object{"error": err.Error()})
		return
	}
	k.s.limits.forget()
	reply(w, 200, object{"ok": true})
}

func (k *control) checksum(w http.ResponseWriter, r *http.Request) {
	sum, err := k.s.store.checksum(r.Context())
	if err != nil {
		reply(w, 500, object{"error": err.Error()})
		return
	}
	reply(w, 200, object{"sha256": sum})
}

func (k *control) identities(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for i, name := range []string{"alice", "bob", "admin"} {
		p := k.s.world.people[i]
		out = append(out, object{"name": name, "id": p.id, "login": p.login, "tenant": p.tenant, "role": p.role,
			"authorization": "Bearer " + k.s.world.issueToken(p.id, time.Now())})
	}
	reply(w, 200, out)
}
