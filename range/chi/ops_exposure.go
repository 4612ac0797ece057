// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// exposureOps are public by intent. With the flaw on, their answers carry
// something that nobody meant to publish.
func (w *world) exposureOps() []operation {
	pub := func(flaw, path, summary string, run func(*call)) operation {
		return operation{method: "GET", path: path, flaw: flaw, summary: summary, about: "Public.", run: run}
	}
	rows := func(op operation, params ...param) operation { op.list, op.params = true, params; return op }
	page := w.maybe("page", 1)
	page.minimum, page.maximum = 1, 3
	return []operation{
		rows(pub("de-hash", w.at("staff"), "The team", runWithout("staff", "password_hash"))),
		pub("de-aws-key", w.at("client"), "Settings of the web front end", runClient),
		rows(pub("de-private-key", w.at("partnersystems"), "Partner systems", runPartners)),
		pub("de-jwt", w.at("pulse"), "What is new", runPulse),
		rows(pub("de-card", w.at("donors"), "Supporters of the house", runWithout("supporter", "card_number"))),
		rows(pub("de-iban", w.at("payees"), "Organisations that receive payments", runWithout("payee", "iban"))),
		rows(pub("de-stack", w.at(w.pub[12], "ledger"), "Numbered pages", runPages), page),
		rows(pub("de-sdk-error", w.at(w.pub[13], "walk"), "Walk through the rows", runWalk), w.maybe("limit", 5), w.maybe("cursor", "")),
		pub("de-credential-chain", w.at("dbhealth"), "Health of the storage", runStoreHealth),
		rows(pub("de-mail", w.at("newsletter"), "Number of readers by month", runReaders)),
	}
}

// runWithout lists a kind of rows, without one attribute unless the flaw is on.
func runWithout(kind, attribute string) func(*call) {
	return func(c *call) {
		rows, err := c.misc(kind)
		if err != nil {
			c.broken()
			return
		}
		if !c.on {
			for _, row := range rows {
				delete(row, attribute)
			}
		}
		c.rows(rows, "")
	}
}

func runClient(c *call) {
	w := c.s.world
	out := item{"theme": "light", "locale": "en", "front_end": w.frontEnd(), "upload": item{"bucket": w.v.brand + "-uploads", "region": "eu-central-1"}}
	if c.on {
		out["upload"] = item{"bucket": w.v.brand + "-uploads", "region": "eu-central-1",
			"access_key_id":     "AKIA" + w.letters("aws id", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
			"secret_access_key": w.letters("aws secret", 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
	}
	c.one(out)
}

// partnerKey is made once a process: a real key that opens nothing.
var partnerKey = sync.OnceValue(func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return ""
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

func runPartners(c *call) {
	row := item{"name": "interchange", "protocol": "sftp", "host": "files.partner.example"}
	if c.on {
		row["identity"] = partnerKey()
	}
	c.rows([]item{row}, "")
}

func runPulse(c *call) {
	w := c.s.world
	out := item{"headline": w.v.titles[0], "source": "editorial"}
	if c.on {
		out["subscription"] = item{"channel": "updates", "token": w.serviceJWT()}
	}
	c.one(out)
}

// serviceJWT is a signed token of a service account.
func (w *world) serviceJWT() string {
	part := func(v any) string { b, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(b) }
	body := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." +
		part(map[string]any{"iss": w.v.brand, "sub": "svc-publisher", "scope": "publish:all", "iat": 1763700000, "exp": 2079060000})
	key := w.digest("jwt key")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(body))
	return body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func runPages(c *call) {
	rows, _, err := c.s.store.list(c.ctx(), c.s.world.tables.catalogue, c.s.world.pub[12], 9, "")
	if err != nil {
		c.broken()
		return
	}
	const size = 3
	if c.on {
		defer func() {
			if v := recover(); v != nil {
				c.fail(http.StatusInternalServerError, "internal", fmt.Sprintf("panic: %v\n\n%s", v, debug.Stack()))
			}
		}()
		page := 1
		if c.arg("page") != "" {
			if page, err = strconv.Atoi(c.arg("page")); err != nil {
				panic(err)
			}
		}
		c.rows(shown(rows[(page-1)*size:page*size]), "")
		return
	}
	page, ok := c.argInt("page", 1)
	if !ok || page < 1 || page*size > len(rows) {
		c.invalid(c.s.world.name("page") + " must be a number between 1 and 3")
		return
	}
	c.rows(shown(rows[(page-1)*size:page*size]), "")
}

// runWalk pages with the raw position of the database as cursor.
func runWalk(c *call) {
	w, noun := c.s.world, c.s.world.pub[13]
	if !c.on {
		c.page(noun, pageMaximum)
		return
	}
	limit, _ := c.argInt("limit", 5)
	in := &dynamodb.QueryInput{TableName: &w.tables.catalogue, Limit: ptr(int32(min(max(limit, 1), pageMaximum))), KeyConditionExpression: ptr("kind = :k"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": str(noun)}}
	if cursor := c.arg("cursor"); cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		in.ExclusiveStartKey = map[string]types.AttributeValue{"kind": str(noun), "id": str(string(raw))}
		if err != nil { // handed on as it came, and the database says what it thinks of it
			in.ExclusiveStartKey = map[string]types.AttributeValue{"position": str(cursor)}
		}
	}
	out, err := c.s.store.db.Query(c.ctx(), in)
	if err != nil {
		arn := "arn:aws:dynamodb:" + c.s.store.cfg.Region + ":" + w.letters("account", 12, "123456789") + ":table/" + w.tables.catalogue
		c.fail(http.StatusInternalServerError, "internal", fmt.Sprintf("query on %s: %v", arn, err))
		return
	}
	next := ""
	if id, ok := out.LastEvaluatedKey["id"].(*types.AttributeValueMemberS); ok {
		next = base64.RawURLEncoding.EncodeToString([]byte(id.Value))
	}
	c.rows(shown(unmarshalAll(out.Items)), next)
}

// chainProbe asks the SDK for credentials where none are served, once, so that
// the text of the flaw is the SDK's own.
type chainProbe struct {
	once sync.Once
	text string
}

func (p *chainProbe) cause(region string) string {
	p.once.Do(func() {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		defer stop()
		creds := endpointcreds.New("http://169.254.170.23/v1/credentials", func(o *endpointcreds.Options) {
			o.HTTPClient = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}} // no proxy
			o.Retryer = aws.NopRetryer{}
		})
		db := dynamodb.New(dynamodb.Options{Region: region, Credentials: aws.NewCredentialsCache(creds), RetryMaxAttempts: 1})
		_, err := db.ListTables(ctx, &dynamodb.ListTablesInput{})
		p.text = fmt.Sprint(err)
	})
	return p.text
}

func runStoreHealth(c *call) {
	out := item{"primary": "ok", "archive": "unavailable"}
	if c.on {
		out["cause"] = c.s.chain.cause(c.s.store.cfg.Region)
	}
	c.send(http.StatusOK, out)
}

func runReaders(c *call) {
	rows, err := c.misc("reader")
	if err != nil {
		c.broken()
		return
	}
	var out []item
	for i, row := range rows {
		line := item{"month": fmt.Sprint(row["since"])[:7], "readers": i + 1}
		if c.on {
			line["newest"] = row["mail"]
		}
		out = append(out, line)
	}
	c.rows(out, "")
}
