// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// columns are the attributes of the catalogue that callers may name.
var columns = []string{"title", "maker", "place", "edition"}

// inputOps search and report over public data. With its flaw on, each lets a
// caller's value become part of what is asked of the database instead of a
// bound value.
func (w *world) inputOps() []operation {
	tables := []string{w.tables.events, w.tables.catalogue}
	names := "One of: " + strings.Join(tables, ", ") + "."
	set := w.query("source", tables[0])
	set.about = names
	inPath := set
	inPath.in = "path"
	header := param{key: "source", name: w.name("partition"), in: "header", kind: "string", required: true, example: tables[0], about: names}
	inBody := w.inBody("source", tables[0])
	inBody.about = names
	by := w.query("by", "maker")
	by.about = "One of: " + strings.Join(columns, ", ") + "."
	has := w.query("has", "edition")
	has.about = "Only rows that carry this attribute: " + strings.Join(columns, ", ") + "."
	axis := w.query("axis", "created")
	axis.about = "The attribute of the range; only created is sortable."
	fields := w.query("fields", "title,maker")
	fields.about = "Attributes to return, separated by commas: " + strings.Join(columns, ", ") + "."
	year := w.query("year", 1994)
	p := w.pub
	return []operation{
		{method: "GET", path: w.at(p[1], "reports"), flaw: "iv-table-query", summary: "Report over a data set", about: "Public.", list: true, params: []param{set}, run: runTable},
		{method: "GET", path: w.at(p[3], "exports", "{"+inPath.name+"}"), flaw: "iv-table-path", summary: "Export of a data set", about: "Public.", list: true, params: []param{inPath}, run: runTable},
		{method: "GET", path: w.at(p[4], "stock"), flaw: "iv-table-header", summary: "Holdings", about: "Public.", list: true, params: []param{header}, run: runTable},
		{method: "POST", path: w.at(p[5], "query"), flaw: "iv-table-body", summary: "Query a data set", about: "Public. Reads only, changes nothing.", readOnly: true, list: true, params: []param{inBody}, run: runTable},
		{method: "GET", path: w.at(p[6], "search"), flaw: "iv-filter-field", summary: "Search by an attribute", about: "Public.", list: true, params: []param{by, w.query("value", w.v.makers[1])}, run: runFilterField},
		{method: "GET", path: w.at(p[7], "browse"), flaw: "iv-filter-function", summary: "Rows that carry an attribute", about: "Public.", list: true, params: []param{has}, run: runFilterFunction},
		{method: "GET", path: w.at(p[8], "timeline"), flaw: "iv-keycondition", summary: "Events from a date on", about: "Public.", list: true, params: []param{axis, w.query("from", "2025-03-01")}, run: runKeyCondition},
		{method: "GET", path: w.at(p[9], "lookup"), flaw: "iv-partiql-text", summary: "Look up by maker", about: "Public.", list: true, params: []param{w.query("maker", w.v.makers[2])}, run: runPartiQLText},
		{method: "GET", path: w.at(p[10], "vintage"), flaw: "iv-partiql-number", summary: "Rows of a year", about: "Public.", list: true, params: []param{year}, run: runPartiQLNumber},
		{method: "GET", path: w.at(p[11], "columns"), flaw: "iv-projection", summary: "Chosen columns", about: "Public.", list: true, params: []param{fields}, run: runProjection},
	}
}

// databaseError is how the careless versions answer: with the SDK's own words.
func (c *call) databaseError(err error) {
	c.fail(http.StatusBadRequest, "invalid", err.Error())
}

func runTable(c *call) {
	w := c.s.world
	name := c.arg("source")
	if !c.on && !c.oneOf("source", name, []string{w.tables.events, w.tables.catalogue}) {
		return
	}
	out, err := c.s.store.db.Scan(c.ctx(), &dynamodb.ScanInput{TableName: &name, Limit: ptr(int32(10))})
	if err != nil {
		c.databaseError(err)
		return
	}
	rows := unmarshalAll(out.Items)
	if !c.on {
		shown(rows)
	}
	c.rows(rows, "")
}

// rowsOf runs a query on one partition of the catalogue, bounded in size.
func (c *call) rowsOf(noun string, in *dynamodb.QueryInput) ([]item, error) {
	w := c.s.world
	in.TableName, in.KeyConditionExpression = &w.tables.catalogue, ptr("kind = :k")
	if in.ExpressionAttributeValues == nil {
		in.ExpressionAttributeValues = map[string]types.AttributeValue{}
	}
	in.ExpressionAttributeValues[":k"] = str(noun)
	in.Limit = ptr(int32(pageMaximum))
	out, err := c.s.store.db.Query(c.ctx(), in)
	if err != nil {
		return nil, err
	}
	return unmarshalAll(out.Items), nil
}

