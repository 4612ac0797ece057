// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const pageMaximum = 50

// query, inPath, inHeader and inBody make parameters by their logical key.
func (w *world) query(key string, example any) param {
	return param{key: key, name: w.name(key), in: "query", kind: kindOf(example), example: example, required: true}
}

func (w *world) maybe(key string, example any) param {
	p := w.query(key, example)
	p.required = false
	return p
}

func (w *world) inBody(key string, example any) param {
	p := w.query(key, example)
	p.in, p.name = "body", w.keyStyle(w.name(key))
	return p
}

func kindOf(example any) string {
	if _, ok := example.(int); ok {
		return "integer"
	}
	return "string"
}

// idParam is the identifier in a path; the examples are ids that exist.
func (w *world) idParam(kind string, numbers ...int) param {
	p := param{key: "id", name: "id", in: "path", kind: "string", required: true}
	for _, n := range numbers {
		id := w.id(kind, n)
		if w.shape == shapeInteger {
			p.kind = "integer"
			p.examples = append(p.examples, atoi(id))
		} else {
			p.examples = append(p.examples, id)
		}
	}
	if w.shape == shapeUUID {
		p.format = "uuid"
	}
	p.example = p.examples[0]
	return p
}

func atoi(s string) int {
	n := 0
	fmt.Sscan(s, &n)
	return n
}

func (w *world) paging() []param {
	limit := w.maybe("limit", 5)
	limit.minimum, limit.maximum, limit.about = 1, pageMaximum, "Rows of a page, at most 50."
	return []param{limit, w.maybe("cursor", "")}
}

// plainOps are the ordinary, sound operations that any such service has.
func (w *world) plainOps() []operation {
	things, own := w.pub[0], w.priv[0]
	thing := param{key: "id", name: "id", in: "path", kind: "integer", required: true, example: 1, minimum: 1}
	return []operation{
		{method: "GET", path: w.base, summary: "Index of the API", about: "Public.", run: runIndex},
		{method: "GET", path: w.at("health"), summary: "Health of the service", about: "Public.", run: runHealth},
		{method: "GET", path: w.at(things), summary: "Public catalogue of " + things, about: "Public: everybody sees the same rows.", params: w.paging(), list: true, trap: "t-cors-star", run: runCatalogue},
		{method: "GET", path: w.at(things, "{id}"), summary: "One of the " + things, about: "Public catalogue entry, numbered from 1.", params: []param{thing}, trap: "t-public-objects", run: runThing},
		{method: "GET", path: w.at(things, "{id}", "reviews"), summary: "Reviews of one of the " + things, about: "Public. Authors are shown by their id only.", params: []param{thing}, list: true, run: runReviews},
		{method: "GET", path: w.at("me"), summary: "The signed-in person", access: user, run: runMe},
		{method: "GET", path: w.at(own), summary: "My own " + own, about: "Only rows of the signed-in person.", access: user, list: true, run: runOwnList(own)},
		{method: "GET", path: w.at(own, "{id}"), summary: "One of my own " + own, about: "Only the owner may read it.", access: user, params: []param{w.idParam(own, 5)}, run: runOwned(own)},
		{method: "POST", path: w.at(own), summary: "Create an entry", access: user, params: []param{w.inBody("topic", "first try")}, run: runCreate(own)},
		{method: "DELETE", path: w.at(own, "{id}"), summary: "Delete an entry of mine", access: user, params: []param{w.idParam(own, 5)}, run: runDelete(own)},
		{method: "GET", path: w.at(own, "{id}", "cancel"), summary: "Cancel an entry of mine", about: "Changes the state of the entry to cancelled.", access: user, params: []param{w.idParam(own, 5)}, trap: "t-get-writes", run: runCancel(own)},
		{method: "POST", path: w.at("subscribe"), summary: "Subscribe to the newsletter", about: "Public. Stores the address.", params: []param{w.inBody("login", "reader@example.org")}, run: runSubscribe},
	}
}

func runIndex(c *call) {
	w := c.s.world
	links := []any{w.at(w.pub[0]), w.at(w.pub[1]), w.at("rules"), w.at("today"), w.at("pulse"), "/openapi.json"}
	if c.s.flaws.has("im-undocumented") {
		links = append(links, w.at("beta", w.pub[3]))
	}
	c.send(http.StatusOK, item{"service": w.v.brand, "front_end": w.frontEnd(), "support": "support@" + w.mailHost, "links": links})
}

// frontEnd is the one web origin that may read answers with credentials.
func (w *world) frontEnd() string { return "https://app." + w.v.brand + ".example" }

func runHealth(c *call) { c.send(http.StatusOK, item{"status": "ok"}) }

func runCatalogue(c *call) {
	c.w.Header().Set("Access-Control-Allow-Origin", "*")
	c.page(c.s.world.pub[0], pageMaximum)
}

// page lists one public partition with the documented bounds.
func (c *call) page(noun string, maximum int) {
	limit, ok := c.argInt("limit", 10)
	if !ok || limit < 1 || limit > maximum {
		c.invalid(fmt.Sprintf("%s must be a number between 1 and %d", c.s.world.name("limit"), maximum))
		return
	}
	after, err := base64.RawURLEncoding.DecodeString(c.arg("cursor"))
	if err != nil || strings.ContainsFunc(string(after), func(r rune) bool { return r < ' ' || r > '~' }) {
		c.invalid(c.s.world.name("cursor") + " is not one of ours")
		return
	}
	rows, next, err := c.s.store.list(c.ctx(), c.s.world.tables.catalogue, noun, int32(limit), string(after))
	if err != nil {
		c.broken()
		return
	}
	if next != "" {
		next = base64.RawURLEncoding.EncodeToString([]byte(next))
	}
	c.rows(shown(rows), next)
}

