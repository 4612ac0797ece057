// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const (
	fetchTime = 3 * time.Second
	fetchSize = 64 << 10
)

// fetcher gets pages on behalf of callers. safe only reaches the service's own
// static pages: compared after parsing, pinned to one address, no redirects.
type fetcher struct {
	self  string
	open  *http.Client
	safe  *http.Client
	slots chan struct{} // bounds the fetches in the background
}

var errNotAllowed = errors.New("this address is not on the list")

func newFetcher(self string) *fetcher {
	dialer := &net.Dialer{Timeout: fetchTime}
	pinned := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, self)
	}}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	plain := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Second}
	return &fetcher{self: self, slots: make(chan struct{}, 16),
		open: &http.Client{Timeout: fetchTime, Transport: plain},
		safe: &http.Client{Timeout: fetchTime, Transport: pinned, CheckRedirect: stay}}
}

// allowed is the sound rule.
func (f *fetcher) allowed(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "http" && u.Host == f.self && u.User == nil && strings.HasPrefix(u.Path, "/static/") && !strings.Contains(u.Path, "..")
}

type page struct {
	status      int
	contentType string
	body        string
}

func (f *fetcher) get(ctx context.Context, client *http.Client, raw string) (*page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, fetchSize))
	if err != nil {
		return nil, err
	}
	return &page{res.StatusCode, res.Header.Get("Content-Type"), string(body)}, nil
}

// fetchOps reach out for callers. The repaired ones reach the service's own
// static pages only.
func (w *world) fetchOps() []operation {
	sample := "http://" + w.self + "/static/sample.txt"
	body := func(key string) param { p := w.inBody(key, sample); p.format = "uri"; return p }
	at := func(key string) param { p := w.query(key, sample); p.format = "uri"; return p }
	upstream := w.query("upstream", w.self+"/static/sample.txt")
	upstream.about = "Host, port and path without a scheme."
	endpoint := w.query("endpoint", "default")
	endpoint.about = "The word default, or the endpoint of a replica."
	return []operation{
		{method: "GET", path: "/static/sample.txt", hidden: true, summary: "Static sample", run: runSample},
		{method: "GET", path: w.at("preview"), flaw: "ssrf-query", summary: "Preview of a page", about: "Public.", params: []param{at("url")}, run: runFetch("url")},
		{method: "POST", path: w.at("linkcheck"), flaw: "ssrf-body", readOnly: true, summary: "Check a link", about: "Public. Reads only, changes nothing.", params: []param{body("site")}, run: runFetch("site")},
		{method: "GET", path: w.at("avatar"), flaw: "ssrf-blind-query", summary: "Import a picture", about: "Public. The picture is fetched in the background and checked; nothing is kept.", params: []param{at("image")}, run: runBlind("image")},
		{method: "POST", path: w.at("hooks"), flaw: "ssrf-blind-body", readOnly: true, summary: "Try a callback address", about: "Public. Calls the address once; changes nothing here.", params: []param{body("callback")}, run: runBlind("callback")},
		{method: "GET", path: w.at("feeds"), flaw: "ssrf-redirect", summary: "Read a feed", about: "Public.", params: []param{at("feed")}, run: runFetchGuarded},
		{method: "GET", path: w.at("covers"), flaw: "ssrf-denylist", summary: "Remote cover picture", about: "Public.", params: []param{at("cover")}, run: runFetchDenied},
		{method: "GET", path: w.at("mirror"), flaw: "ssrf-host", summary: "State of an upstream", about: "Public.", params: []param{upstream}, run: runFetchHost},
		{method: "GET", path: w.at("storage"), flaw: "ssrf-sdk-endpoint", summary: "Reachability of the storage", about: "Public.", params: []param{endpoint}, run: runEndpoint},
	}
}

func runSample(c *call) {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(c.w, "A sample page of the "+c.s.world.v.brand+" service.\n")
}

func (c *call) refuseAddress() {
	c.fail(http.StatusBadRequest, "invalid", errNotAllowed.Error())
}

