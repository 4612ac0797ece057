// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// trapOps are sound, whatever they look like, in both twins.
func (w *world) trapOps() []operation {
	name := param{key: "name", name: "name", in: "path", kind: "string", required: true, example: "start"}
	src := w.query("src", "http://images."+w.v.brand+".example/logo.png")
	src.format = "uri"
	pub := func(trap, path, summary string, run func(*call), params ...param) operation {
		return operation{method: "GET", path: path, trap: trap, summary: summary, about: "Public.", params: params, run: run}
	}
	html := func(op operation) operation { op.mediaType = "text/html"; return op }
	vault := operation{method: "GET", path: w.at("vault"), trap: "t-planned", access: user, ghost: true, summary: "Planned", about: "Not built yet."}
	ghost := pub("t-missing", w.at("ghost"), "Suggestions", nil)
	ghost.ghost = true
	spa := html(pub("t-spa", "/app/*", "Web front end", runSPA))
	spa.hidden = true
	robots := pub("", "/robots.txt", "Robots", runRobots)
	robots.hidden = true
	refused := operation{method: "DELETE", path: w.at(w.pub[0], "{id}"), trap: "t-405", hidden: true, summary: "Not a method of the catalogue",
		params: []param{{key: "id", name: "id", in: "path", kind: "integer", required: true, example: 1}}, run: func(c *call) {
			c.w.Header().Set("Allow", "GET, HEAD")
			c.fail(http.StatusMethodNotAllowed, "invalid", "method not allowed")
		}}
	return []operation{
		refused,
		pub("t-echo", w.at("echo"), "What the service received", runEcho, w.query("q", "hello")),
		pub("t-catch-all", w.at("files", "{name}"), "Placeholder for any file", runCatchAll, name),
		spa, ghost, vault, robots,
		pub("t-error", w.at("legacy"), "Old nightly report", func(c *call) { c.broken() }),
		pub("t-slow", w.at("forecast"), "Forecast for next week", runSlow),
		pub("t-constant", w.at("today"), "Figures of the day", func(c *call) { c.send(http.StatusOK, item{"visitors": 49, "open_desks": 7}) }),
		pub("t-calculator", w.at("calc"), "Calculator", runCalculator, w.query("expr", "6*8")),
		pub("t-block-page", w.at("notices"), "Search the notices", runNotices, w.query("q", "opening hours")),
		pub("t-volatile", w.at("ticker"), "Live figures", runTicker),
		html(pub("t-example-key", w.at("keys"), "How to set up a client", runKeysPage)),
		html(pub("t-error-docs", "/docs/errors", "Errors and their meaning", runErrorDocs)),
		listed(pub("t-numbers", w.at(w.pub[1]), "Our addresses", runPlaces)),
		listed(pub("t-uuid-keys", w.at("tokens"), "Marks of recent batches", runMarks)),
		pub("t-shared", w.at("rules"), "House rules, the same for everybody", func(c *call) {
			c.send(http.StatusOK, item{"id": 1, "title": "House rules", "text": "Be kind. Bring things back. Close the door."})
		}),
		pub("t-wall", w.at("busy"), "How busy it is", runBusy),
		pub("t-reflected-problem", w.at("convert"), "Convert a measure", runConvert, w.query("unit", "metre")),
		pub("t-image-proxy", w.at("imgproxy"), "Pictures of our image host", runImageProxy, src),
		html(pub("t-soft-404", w.at("wiki", "{name}"), "Articles of the community", runWiki, name)),
	}
}

func listed(op operation) operation { op.list = true; return op }

func runRobots(c *call) {
	w := c.s.world
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(c.w, "User-agent: *\nDisallow: /%s/%s\nDisallow: /%s\n", w.name("admin"), w.name("users"), w.name("debugusers"))
}

func runEcho(c *call) {
	query := item{}
	for k, v := range c.r.URL.Query() {
		query[k] = strings.Join(v, ",")
	}
	headers := item{}
	for _, k := range []string{"Accept", "User-Agent", "Origin", "X-Forwarded-For", "Content-Type"} {
		if v := c.r.Header.Get(k); v != "" {
			headers[strings.ToLower(k)] = v
		}
	}
	c.send(http.StatusOK, map[string]any{"method": c.r.Method, "path": c.r.URL.Path, "query": map[string]any(query), "headers": map[string]any(headers)})
}

func runCatchAll(c *call) {
	c.send(http.StatusOK, item{"name": c.arg("name"), "kind": "placeholder", "size": 0})
}

func runSPA(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(c.w, "<!doctype html><html><head><title>%s</title></head><body><div id=\"root\"></div></body></html>\n", c.s.world.v.brand)
}

func runSlow(c *call) {
	select {
	case <-time.After(600 * time.Millisecond):
	case <-c.ctx().Done():
		return
	}
	c.send(http.StatusOK, item{"week": 48, "expected": 1200})
}

var calculation = regexp.MustCompile(`^\s*(-?\d{1,9})\s*([-+* /])\s*(-?\d{1,9})\s*$`)