func runFilterField(c *call) {
	noun, by := c.s.world.pub[6], c.arg("by")
	in := &dynamodb.QueryInput{ExpressionAttributeValues: map[string]types.AttributeValue{":v": str(c.arg("value"))}}
	if c.on {
		in.FilterExpression = ptr(by + " = :v")
	} else {
		if !c.oneOf("by", by, columns) {
			return
		}
		in.FilterExpression, in.ExpressionAttributeNames = ptr("#by = :v"), map[string]string{"#by": by}
	}
	rows, err := c.rowsOf(noun, in)
	if err != nil {
		c.databaseError(err)
		return
	}
	c.rows(shown(rows), "")
}

func runFilterFunction(c *call) {
	has := c.arg("has")
	in := &dynamodb.QueryInput{}
	if c.on {
		in.FilterExpression = ptr("attribute_exists(" + has + ")")
	} else {
		if !c.oneOf("has", has, columns) {
			return
		}
		in.FilterExpression, in.ExpressionAttributeNames = ptr("attribute_exists(#has)"), map[string]string{"#has": has}
	}
	rows, err := c.rowsOf(c.s.world.pub[7], in)
	if err != nil {
		c.invalid("") // says nothing: only the difference between answers shows the flaw
		return
	}
	c.rows(shown(rows), "")
}

func runKeyCondition(c *call) {
	w := c.s.world
	axis := c.arg("axis")
	if !c.on && !c.oneOf("axis", axis, []string{"created"}) {
		return
	}
	out, err := c.s.store.db.Query(c.ctx(), &dynamodb.QueryInput{
		TableName: &w.tables.events, KeyConditionExpression: ptr("kind = :k AND " + axis + " >= :from"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": str("public"), ":from": str(c.arg("from"))}})
	if err != nil {
		if c.on {
			c.databaseError(err)
		} else {
			c.invalid("")
		}
		return
	}
	c.rows(shown(unmarshalAll(out.Items)), "")
}

func (c *call) statement(text string, values ...types.AttributeValue) ([]item, error) {
	out, err := c.s.store.db.ExecuteStatement(c.ctx(), &dynamodb.ExecuteStatementInput{Statement: &text, Parameters: values})
	if err != nil {
		return nil, err
	}
	return shown(unmarshalAll(out.Items)), nil
}

func runPartiQLText(c *call) {
	w := c.s.world
	from := `SELECT * FROM "` + w.tables.catalogue + `" WHERE kind = '` + w.pub[9] + `' AND maker = `
	var rows []item
	var err error
	if c.on {
		rows, err = c.statement(from + "'" + c.arg("maker") + "'")
	} else {
		rows, err = c.statement(from+"?", str(c.arg("maker")))
	}
	if err != nil && c.on {
		c.databaseError(err)
		return
	}
	if err != nil {
		c.invalid("")
		return
	}
	c.rows(rows, "")
}

func runPartiQLNumber(c *call) {
	w := c.s.world
	from := `SELECT * FROM "` + w.tables.catalogue + `" WHERE kind = '` + w.pub[10] + `' AND "year" = `
	year := c.arg("year")
	if !c.on {
		if n, ok := c.argInt("year", 0); !ok || n < 1000 || n > 2100 {
			c.invalid(w.name("year") + " must be a year")
			return
		}
	}
	rows, err := c.statement(from + year)
	if err != nil {
		c.invalid("") // no text of the database: a blind one
		return
	}
	c.rows(rows, "")
}

func runProjection(c *call) {
	in := &dynamodb.QueryInput{}
	fields := c.arg("fields")
	if c.on {
		in.ProjectionExpression = &fields
	} else {
		in.ExpressionAttributeNames = map[string]string{}
		var marks []string
		for i, field := range strings.Split(fields, ",") {
			if !slices.Contains(columns, field) || i >= len(columns) {
				c.oneOf("fields", field, columns)
				return
			}
			mark := "#f" + string(rune('a'+i))
			if !slices.Contains(marks, mark) {
				marks = append(marks, mark)
			}
			in.ExpressionAttributeNames[mark] = field
		}
		in.ProjectionExpression = ptr(strings.Join(marks, ", "))
	}
	rows, err := c.rowsOf(c.s.world.pub[11], in)
	if err != nil {
		if c.on {
			c.databaseError(err)
		} else {
			c.invalid("")
		}
		return
	}
	c.rows(rows, "")
}
