// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"net/http"
)

// guardedOps demand credentials in the specification. Each flaw is one way in
// which the server does not keep that promise; the siblings always do.
func (w *world) guardedOps() []operation {
	p := w.priv
	own := "Only rows of the signed-in person."
	list := func(k int, flaw string, b bypass) operation {
		return operation{method: "GET", path: w.at(p[k]), flaw: flaw, bypass: b, access: user, list: true,
			summary: "My own " + p[k], about: own, run: runOwnList(p[k])}
	}
	get := func(k int, flaw string, b bypass) operation {
		return operation{method: "GET", path: w.at(p[k], "{id}"), flaw: flaw, bypass: b, access: user,
			summary: "One of my own " + p[k], about: "Only the owner may read it.", params: []param{w.idParam(p[k], 5, 6)}, run: runOwned(p[k])}
	}
	return []operation{
		list(1, "", bypassNone), get(1, "au-open-item", bypassAll),
		list(2, "au-open-list", bypassAll), get(2, "", bypassNone),
		list(3, "au-head", bypassHead),
		list(4, "au-slash", bypassSlash),
		list(5, "au-case", bypassCase),
		list(6, "au-double-slash", bypassDouble),
		list(7, "au-json-suffix", bypassJSON),
		list(8, "", bypassNone), get(8, "", bypassNone),
		{method: "GET", path: w.at(p[8], "summary"), flaw: "au-sibling", bypass: bypassAll, openSpec: true, access: user,
			summary: "Totals of my " + p[8], about: "Name, address and total of the person.", list: true, run: runSummary(p[8])},
		list(9, "au-any-token", bypassAnyToken),
		{method: "GET", path: w.at(p[14]), trap: "t-403", access: user, list: true, summary: "My own " + p[14], about: own, run: runOwnList(p[14])},
	}
}

func runSummary(noun string) func(*call) {
	return func(c *call) {
		rows, err := c.ownRows(noun)
		if err != nil {
			c.broken()
			return
		}
		totals := map[string]item{}
		for _, row := range rows {
			key := fmt.Sprint(row["owner_id"])
			t := totals[key]
			if t == nil {
				t = item{"customer": row["customer"], "mail": row["mail"], "address": row["address"], "total": 0}
				totals[key] = t
			}
			t["total"] = t["total"].(int) + atoi(fmt.Sprint(row["amount"]))
		}
		var out []item
		for _, key := range sortedKeys(totals) {
			out = append(out, totals[key])
		}
		c.rows(out, "")
	}
}

// ownedOps show one object of one owner. With the flaw on nothing demands
// credentials, in the specification or in the server; repaired, only the owner
// may read. No sibling refuses anybody, because there is none.
func (w *world) ownedOps() []operation {
	p := w.priv
	number := w.query("number", nil)
	id := w.idParam(p[11], 5, 6)
	number.kind, number.format, number.example, number.examples = id.kind, id.format, id.example, id.examples
	person := param{key: "id", name: "id", in: "path", kind: "string", format: "uuid", required: true, example: w.people[3].id, examples: []any{w.people[3].id, w.people[4].id}}
	base := operation{method: "GET", access: user, bypass: bypassAll, openSpec: true, about: "Belongs to one customer."}
	with := func(flaw, path, summary string, q param, run func(*call)) operation {
		op := base
		op.flaw, op.path, op.summary, op.params, op.run = flaw, path, summary, []param{q}, run
		return op
	}
	return []operation{
		with("bola-path", w.at(p[10], "{id}"), "One of the "+p[10], w.idParam(p[10], 5, 6), runOwned(p[10])),
		with("bola-query", w.at(p[11], "lookup"), "Look up by number", number, func(c *call) {
			if row := c.owned(p[11], c.arg("number")); row != nil {
				c.one(row)
			}
		}),
		with("bola-nested", w.at(p[12], "{id}", "lines"), "Lines of one of the "+p[12], w.idParam(p[12], 5, 6), func(c *call) {
			if row := c.owned(p[12], c.arg("id")); row != nil {
				c.rows([]item{{"line": 1, "subject": row["subject"], "deliver_to": row["address"], "contact": row["mail"], "amount": row["amount"]}}, "")
			}
		}),
		with("bola-profile", w.at("profiles", "{id}"), "Profile of a person", person, runProfile),
	}
}

func runProfile(c *call) {
	row, err := c.s.store.account(c.ctx(), c.arg("id"))
	switch {
	case err != nil:
		c.broken()
	case row == nil:
		c.notFound()
	case c.user != nil && c.user.id != row["id"] && c.user.role != "administrator":
		if c.s.world.forbidden == http.StatusForbidden {
			c.fail(http.StatusForbidden, "forbidden", "")
			return
		}
		c.notFound()
	default:
		c.one(item{"id": row["id"], "name": row["name"], "mail": row["mail"], "phone": row["phone"], "address": row["address"]})
	}
}

// adminOps belong to the administrator. With the flaw on nothing demands
// credentials; two of them are not in the specification at all.
func (w *world) adminOps() []operation {
	documented := func(flaw, key, summary, about string, run func(*call)) operation {
		return operation{method: "GET", path: w.at(key), flaw: flaw, access: admin, bypass: bypassAll, openSpec: true, summary: summary, about: about, run: run}
	}
	secret := func(flaw, path string) operation {
		return operation{method: "GET", path: path, flaw: flaw, access: admin, bypass: bypassAll, hidden: true, vanishes: true, summary: "Accounts", run: runAccounts}
	}
	return []operation{
		documented("bfla-config", "config", "Configuration of the running service", "For operators only.", runConfig),
		documented("bfla-jobs", "jobs", "Background jobs and their workers", "For administrators only.", runMisc("job")),
		documented("bfla-audit", "audit", "Who did what", "For administrators only.", runMisc("audit")),
		secret("bfla-admin-users", "/"+w.name("admin")+"/"+w.name("users")),
		secret("bfla-debug-users", "/"+w.name("debugusers")),
	}
}

func runConfig(c *call) {
	w := c.s.world
	c.one(item{"environment": "production", "region": c.s.store.cfg.Region, "maintenance_mode": false, "log_level": "info",
		"tables":        []any{w.tables.accounts, w.tables.records, w.tables.misc},
		"feature_flags": item{"new_checkout": true, "bulk_delete": false}, "max_connections": 50, "internal_hosts": []any{"db-1.internal", "queue-1.internal"}})
}

func runMisc(kind string) func(*call) {
	return func(c *call) {
		rows, err := c.misc(kind)
		if err != nil {
			c.broken()
			return
		}
		c.rows(rows, "")
	}
}

func runAccounts(c *call) {
	rows, err := c.s.store.scanAll(c.ctx(), c.s.world.tables.accounts)
	if err != nil {
		c.broken()
		return
	}
	for _, row := range rows {
		delete(row, "password_hash")
		delete(row, "address")
	}
	c.rows(rows, "")
}
