// SPDX-License-Identifier: Apache-2.0

// Command placeholder is the smallest service that keeps the contract of the
// range: it lets the world, the container and the runner be tested on their
// own. It says what it sees of its container and stores nothing but one item.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

type flaw struct {
	Category string            `json:"category"`
	Effects  []string          `json:"effects"`
	ID       string            `json:"id"`
	Method   string            `json:"method"`
	Mode     string            `json:"mode"`
	On       bool              `json:"on"`
	Path     string            `json:"path"`
	Severity string            `json:"severity"`
	Why      string            `json:"why"`
	Param    map[string]string `json:"parameter,omitempty"`
}

type state struct {
	mu       sync.Mutex
	flaws    []flaw
	database string
}

// truth depends on the seed, so that a runner that mixes worlds up is noticed.
func truth(seed int) []flaw {
	return []flaw{
		{ID: "fetch", Category: "ssrf", Method: "GET", Path: fmt.Sprintf("/fetch%d", seed), Severity: "critical", Mode: "safe",
			Why: "fetches what the caller names", Param: map[string]string{"in": "query", "name": "url"}},
		{ID: "write", Category: "inventoryManagement", Method: "GET", Path: "/write", Severity: "low", Mode: "safe",
			Why: "a GET that writes"},
		{ID: "banner", Category: "inventoryManagement", Method: "*", Path: "*", Severity: "low", Mode: "passive",
			Why: "a version in a header"},
		{ID: "item", Category: "bolaAuthorization", Method: "GET", Path: "/items/{id}", Severity: "high", Mode: "safe",
			Why: "items of others", Param: map[string]string{"in": "path", "name": "id"}},
	}
}

// dynamo calls the database. DynamoDB Local looks at the key id only.
func (s *state) dynamo(action string, body any) (string, error) {
	raw, _ := json.Marshal(body)
	r, err := http.NewRequest("POST", s.database, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+action)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ASIAAAAAAAAAAAAAAAAA/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != 200 {
		err = fmt.Errorf("%s: %d %s", action, res.StatusCode, text)
	}
	return string(text), err
}

func (s *state) put(value string) error {
	_, err := s.dynamo("PutItem", map[string]any{"TableName": "items", "Item": map[string]any{
		"id": map[string]string{"S": "1"}, "value": map[string]string{"S": value}}})
	return err
}

func (s *state) create() error {
	_, err := s.dynamo("CreateTable", map[string]any{"TableName": "items", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []any{map[string]string{"AttributeName": "id", "AttributeType": "S"}},
		"KeySchema":            []any{map[string]string{"AttributeName": "id", "KeyType": "HASH"}}})
	return err
}

// surroundings is what a process in this container can see and do.
func surroundings(w http.ResponseWriter, _ *http.Request) {
	status, _ := os.ReadFile("/proc/self/status")
	fields := map[string]string{}
	for _, line := range strings.Split(string(status), "\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			fields[k] = strings.TrimSpace(v)
		}
	}
	seen := map[string]any{"pid": os.Getpid(), "uid": os.Getuid(), "status": fields, "environment": os.Environ()}
	seen["hostname"], _ = os.Hostname()
	seen["writable"] = os.WriteFile("/probe", nil, 0o600) == nil
	names := []string{}
	entries, _ := os.ReadDir("/")
	for _, e := range entries {
		names = append(names, e.Name())
	}
	seen["root"] = names
	links := map[string]string{}
	for _, ns := range []string{"pid", "mnt", "uts", "ipc", "net"} {
		links[ns], _ = os.Readlink("/proc/self/ns/" + ns)
	}
	seen["namespaces"] = links
	nets := []string{}
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		nets = append(nets, i.Name)
	}
	seen["interfaces"] = nets
	json.NewEncoder(w).Encode(seen)
}

func fetch(w http.ResponseWriter, r *http.Request) {
	res, err := http.Get(r.URL.Query().Get("url"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	io.Copy(w, io.LimitReader(res.Body, 1<<20))
}

func (s *state) api(seed int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /surroundings", surroundings)
	mux.HandleFunc(fmt.Sprintf("GET /fetch%d", seed), fetch)
	mux.HandleFunc("GET /write", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.put("changed"); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"openapi":"3.0.3","info":{"title":"placeholder","version":"1"},"paths":{}}`)
	})
	return mux
}

func (s *state) control() http.Handler {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("GET /truth", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply(w, s.flaws, nil)
	})
	mux.HandleFunc("GET /flaws", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		list := []map[string]any{}
		for _, f := range s.flaws {
			list = append(list, map[string]any{"id": f.ID, "on": f.On})
		}
		reply(w, list, nil)
	})
	mux.HandleFunc("PUT /flaws", func(w http.ResponseWriter, r *http.Request) {
		var ids []string
		if err := json.NewDecoder(r.Body).Decode(&ids); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range s.flaws {
			s.flaws[i].On = strings.Contains(" "+strings.Join(ids, " ")+" ", " "+s.flaws[i].ID+" ")
		}
		reply(w, ids, nil)
	})
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, _ *http.Request) { reply(w, "ok", s.put("first")) })
	mux.HandleFunc("GET /checksum", func(w http.ResponseWriter, _ *http.Request) {
		text, err := s.dynamo("Scan", map[string]string{"TableName": "items"})
		reply(w, fmt.Sprintf("%x", sha256.Sum256([]byte(text))), err)
	})
	return mux
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address of the API")
	flag.String("tls-listen", "", "not used")
	flag.String("tls-cert", "", "not used")
	flag.String("tls-key", "", "not used")
	flag.String("region", "", "not used")
	control := flag.String("control", "", "path of the control socket")
	seed := flag.Int("seed", 0, "seed")
	database := flag.String("dynamodb", "", "URL of the database")
	broken := flag.Bool("broken", false, "end at once, to test how a world takes it")
	flag.Parse()
	if *broken {
		log.Fatal("broken as asked")
	}
	s := &state{flaws: truth(*seed), database: *database}
	if err := s.create(); err != nil {
		log.Fatal(err)
	}
	if err := s.put("first"); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("unix", *control)
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, s.control())
	log.Fatal(http.ListenAndServe(*listen, s.api(*seed)))
}
