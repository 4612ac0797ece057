// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
)

// controlHandler serves the unix socket:
//
//	GET    /state     settings, and the paths of the task
//	PUT    /state     settings (members that are left out stay)
//	GET    /counters  list of who asked what
//	DELETE /counters  start counting anew
//	GET    /healthz   ok
func (w *world) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /state", func(rw http.ResponseWriter, _ *http.Request) {
		writeJSON(rw, http.StatusOK, struct {
			settings
			CredentialsPath string `json:"credentialsPath"`
			EndpointID      string `json:"endpointId"`
			AccountID       string `json:"accountId"`
		}{w.current(), "/v2/credentials/" + w.identity.CredentialsID, w.identity.EndpointID, w.identity.account})
	})
	mux.HandleFunc("PUT /state", func(rw http.ResponseWriter, r *http.Request) {
		s := w.current()
		d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4096))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		if err := w.change(s); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(rw, http.StatusOK, s)
	})
	mux.HandleFunc("GET /counters", func(rw http.ResponseWriter, _ *http.Request) {
		writeJSON(rw, http.StatusOK, w.counters.list())
	})
	mux.HandleFunc("DELETE /counters", func(rw http.ResponseWriter, _ *http.Request) {
		w.counters.clear()
		rw.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	rw.Write(append(body, '\n'))
}
