// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// cleanEnvironment leaves the SDK nothing but what the test gives it.
func cleanEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_V1_DISABLED",
		"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
		"HTTP_PROXY", "http_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
}

func sdkCredentials(t *testing.T) (aws.Credentials, error) {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Credentials.Retrieve(context.Background())
}

// asked tells whether the counters hold a row, and that it came from the SDK.
func asked(t *testing.T, w *world, method, path string, status int) bool {
	t.Helper()
	for _, c := range w.counters.list() {
		if c.Method == method && c.Path == path && c.Status == status {
			if !c.SDK {
				t.Errorf("%s %s is not counted as the SDK's (agent %q)", method, path, c.Agent)
			}
			return true
		}
	}
	return false
}

const roleOfTest = "/latest/meta-data/iam/security-credentials/web-role"

func TestSDKObtainsInstanceCredentialsByTokens(t *testing.T) {
	for _, mode := range []string{"optional", "required"} {
		t.Run(mode, func(t *testing.T) {
			w, _ := testWorld(7)
			w.change(settings{HTTPTokens: mode, HopLimit: 1, Enabled: true})
			server := httptest.NewServer(w.imdsHandler())
			defer server.Close()
			cleanEnvironment(t)
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
			got, err := sdkCredentials(t)
			if err != nil {
				t.Fatal(err)
			}
			c := w.instance.get()
			if got.AccessKeyID != c.accessKeyID || got.SecretAccessKey != c.secret || got.SessionToken != c.token || !got.CanExpire {
				t.Fatalf("the SDK has %+v", got)
			}
			if !asked(t, w, "PUT", tokenPath, 200) || !asked(t, w, "GET", roleOfTest, 200) {
				t.Fatalf("no token was used: %+v", w.counters.list())
			}
		})
	}
}

// A proxy adds X-Forwarded-For, so the token is refused; with tokens optional
// the SDK goes on as version 1, with tokens required it gets nothing.
func TestSDKFallsBackToVersion1(t *testing.T) {
	w, _ := testWorld(8)
	inner := w.imdsHandler()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Forwarded-For", "10.0.0.9")
		inner.ServeHTTP(rw, r)
	}))
	defer server.Close()
	cleanEnvironment(t)
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
	got, err := sdkCredentials(t)
	if err != nil {
		t.Fatal(err)
	}
	if got.SecretAccessKey != w.instance.get().secret {
		t.Fatalf("the SDK has %+v", got)
	}
	if !asked(t, w, "PUT", tokenPath, 403) || !asked(t, w, "GET", roleOfTest, 200) {
		t.Fatalf("no fall-back seen: %+v", w.counters.list())
	}

	t.Setenv("AWS_EC2_METADATA_V1_DISABLED", "true")
	if _, err := sdkCredentials(t); err == nil {
		t.Fatal("the SDK fell back although version 1 is disabled for it")
	}
	t.Setenv("AWS_EC2_METADATA_V1_DISABLED", "")
	w.change(settings{HTTPTokens: "required", HopLimit: 1, Enabled: true})
	if _, err := sdkCredentials(t); err == nil {
		t.Fatal("credentials without a token although tokens are required")
	}
}

func TestSDKReadsRegionAndDocument(t *testing.T) {
	w, _ := testWorld(9)
	server := httptest.NewServer(w.imdsHandler())
	defer server.Close()
	cleanEnvironment(t)
	client := imds.New(imds.Options{Endpoint: server.URL})
	region, err := client.GetRegion(context.Background(), nil)
	if err != nil || region.Region != "eu-central-1" {
		t.Fatalf("region %v, %v", region, err)
	}
	doc, err := client.GetInstanceIdentityDocument(context.Background(), nil)
	if err != nil || doc.AccountID != w.identity.account || doc.InstanceID != w.identity.instance {
		t.Fatalf("document %+v, %v", doc, err)
	}
	info, err := client.GetIAMInfo(context.Background(), nil)
	if err != nil || info.Code != "Success" || !strings.HasSuffix(info.InstanceProfileArn, "/web-role") {
		t.Fatalf("info %+v, %v", info, err)
	}
}

func TestSDKObtainsTaskCredentialsByFullURI(t *testing.T) {
	w, _ := testWorld(10)
	server := httptest.NewServer(w.ecsHandler())
	defer server.Close()
	cleanEnvironment(t)
	path := "/v2/credentials/" + w.identity.CredentialsID
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL+path)
	got, err := sdkCredentials(t)
	if err != nil {
		t.Fatal(err)
	}
	c := w.task.get()
	if got.AccessKeyID != c.accessKeyID || got.SecretAccessKey != c.secret || got.SessionToken != c.token {
		t.Fatalf("the SDK has %+v", got)
	}
	if !asked(t, w, "GET", path, 200) {
		t.Fatalf("not asked: %+v", w.counters.list())
	}
}
