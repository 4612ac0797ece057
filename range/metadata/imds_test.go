// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that a test moves by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func testWorld(seed uint64) (*world, *clock) {
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	id := identity{Region: "eu-central-1", Role: "web-role", TaskRole: "task-role"}
	return newWorld(id, settings{HTTPTokens: "optional", HopLimit: 1, Enabled: true}, seed, 6*time.Hour, c.now), c
}

func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func want(t *testing.T, rec *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if rec.Code != status || (body != "" && rec.Body.String() != body) {
		t.Fatalf("got %d %q, want %d %q", rec.Code, rec.Body.String(), status, body)
	}
}

func TestTokenRequests(t *testing.T) {
	w, _ := testWorld(1)
	h := w.imdsHandler()
	for _, c := range []struct {
		name, method string
		header       []string
		status       int
	}{
		{"shortest", "PUT", []string{headerTTL, "1"}, 200},
		{"longest", "PUT", []string{headerTTL, "21600"}, 200},
		{"without lifetime", "PUT", nil, 400},
		{"zero", "PUT", []string{headerTTL, "0"}, 400},
		{"too long", "PUT", []string{headerTTL, "21601"}, 400},
		{"negative", "PUT", []string{headerTTL, "-5"}, 400},
		{"no number", "PUT", []string{headerTTL, "60s"}, 400},
		{"forwarded", "PUT", []string{headerTTL, "60", "X-Forwarded-For", "10.0.0.1"}, 403},
		{"GET", "GET", nil, 405},
		{"POST", "POST", nil, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := ask(h, c.method, "http://169.254.169.254/latest/api/token", c.header...)
			want(t, rec, c.status, "")
			if rec.Header().Get("Server") != "EC2ws" {
				t.Fatal("answer without the service's Server header")
			}
			if c.status == 200 && (rec.Body.Len() != 56 || rec.Header().Get(headerTTL) != c.header[1]) {
				t.Fatalf("token %q with lifetime %q", rec.Body.String(), rec.Header().Get(headerTTL))
			}
			if c.status == 405 && rec.Header().Get("Allow") != "OPTIONS, PUT" {
				t.Fatalf("Allow is %q", rec.Header().Get("Allow"))
			}
		})
	}
}

func TestTokensRequired(t *testing.T) {
	w, c := testWorld(1)
	h := w.imdsHandler()
	const path = "http://169.254.169.254/latest/meta-data/services/domain"
	want(t, ask(h, "GET", path), 200, "amazonaws.com")
	if err := w.change(settings{HTTPTokens: "required", HopLimit: 1, Enabled: true}); err != nil {
		t.Fatal(err)
	}
	rec := ask(h, "GET", path)
	want(t, rec, 401, "")
	if !strings.Contains(rec.Body.String(), "<title>401 - Unauthorized</title>") {
		t.Fatalf("page is %q", rec.Body.String())
	}
	token := ask(h, "PUT", "http://169.254.169.254/latest/api/token", headerTTL, "60").Body.String()
	rec = ask(h, "GET", path, headerToken, token)
	want(t, rec, 200, "amazonaws.com")
	if rec.Header().Get(headerTTL) != "60" {
		t.Fatalf("lifetime left is %q", rec.Header().Get(headerTTL))
	}
	want(t, ask(h, "GET", path, headerToken, "A"+token[1:55]+"A"), 401, "")
	c.add(59 * time.Second)
	want(t, ask(h, "GET", path, headerToken, token), 200, "")
	c.add(time.Second)
	want(t, ask(h, "GET", path, headerToken, token), 401, "")
}

// A wrong token is refused even where none is needed, and a service that is
// switched off refuses all.
func TestWrongTokenAndSwitchedOff(t *testing.T) {
	w, _ := testWorld(1)
	h := w.imdsHandler()
	want(t, ask(h, "GET", "http://169.254.169.254/latest/", headerToken, "wrong"), 401, "")
	w.change(settings{HTTPTokens: "optional", HopLimit: 1})
	want(t, ask(h, "GET", "http://169.254.169.254/latest/"), 403, "")
	want(t, ask(h, "PUT", "http://169.254.169.254/latest/api/token", headerTTL, "60"), 403, "")
}

