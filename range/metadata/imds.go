// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	headerTTL   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	headerToken = "X-Aws-Ec2-Metadata-Token"
	tokenPath   = "/latest/api/token"
)

// imdsHandler is the instance metadata service.
func (w *world) imdsHandler() http.Handler {
	return w.counters.counted(serviceIMDS, func(rw http.ResponseWriter, r *http.Request) {
		s := w.current()
		h := rw.Header()
		h.Set("Server", "EC2ws")
		h.Set("Connection", "close")
		if r.URL.Path == tokenPath && r.Method == http.MethodPut {
			w.putToken(rw, r, s)
			return
		}
		setTTL(r, defaultTTL)
		switch {
		case !s.Enabled:
			refuse(rw, http.StatusForbidden)
		case r.URL.Path == tokenPath:
			h.Set("Allow", "OPTIONS, PUT")
			h.Set("Content-Type", "text/plain")
			h.Set("Content-Length", "0")
			rw.WriteHeader(http.StatusMethodNotAllowed)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD, OPTIONS")
			refuse(rw, http.StatusMethodNotAllowed)
		default:
			w.getMetadata(rw, r, s)
		}
	})
}

// putToken opens a session. Only its answer carries the hop limit.
func (w *world) putToken(rw http.ResponseWriter, r *http.Request, s settings) {
	if err := setTTL(r, s.HopLimit); err != nil {
		refuse(rw, http.StatusInternalServerError)
		return
	}
	// A forwarded request comes from an open proxy, never from the SDK.
	if !s.Enabled || len(r.Header.Values("X-Forwarded-For")) > 0 {
		refuse(rw, http.StatusForbidden)
		return
	}
	ttl, ok := parseTTL(r.Header.Get(headerTTL))
	if !ok {
		refuse(rw, http.StatusBadRequest)
		return
	}
	token := w.tokens.issue(ttl)
	if token == "" {
		refuse(rw, http.StatusServiceUnavailable)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Accept-Ranges", "none")
	h.Set(headerTTL, strconv.Itoa(ttl))
	h.Set("Content-Length", strconv.Itoa(len(token)))
	rw.Write([]byte(token))
}

func (w *world) getMetadata(rw http.ResponseWriter, r *http.Request, s settings) {
	token, h := r.Header.Get(headerToken), rw.Header()
	if token != "" {
		left := w.tokens.left(token)
		if left == 0 {
			refuse(rw, http.StatusUnauthorized)
			return
		}
		h.Set(headerTTL, strconv.Itoa(left))
	} else if s.HTTPTokens == "required" {
		refuse(rw, http.StatusUnauthorized)
		return
	}
	body, kind := w.lookup(r.URL.Path)
	switch kind {
	case nodeNone:
		refuse(rw, http.StatusNotFound)
		return
	case nodeMoved:
		// Only the directory's name with the slash lists it.
		h.Set("Location", "http://"+r.Host+r.URL.Path+"/")
		rw.WriteHeader(http.StatusMovedPermanently)
		return
	case nodeBinary:
		h.Set("Content-Type", "application/octet-stream")
	default:
		h.Set("Content-Type", "text/plain")
	}
	h.Set("Accept-Ranges", "none")
	h.Set("Last-Modified", w.identity.started.Format(http.TimeFormat))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	rw.Write([]byte(body))
}

// refuse answers with the XHTML error page of the service.
func refuse(rw http.ResponseWriter, status int) {
	title := fmt.Sprintf("%d - %s", status, http.StatusText(status))
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n")
	b.WriteString("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n")
	b.WriteString("\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n")
	b.WriteString("<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n")
	fmt.Fprintf(&b, " <head>\n  <title>%s</title>\n </head>\n", title)
	fmt.Fprintf(&b, " <body>\n  <h1>%s</h1>\n </body>\n</html>\n", title)
	rw.Header().Set("Content-Type", "text/html")
	rw.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	rw.WriteHeader(status)
	rw.Write([]byte(b.String()))
}
