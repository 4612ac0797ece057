// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"sort"
	"strings"
	"sync"
)

// maxCounters bounds the table against a client that asks endless new paths;
// what comes after is counted in one row with the path "(other)".
const maxCounters = 10000

// count says how often one client program asked one path with one outcome.
type count struct {
	Service string `json:"service"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Agent   string `json:"agent"`
	Status  int    `json:"status"`
	SDK     bool   `json:"sdk"`    // asked by the credential chain of an AWS SDK, as its headers say
	Secret  bool   `json:"secret"` // the path leads to credentials, user data or the signed identity
	Count   int    `json:"count"`
}

type counters struct {
	mu   sync.Mutex
	rows map[count]int
}

func (c *counters) add(row count) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil {
		c.rows = make(map[count]int)
	}
	if _, known := c.rows[row]; !known && len(c.rows) >= maxCounters {
		row.Path, row.Agent = "(other)", "(other)"
	}
	c.rows[row]++
}

func (c *counters) list() []count {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]count, 0, len(c.rows))
	for row, n := range c.rows {
		row.Count = n
		out = append(out, row)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Service != b.Service {
			return a.Service < b.Service
		}
		if a.Path != b.Path {
			return a.Path < b.Path
		}
		if a.Method != b.Method {
			return a.Method < b.Method
		}
		if a.Agent != b.Agent {
			return a.Agent < b.Agent
		}
		return a.Status < b.Status
	})
	return out
}

func (c *counters) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
}

// fromSDK recognises the part of an AWS SDK that obtains credentials. The agent
// alone is not enough: for a task the Go SDK sends that of Go's own client, but
// marks each attempt as it does everywhere. A client of a service ("api/" in
// its agent) never asks here by itself; somebody gave it this address.
func fromSDK(r *http.Request) bool {
	agent := r.UserAgent()
	if r.Method == http.MethodPost || strings.Contains(agent, " api/") {
		return false
	}
	return strings.Contains(agent, "aws-sdk-") || r.Header.Get("Amz-Sdk-Request") != ""
}

// isSecret tells whether a path hands out what a careful visitor must not ask.
// The listing of roles is a name, not a secret, but the SDK is the only one
// with a reason to ask even that; it stays out of the secret ones because the
// real harm starts one step below.
func isSecret(path string) bool {
	path = strings.ToLower(path)
	for _, part := range []string{"/iam/security-credentials/", "/identity-credentials/ec2/security-credentials/"} {
		if i := strings.Index(path, part); i >= 0 && len(path) > i+len(part) {
			return true
		}
	}
	for _, part := range []string{"/user-data", "/instance-identity/", "/credentials/"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

// statusWriter remembers the status for the counters.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// counted notes every request of a service, answered or refused.
func (c *counters) counted(service string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sw := &statusWriter{ResponseWriter: rw}
		h(sw, r)
		if sw.status == 0 {
			sw.status = http.StatusOK
		}
		c.add(count{Service: service, Method: r.Method, Path: r.URL.Path, Agent: r.UserAgent(),
			Status: sw.status, SDK: fromSDK(r), Secret: isSecret(r.URL.Path)})
	})
}