func TestListings(t *testing.T) {
	w, _ := testWorld(1)
	h := w.imdsHandler()
	for path, body := range map[string]string{
		"/latest/":                                         "dynamic\nmeta-data\nuser-data",
		"/latest/meta-data/services/":                      "domain\npartition",
		"/latest/meta-data/services/partition":             "aws",
		"/2021-01-03/meta-data/services/domain":            "amazonaws.com",
		"/latest/meta-data/placement/":                     "availability-zone\navailability-zone-id\nregion",
		"/latest/meta-data/placement/region":               "eu-central-1",
		"/latest/meta-data/placement/availability-zone-id": "euc1-az1",
		"/latest/meta-data/iam/":                           "info\nsecurity-credentials/",
		"/latest/meta-data/iam/security-credentials/":      "web-role",
		"/latest/dynamic/":                                 "instance-identity/",
	} {
		want(t, ask(h, "GET", "http://169.254.169.254"+path), 200, body)
	}
	top := ask(h, "GET", "http://169.254.169.254/latest/meta-data/").Body.String()
	for _, name := range []string{"ami-id", "ami-launch-index", "placement/", "iam/", "services/", "instance-id"} {
		if !strings.Contains("\n"+top+"\n", "\n"+name+"\n") {
			t.Errorf("%q is missing in %q", name, top)
		}
	}
	rec := ask(h, "GET", "http://169.254.169.254/latest/meta-data")
	want(t, rec, 301, "")
	if rec.Header().Get("Location") != "http://169.254.169.254/latest/meta-data/" {
		t.Fatalf("Location is %q", rec.Header().Get("Location"))
	}
	for _, path := range []string{"/latest/meta-data/nothing", "/latest/meta-data/iam/security-credentials/other",
		"/first/meta-data/", "/latest/meta-data/ami-id/", "/latest/nothing/"} {
		want(t, ask(h, "GET", "http://169.254.169.254"+path), 404, "")
	}
	want(t, ask(h, "POST", "http://169.254.169.254/latest/"), 405, "")
	want(t, ask(h, "GET", "http://169.254.169.254/"), 200, "")
}