func (c *call) fetched(client *http.Client, raw string) {
	p, err := c.s.fetch.get(c.ctx(), client, raw)
	if err != nil {
		c.fail(http.StatusBadGateway, "internal", "the address could not be read")
		return
	}
	c.send(http.StatusOK, item{"status": p.status, "media_type": p.contentType, "content": p.body})
}

func runFetch(key string) func(*call) {
	return func(c *call) {
		raw := c.arg(key)
		if c.on {
			c.fetched(c.s.fetch.open, raw)
			return
		}
		c.fetchSafely(raw)
	}
}

func (c *call) fetchSafely(raw string) {
	if !c.s.fetch.allowed(raw) {
		c.refuseAddress()
		return
	}
	c.fetched(c.s.fetch.safe, raw)
}

// runBlind answers the same whatever happens to the address.
func runBlind(key string) func(*call) {
	return func(c *call) {
		raw, f := c.arg(key), c.s.fetch
		client := f.open
		if !c.on {
			if !f.allowed(raw) {
				c.refuseAddress()
				return
			}
			client = f.safe
		}
		select {
		case f.slots <- struct{}{}:
			go func() {
				defer func() { <-f.slots }()
				ctx, stop := context.WithTimeout(context.Background(), fetchTime)
				defer stop()
				f.get(ctx, client, raw) // the outcome is nobody's business
			}()
		default:
		}
		c.send(http.StatusAccepted, item{"accepted": true})
	}
}

// runFetchGuarded refuses link-local addresses after resolution, as one should,
// but only for the first address and not for those it is redirected to.
func runFetchGuarded(c *call) {
	raw := c.arg("feed")
	if !c.on {
		c.fetchSafely(raw)
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		c.refuseAddress()
		return
	}
	addrs, err := net.DefaultResolver.LookupNetIP(c.ctx(), "ip", u.Hostname())
	if err != nil {
		c.fail(http.StatusBadGateway, "internal", "the address could not be read")
		return
	}
	for _, a := range addrs {
		if a.Unmap().IsLinkLocalUnicast() {
			c.refuseAddress()
			return
		}
	}
	c.fetched(c.s.fetch.open, raw)
}

// runFetchDenied compares text: another spelling of the same address passes.
func runFetchDenied(c *call) {
	raw := c.arg("cover")
	if !c.on {
		c.fetchSafely(raw)
		return
	}
	u, err := url.Parse(raw)
	if err != nil || slices.Contains([]string{"169.254.169.254", "169.254.170.2", "metadata.google.internal"}, u.Hostname()) {
		c.refuseAddress()
		return
	}
	c.fetched(c.s.fetch.open, raw)
}

func runFetchHost(c *call) {
	raw := "http://" + c.arg("upstream")
	if !c.on {
		c.fetchSafely(raw)
		return
	}
	c.fetched(c.s.fetch.open, raw)
}

// runEndpoint asks a database endpoint for its tables' names and tells only
// whether that worked.
func runEndpoint(c *call) {
	endpoint := c.arg("endpoint")
	db := c.s.store.db
	if endpoint != "default" {
		if !c.on {
			c.refuseAddress()
			return
		}
		db = dynamodb.NewFromConfig(c.s.store.cfg, func(o *dynamodb.Options) {
			o.BaseEndpoint = &endpoint
			o.RetryMaxAttempts = 1
			o.DisableValidateResponseChecksum = true
			o.HTTPClient = c.s.fetch.open
		})
	}
	ctx, stop := context.WithTimeout(c.ctx(), fetchTime)
	defer stop()
	if _, err := db.ListTables(ctx, &dynamodb.ListTablesInput{Limit: ptr(int32(1))}); err != nil {
		if c.on {
			c.fail(http.StatusBadGateway, "internal", err.Error())
		} else {
			c.broken()
		}
		return
	}
	c.send(http.StatusOK, item{"reachable": true})
}