// runCalculator computes for everybody: that is what it is for.
func runCalculator(c *call) {
	m := calculation.FindStringSubmatch(c.arg("expr"))
	if m == nil {
		c.invalid("two numbers and one of + - * / are needed")
		return
	}
	a, _ := strconv.ParseInt(m[1], 10, 64)
	b, _ := strconv.ParseInt(m[3], 10, 64)
	var result int64
	switch m[2] {
	case "+", " ": // a plus sign in a query is a space
		result = a + b
	case "-":
		result = a - b
	case "*":
		result = a * b
	case "/":
		if b == 0 {
			c.invalid("division by zero")
			return
		}
		result = a / b
	}
	c.send(http.StatusOK, item{"result": result})
}

var attackWords = regexp.MustCompile(`(?i)(\bselect\b|\bunion\b|\bor\b.+=|attribute_|<script|\.\./|'|"|169\.254|\bwaitfor\b|\bsleep\b)`)

func runNotices(c *call) {
	if attackWords.MatchString(c.arg("q")) {
		c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(c.w, "<html><head><title>Request blocked</title></head><body><h1>Request blocked</h1><p>Our filter stopped this request. Incident "+fmt.Sprint(rand.Int64())+".</p></body></html>\n")
		return
	}
	c.send(http.StatusOK, item{"matches": []any{}, "searched": "notices"})
}

func runTicker(c *call) {
	order := []any{"alpha", "beta", "gamma", "delta"}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	now := time.Now()
	c.send(http.StatusOK, item{"now": now.UTC().Format(time.RFC3339Nano), "epoch": now.UnixMilli(), "nonce": fmt.Sprintf("%016x", rand.Uint64()), "desks": order, "waiting": rand.IntN(50)})
}

func runKeysPage(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(c.w, `<html><head><title>Set up a client</title></head><body><h1>Set up a client</h1><p>Put your own keys into the profile, for example:</p>
<pre>aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</pre><p>These two are the documented examples; they open nothing.</p></body></html>
`)
}

func runErrorDocs(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(c.w, `<html><head><title>Errors</title></head><body><h1>Errors and their meaning</h1><ul>
<li>You have an error in your SQL syntax: an old client sent a query by hand.</li>
<li>ValidationException: Invalid FilterExpression: Syntax error; token: "'", near: "a'b": the same, against the table store.</li>
<li>ResourceNotFoundException: Requested resource not found: the table is not in this region.</li>
<li>Statement wasn't well formed, can't be processed: Unexpected end of statement.</li></ul></body></html>
`)
}

// runPlaces shows numbers that look like more than they are: sixteen digits
// that fail the card checksum, nine digits, a public telephone number.
func runPlaces(c *call) {
	w := c.s.world
	var rows []item
	for i, place := range w.v.places {
		card := luhnNumber("4716", w.letters(fmt.Sprintf("meter/%d", i), 11, "0123456789"))
		last := (card[15]-'0'+3)%10 + '0'
		rows = append(rows, item{"id": i + 1, "name": place, "desk_phone": "+49 30 5550 10" + fmt.Sprint(i), "registry_no": w.letters(fmt.Sprintf("registry/%d", i), 9, "123456789"), "meter_no": card[:15] + string(last)})
	}
	c.rows(rows, "")
}

func runMarks(c *call) {
	w := c.s.world
	var rows []item
	for i := range 4 {
		d := w.digest(fmt.Sprintf("mark/%d", i))
		rows = append(rows, item{"batch": i + 1, "key": w.uuid(fmt.Sprintf("mark/%d", i)), "checksum": fmt.Sprintf("%x", d)})
	}
	c.rows(rows, "")
}

func runBusy(c *call) {
	if c.within(c.caller(), 4, 2*time.Second) {
		c.send(http.StatusOK, item{"load": "high", "place": c.s.world.v.places[1]})
	}
}

func runConvert(c *call) {
	unit := c.arg("unit")
	factors := map[string]float64{"metre": 1, "foot": 0.3048, "mile": 1609.344}
	if f, ok := factors[unit]; ok {
		c.send(http.StatusOK, item{"unit": unit, "metres": f})
		return
	}
	c.w.Header().Set("Content-Type", "application/problem+json")
	c.send(http.StatusBadRequest, item{"type": "about:blank", "title": "Unknown unit", "status": 400, "detail": "there is no unit " + unit, "instance": c.r.URL.RequestURI()})
}

// runImageProxy only serves pictures of its own host and says which address it
// refused. Nothing is fetched: the pictures are part of the program.
func runImageProxy(c *call) {
	src := c.arg("src")
	u, err := url.Parse(src)
	if err != nil || u.Scheme != "http" || u.Host != "images."+c.s.world.v.brand+".example" || u.User != nil {
		c.fail(http.StatusForbidden, "forbidden", "not an address of our image host: "+src)
		return
	}
	c.w.Header().Set("Content-Type", "image/svg+xml")
	io.WriteString(c.w, `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>`)
}

func runWiki(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if c.arg("name") == "start" {
		io.WriteString(c.w, "<html><body><h1>Welcome</h1><p>Articles by the community.</p></body></html>\n")
		return
	}
	words := []string{"maybe", "look", "elsewhere", "this", "page", "has", "wandered", "off", "try", "another", "door", "quietly"}
	rand.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	fmt.Fprintf(c.w, "<html><body><h1>%s</h1><p>%s.</p></body></html>\n", html.EscapeString(c.arg("name")), strings.Join(words[:4+rand.IntN(6)], " "))
}