func TestCredentialsShapeAndRotation(t *testing.T) {
	w, c := testWorld(1)
	h := w.imdsHandler()
	read := func() map[string]string {
		rec := ask(h, "GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/web-role")
		m := map[string]string{}
		if err := json.Unmarshal(rec.Body.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	first := read()
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(first["AccessKeyId"]) ||
		!regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(first["SecretAccessKey"]) ||
		len(first["Token"]) < 300 || first["Code"] != "Success" || first["Type"] != "AWS-HMAC" {
		t.Fatalf("wrong shape: %v", first)
	}
	if first["Expiration"] != "2026-03-01T18:00:00Z" || first["LastUpdated"] != "2026-03-01T12:00:00Z" {
		t.Fatalf("times are %s and %s", first["LastUpdated"], first["Expiration"])
	}
	c.add(5*time.Hour + 54*time.Minute)
	if read()["AccessKeyId"] != first["AccessKeyId"] {
		t.Fatal("rotated too early")
	}
	c.add(time.Minute)
	second := read()
	if second["AccessKeyId"] == first["AccessKeyId"] || second["Expiration"] != "2026-03-01T23:55:00Z" {
		t.Fatalf("not rotated five minutes before the end: %v", second)
	}
}

func TestSeedsDiffer(t *testing.T) {
	a, _ := testWorld(1)
	b, _ := testWorld(1)
	c, _ := testWorld(2)
	if a.identity != b.identity || a.instance.get().secret != b.instance.get().secret {
		t.Fatal("one seed gave two worlds")
	}
	if a.identity == c.identity || a.instance.get().secret == c.instance.get().secret {
		t.Fatal("two seeds gave one world")
	}
}

func TestIdentityDocument(t *testing.T) {
	w, _ := testWorld(3)
	rec := ask(w.imdsHandler(), "GET", "http://169.254.169.254/latest/dynamic/instance-identity/document")
	var doc struct {
		AccountID, Region, InstanceID, Version string
		KernelID                               *string
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.AccountID != w.identity.account || doc.Region != "eu-central-1" || doc.InstanceID != w.identity.instance || doc.KernelID != nil {
		t.Fatalf("document is %+v", doc)
	}
}

func TestTaskEndpoint(t *testing.T) {
	w, _ := testWorld(1)
	h := w.ecsHandler()
	get := func(path string) *httptest.ResponseRecorder { return ask(h, "GET", "http://169.254.170.2"+path) }
	want(t, get("/"), 404, "404 page not found\n")
	want(t, get("/v2/"), 404, "404 page not found\n")
	want(t, get("/v2/credentials/"), 400, "")
	rec := get("/v2/credentials/00000000-0000-4000-8000-000000000000")
	want(t, rec, 400, `{"HTTPErrorCode":400,"code":"InvalidIdInRequest","message":"CredentialsV2Request: Credentials not found"}`+"\n")
	keys := func(path string, names ...string) {
		t.Helper()
		rec := get(path)
		want(t, rec, 200, "")
		m := map[string]any{}
		if err := json.Unmarshal(rec.Body.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if m[n] == nil {
				t.Errorf("%s lacks %s", path, n)
			}
		}
	}
	keys("/v2/credentials/"+w.identity.CredentialsID, "RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration")
	keys("/v2/metadata", "Cluster", "TaskARN", "Family", "Revision", "DesiredStatus", "Containers")
	keys("/v2/stats", w.identity.containerID)
	for _, v := range []string{"/v3/", "/v4/"} {
		keys(v+w.identity.EndpointID, "DockerId", "DockerName", "Labels")
		keys(v+w.identity.EndpointID+"/task", "TaskARN", "Family", "Containers")
		keys(v+w.identity.EndpointID+"/stats", "read")
		keys(v+w.identity.EndpointID+"/task/stats", w.identity.containerID)
		want(t, get(v+"0123"), 404, "")
	}
	keys("/v4/"+w.identity.EndpointID, "ContainerARN")
	want(t, ask(h, "PUT", "http://169.254.170.2/v2/metadata"), 404, "")
}

func TestCountersNameSecretPaths(t *testing.T) {
	w, _ := testWorld(1)
	imds, ecs := w.imdsHandler(), w.ecsHandler()
	ask(imds, "GET", "http://169.254.169.254/latest/meta-data/services/domain", "User-Agent", "visitor")
	ask(imds, "GET", "http://169.254.169.254/latest/meta-data/services/domain", "User-Agent", "visitor")
	ask(imds, "GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/", "User-Agent", "visitor")
	ask(imds, "GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/web-role", "User-Agent", "visitor")
	ask(imds, "GET", "http://169.254.169.254/latest/user-data", "User-Agent", "visitor")
	ask(ecs, "GET", "http://169.254.170.2/v2/credentials/x", "User-Agent", "visitor")
	secret := map[string]bool{}
	for _, c := range w.counters.list() {
		if c.Agent != "visitor" || c.SDK {
			t.Fatalf("agent is %q, SDK %v", c.Agent, c.SDK)
		}
		secret[c.Path] = c.Secret
		if c.Path == "/latest/meta-data/services/domain" && (c.Count != 2 || c.Status != 200) {
			t.Fatalf("counted %+v", c)
		}
	}
	for path, isOne := range map[string]bool{
		"/latest/meta-data/services/domain":                   false,
		"/latest/meta-data/iam/security-credentials/":         false,
		"/latest/meta-data/iam/security-credentials/web-role": true,
		"/latest/user-data":                                   true,
		"/v2/credentials/x":                                   true,
	} {
		if got, known := secret[path]; !known || got != isOne {
			t.Errorf("%s: counted %v, secret %v", path, known, got)
		}
	}
}

func TestOnlyTheCredentialChainCountsAsSDK(t *testing.T) {
	w, _ := testWorld(1)
	h := w.imdsHandler()
	for _, c := range []struct {
		method, agent, attempt string
		sdk                    bool
	}{
		{"GET", "aws-sdk-go-v2/1.47.7 os/linux ft/ec2-imds", "attempt=1", true},
		{"GET", "Go-http-client/1.1", "attempt=1; max=3", true},
		{"GET", "Go-http-client/1.1", "", false},
		{"POST", "aws-sdk-go-v2/1.47.7 os/linux api/dynamodb#1.73.1", "attempt=1", false},
		{"GET", "aws-sdk-go-v2/1.47.7 os/linux api/s3#1.90.0", "attempt=1", false},
	} {
		w.counters.clear()
		ask(h, c.method, "http://169.254.169.254/latest/user-data", "User-Agent", c.agent, "Amz-Sdk-Request", c.attempt)
		if rows := w.counters.list(); len(rows) != 1 || rows[0].SDK != c.sdk || !rows[0].Secret {
			t.Errorf("%s by %q: %+v", c.method, c.agent, rows)
		}
	}
}

func TestControl(t *testing.T) {
	w, _ := testWorld(1)
	h := w.controlHandler()
	put := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("PUT", "http://control/state", strings.NewReader(body))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	want(t, put(`{"httpTokens":"required"}`), 200, `{"httpTokens":"required","hopLimit":1,"enabled":true}`+"\n")
	want(t, put(`{"hopLimit":2}`), 200, `{"httpTokens":"required","hopLimit":2,"enabled":true}`+"\n")
	want(t, put(`{"hopLimit":0}`), 400, "")
	want(t, put(`{"hopLimit":65}`), 400, "")
	want(t, put(`{"httpTokens":"sometimes"}`), 400, "")
	want(t, put(`{"unknown":1}`), 400, "")
	if s := w.current(); s != (settings{"required", 2, true}) {
		t.Fatalf("settings are %+v", s)
	}
	ask(w.imdsHandler(), "GET", "http://169.254.169.254/latest/")
	if len(w.counters.list()) != 1 {
		t.Fatal("not counted")
	}
	want(t, ask(h, "DELETE", "http://control/counters"), 204, "")
	want(t, ask(h, "GET", "http://control/counters"), 200, "[]\n")
	if body, _ := io.ReadAll(ask(h, "GET", "http://control/state").Body); !strings.Contains(string(body), w.identity.CredentialsID) {
		t.Fatalf("state is %s", body)
	}
}

func TestTokenTableIsBounded(t *testing.T) {
	w, c := testWorld(1)
	for range maxTokens {
		if w.tokens.issue(10) == "" {
			t.Fatal("refused below the bound")
		}
	}
	if w.tokens.issue(10) != "" {
		t.Fatal("the table grows without end")
	}
	c.add(11 * time.Second)
	if w.tokens.issue(10) == "" {
		t.Fatal("tokens that ended are not forgotten")
	}
}