// shown drops what the catalogue keeps for itself.
func shown(rows []item) []item {
	for _, row := range rows {
		delete(row, "internal_cost")
		delete(row, "kind")
	}
	return rows
}

func runThing(c *call) {
	row, err := c.s.store.get(c.ctx(), c.s.world.tables.catalogue, c.s.world.pub[0], c.arg("id"))
	switch {
	case err != nil:
		c.broken()
	case row == nil:
		c.notFound()
	default:
		c.one(shown([]item{row})[0])
	}
}

func runReviews(c *call) {
	rows, err := c.misc("review")
	if err != nil {
		c.broken()
		return
	}
	var about []item
	for _, row := range rows {
		if row["about"] == c.arg("id") {
			about = append(about, row)
		}
	}
	c.rows(about, "")
}

// misc reads one kind of the smaller things.
func (c *call) misc(kind string) ([]item, error) {
	rows, _, err := c.s.store.list(c.ctx(), c.s.world.tables.misc, kind, 25, "")
	for _, row := range rows {
		delete(row, "kind")
	}
	return rows, err
}

func runMe(c *call) {
	p := c.user
	c.one(item{"id": p.id, "login": p.login, "name": p.name, "mail": p.mail, "phone": p.phone, "tenant": p.tenant, "role": p.role})
}

// runOwnList lists what the caller owns. Without a caller, which only a hole in
// the credential check lets happen, it lists everybody's.
func runOwnList(noun string) func(*call) {
	return func(c *call) {
		rows, err := c.ownRows(noun)
		if err != nil {
			c.broken()
			return
		}
		c.w.Header().Set("X-Total-Count", fmt.Sprint(len(rows)))
		c.rows(rows, "")
	}
}

func (c *call) ownRows(noun string) ([]item, error) {
	w := c.s.world
	in := &dynamodb.QueryInput{TableName: &w.tables.records, KeyConditionExpression: ptr("kind = :k"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": str(noun)}}
	if c.user != nil {
		in.FilterExpression = ptr("owner_id = :o")
		in.ExpressionAttributeValues[":o"] = str(c.user.id)
	}
	out, err := c.s.store.db.Query(c.ctx(), in)
	if err != nil {
		return nil, err
	}
	rows := unmarshalAll(out.Items)
	for _, row := range rows {
		delete(row, "kind")
	}
	return rows, nil
}

func ptr[T any](v T) *T { return &v }

// owned gives an object that the caller may see, or answers itself.
func (c *call) owned(noun, id string) item {
	row, err := c.s.store.get(c.ctx(), c.s.world.tables.records, noun, id)
	if err != nil {
		c.broken()
		return nil
	}
	if row == nil {
		c.notFound()
		return nil
	}
	if c.user != nil && row["owner_id"] != c.user.id && c.user.role != "administrator" {
		if c.s.world.forbidden == http.StatusForbidden {
			c.fail(http.StatusForbidden, "forbidden", "")
		} else {
			c.notFound()
		}
		return nil
	}
	delete(row, "kind")
	return row
}

func runOwned(noun string) func(*call) {
	return func(c *call) {
		if row := c.owned(noun, c.arg("id")); row != nil {
			c.one(row)
		}
	}
}

func runCreate(noun string) func(*call) {
	return func(c *call) {
		subject := c.arg("topic")
		if subject == "" || len(subject) > 100 {
			c.invalid("the subject must have 1 to 100 characters")
			return
		}
		id := c.s.world.uuid(fmt.Sprint("created/", time.Now().UnixNano()))
		row := item{"kind": noun, "id": id, "owner_id": c.user.id, "tenant": c.user.tenant, "subject": subject}
		if c.s.store.put(c.ctx(), c.s.world.tables.records, row) != nil {
			c.broken()
			return
		}
		c.send(http.StatusCreated, item{"id": id})
	}
}

func runDelete(noun string) func(*call) {
	return func(c *call) {
		if c.owned(noun, c.arg("id")) == nil {
			return
		}
		if c.s.store.remove(c.ctx(), c.s.world.tables.records, noun, c.arg("id")) != nil {
			c.broken()
			return
		}
		c.w.WriteHeader(http.StatusNoContent)
	}
}

func runCancel(noun string) func(*call) {
	return func(c *call) {
		row := c.owned(noun, c.arg("id"))
		if row == nil {
			return
		}
		row["kind"], row["state"] = noun, "cancelled"
		if c.s.store.put(c.ctx(), c.s.world.tables.records, row) != nil {
			c.broken()
			return
		}
		c.send(http.StatusOK, item{"state": "cancelled"})
	}
}

func runSubscribe(c *call) {
	mail := c.arg("login")
	if len(mail) > 120 || strings.Count(mail, "@") != 1 {
		c.invalid("a mail address is needed")
		return
	}
	row := item{"kind": "subscription", "id": mail, "since": time.Now().UTC().Format(time.DateOnly)}
	if c.s.store.put(c.ctx(), c.s.world.tables.misc, row) != nil {
		c.broken()
		return
	}
	c.send(http.StatusAccepted, item{"accepted": true})
}
