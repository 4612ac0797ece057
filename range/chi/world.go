// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
)

type idShape int

const (
	shapeInteger idShape = iota
	shapeUUID
	shapeSlug
	shapeBase64
)

// world is everything that a seed decides. It is immutable after newWorld and
// two worlds of the same seed are equal.
type world struct {
	seed       int64
	v          vocabulary
	base       string // "/v2"
	old        string // "/v1", the version that should be gone
	camel      bool
	envelope   string // data, items, bare
	errors     int    // index of the error style
	forbidden  int    // status for an object of somebody else
	missing    int    // status for an object that does not exist: 404, or 200 with an error body
	shape      idShape
	openapi    string
	globalAuth bool // the specification demands credentials globally and lifts them per operation
	pub, priv  []string
	names      map[string]string
	tables     struct{ catalogue, events, accounts, records, misc string }
	texts      map[string]string
	mailHost   string
	self       string // host:port of the plain listener, as callers see it
	people     []person
}

var errorTexts = []map[string]string{
	{"missing": "not found", "auth": "authentication required", "forbidden": "not allowed", "invalid": "invalid request", "internal": "internal error", "limit": "too many requests"},
	{"missing": "no such entry", "auth": "please sign in", "forbidden": "access denied", "invalid": "the request was not understood", "internal": "something went wrong", "limit": "slow down"},
	{"missing": "unknown resource", "auth": "credentials missing", "forbidden": "this is not yours", "invalid": "bad input", "internal": "unexpected condition", "limit": "limit reached"},
	{"missing": "nothing here", "auth": "login needed", "forbidden": "permission missing", "invalid": "cannot process input", "internal": "try again later", "limit": "quota used up"},
}

func newWorld(seed int64, self string) *world {
	w := &world{seed: seed, self: self, names: map[string]string{}, base: "/v2", old: "/v1", envelope: "data",
		forbidden: 404, missing: 404, openapi: "3.0.3", v: vocabularies[0], texts: errorTexts[0]}
	rng := rand.New(rand.NewPCG(uint64(seed), 0x706c756d62))
	if seed != 0 {
		w.v = vocabularies[rng.IntN(len(vocabularies))]
		w.draw(rng)
	}
	w.pub = shuffled(rng, w.v.pub, seed != 0)
	w.priv = shuffled(rng, w.v.priv, seed != 0)
	for _, key := range sortedKeys(synonyms) {
		choice := 0
		if seed != 0 {
			choice = rng.IntN(len(synonyms[key]))
		}
		w.names[key] = w.freeWord(synonyms[key], choice)
	}
	prefix := w.v.brand + "-"
	w.tables.catalogue, w.tables.events, w.tables.accounts = prefix+w.v.tables[0], prefix+w.v.tables[1], prefix+w.v.tables[2]
	w.tables.records, w.tables.misc = prefix+w.v.tables[3], prefix+w.v.tables[4]
	w.mailHost = "post-" + w.letters("mailhost", 6, "abcdefghijklmnopqrstuvwxyz") + ".net"
	w.people = w.makePeople()
	return w
}

func (w *world) draw(rng *rand.Rand) {
	bases := [][2]string{{"/v2", "/v1"}, {"/api/v2", "/api/v1"}, {"/rest/v3", "/rest/v2"}, {"/v3", "/v2"}}
	pair := bases[rng.IntN(len(bases))]
	w.base, w.old = pair[0], pair[1]
	w.camel = rng.IntN(2) == 1
	w.envelope = []string{"data", "items", "bare"}[rng.IntN(3)]
	w.errors = rng.IntN(3)
	w.texts = errorTexts[rng.IntN(len(errorTexts))]
	w.forbidden = []int{403, 404}[rng.IntN(2)]
	w.missing = []int{404, 404, 200}[rng.IntN(3)]
	w.shape = idShape(rng.IntN(4))
	w.openapi = []string{"3.0.3", "3.1.0"}[rng.IntN(2)]
	w.globalAuth = rng.IntN(2) == 1
}

func shuffled(rng *rand.Rand, words []string, mix bool) []string {
	out := append([]string(nil), words...)
	if mix {
		rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// at joins words to a path under the API's base; known logical words are
// translated, anything else (nouns, "{id}") stands as it is.
func (w *world) at(words ...string) string {
	parts := []string{w.base}
	for _, word := range words {
		parts = append(parts, w.name(word))
	}
	return strings.Join(parts, "/")
}

func (w *world) name(key string) string {
	if n, ok := w.names[key]; ok {
		return n
	}
	return key
}

// keyStyle turns a snake_case key into the key style of this seed.
func (w *world) keyStyle(key string) string {
	if !w.camel {
		return key
	}
	parts := strings.Split(key, "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

// digest gives stable bytes for a label in this seed.
func (w *world) digest(label string) [32]byte {
	return sha256.Sum256([]byte(fmt.Sprintf("%d|%s", w.seed, label)))
}

func (w *world) letters(label string, n int, alphabet string) string {
	out := make([]byte, 0, n)
	for round := 0; len(out) < n; round++ {
		for _, b := range w.digest(fmt.Sprintf("%s#%d", label, round)) {
			if len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func (w *world) uuid(label string) string {
	d := w.digest("uuid/" + label)
	d[6], d[8] = d[6]&0x0f|0x40, d[8]&0x3f|0x80
	h := hex.EncodeToString(d[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// id gives the identifier of object n of a kind in the shape of this seed.
func (w *world) id(kind string, n int) string {
	label := fmt.Sprintf("%s/%d", kind, n)
	switch w.shape {
	case shapeUUID:
		return w.uuid(label)
	case shapeSlug:
		d := w.digest(label)
		return fmt.Sprintf("%s-%s-%d", strings.ToLower(strings.Fields(w.v.places[int(d[0])%len(w.v.places)])[0]), hex.EncodeToString(d[1:4]), n)
	case shapeBase64:
		d := w.digest(label)
		return base64.RawURLEncoding.EncodeToString(d[:9])
	}
	d := w.digest(kind)
	return strconv.Itoa(1000*(1+int(binary.BigEndian.Uint16(d[:2]))%40) + n)
}

// freeWord avoids a synonym that is already a collection of this vocabulary.
func (w *world) freeWord(choices []string, first int) string {
	for i := range choices {
		word := choices[(first+i)%len(choices)]
		if !slices.Contains(w.v.pub, word) && !slices.Contains(w.v.priv, word) {
			return word
		}
	}
	return choices[first] + "-list"
}
