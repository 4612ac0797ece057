// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
)

// The tests of this file run in network namespaces of their own, with the
// services on their true addresses. The test binary starts itself there.
const roleVariable = "METADATA_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "serve":
		main()
	case "sdk":
		childSDK()
	case "token":
		childToken()
	}
}

// childSDK prints what the SDK's default chain obtains.
func childSDK() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("key", c.AccessKeyID, c.Source)
}

// childToken asks for a token and for a name without one.
func childToken() {
	client := &http.Client{Timeout: 1500 * time.Millisecond}
	report := func(what, method, path string) {
		r, err := http.NewRequest(method, "http://169.254.169.254"+path, nil)
		if err != nil {
			fmt.Println(what, "error", err)
			return
		}
		r.Header.Set(headerTTL, "60")
		res, err := client.Do(r)
		if err != nil {
			fmt.Println(what, "none")
			return
		}
		res.Body.Close()
		fmt.Println(what, res.StatusCode)
	}
	report("token", "PUT", tokenPath)
	report("name", "GET", "/latest/meta-data/services/domain")
}

func mustRun(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// namespace makes a network namespace that ends with the test.
func namespace(t *testing.T, name string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root for network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs the program ip (Debian package iproute2)")
	}
	name = fmt.Sprintf("plumb-md-%d-%s", os.Getpid(), name)
	mustRun(t, "ip", "netns", "add", name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() })
	mustRun(t, "ip", "-n", name, "link", "set", "lo", "up")
	return name
}

func inNamespace(ns, role string, env []string, args ...string) *exec.Cmd {
	self, _ := os.Executable()
	c := exec.Command("ip", append([]string{"netns", "exec", ns, self}, args...)...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), roleVariable + "=" + role,
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent"}, env...)
	return c
}

// startServices runs the program itself and waits until it is ready.
func startServices(t *testing.T, ns string, args ...string) string {
	t.Helper()
	control := filepath.Join(t.TempDir(), "c")
	c := inNamespace(ns, "serve", nil, append([]string{"-control", control}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the services said %q", line)
	}
	return control
}

func controlClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

func TestSDKInNamespaceByRelativeURIAndInstance(t *testing.T) {
	ns := namespace(t, "sdk")
	mustRun(t, "ip", "-n", ns, "addr", "add", "169.254.169.254/32", "dev", "lo")
	mustRun(t, "ip", "-n", ns, "addr", "add", "169.254.170.2/32", "dev", "lo")
	const id = "6b2f0d5e-7a31-4c1f-9d1e-0c7f3a5b9e21"
	control := startServices(t, ns, "-credentials-id", id, "-http-tokens", "required", "-seed", "5")

	out, err := inNamespace(ns, "sdk", []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/" + id}).Output()
	if err != nil || !strings.HasPrefix(string(out), "key ASIA") || !strings.Contains(string(out), "CredentialsEndpointProvider") {
		t.Fatalf("task: %q, %v", out, err)
	}
	out, err = inNamespace(ns, "sdk", nil).Output()
	if err != nil || !strings.HasPrefix(string(out), "key ASIA") || !strings.Contains(string(out), "EC2RoleProvider") {
		t.Fatalf("instance: %q, %v", out, err)
	}

	res, err := controlClient(control).Get("http://control/counters")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var rows []count
	if err := json.NewDecoder(res.Body).Decode(&rows); err != nil {
		t.Fatal(err)
	}
	services := map[string]bool{}
	for _, row := range rows {
		if row.Secret && row.Status == 200 && row.SDK {
			services[row.Service] = true
		}
	}
	if !services[serviceIMDS] || !services[serviceECS] {
		t.Fatalf("counters are %+v", rows)
	}
}

// Three namespaces in a row: the service, the node that forwards, the
// container. With a limit of 1 the answer to the token request dies at the
// node, everything else passes; with 2 the token arrives as well.
func TestHopLimitAcrossNamespaces(t *testing.T) {
	cloud, node, box := namespace(t, "cloud"), namespace(t, "node"), namespace(t, "box")
	mustRun(t, "ip", "-n", cloud, "link", "add", "c0", "type", "veth", "peer", "name", "n0", "netns", node)
	mustRun(t, "ip", "-n", node, "link", "add", "n1", "type", "veth", "peer", "name", "b0", "netns", box)
	for _, a := range [][3]string{{cloud, "c0", "10.9.1.1/24"}, {node, "n0", "10.9.1.2/24"}, {node, "n1", "10.9.2.1/24"}, {box, "b0", "10.9.2.2/24"}} {
		mustRun(t, "ip", "-n", a[0], "addr", "add", a[2], "dev", a[1])
		mustRun(t, "ip", "-n", a[0], "link", "set", a[1], "up")
	}
	mustRun(t, "ip", "-n", cloud, "addr", "add", "169.254.169.254/32", "dev", "lo")
	mustRun(t, "ip", "-n", cloud, "route", "add", "default", "via", "10.9.1.2")
	mustRun(t, "ip", "-n", node, "route", "add", "169.254.169.254/32", "via", "10.9.1.1")
	mustRun(t, "ip", "-n", box, "route", "add", "default", "via", "10.9.2.1")
	mustRun(t, "ip", "netns", "exec", node, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
	control := startServices(t, cloud, "-ecs", "", "-hop-limit", "1")

	from := func(ns string) string {
		out, err := inNamespace(ns, "token", nil).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	if got := from(box); got != "token none name 200" {
		t.Fatalf("container at limit 1: %s", got)
	}
	if got := from(node); got != "token 200 name 200" {
		t.Fatalf("node at limit 1: %s", got)
	}
	// The SDK in the container times out on the token and goes on as version 1.
	out, err := inNamespace(box, "sdk", nil).Output()
	if err != nil || !strings.HasPrefix(string(out), "key ASIA") {
		t.Fatalf("SDK in the container at limit 1: %q, %v", out, err)
	}

	set := func(body string) {
		r, _ := http.NewRequest("PUT", "http://control/state", strings.NewReader(body))
		res, err := controlClient(control).Do(r)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("control: %v, %v", res, err)
		}
		res.Body.Close()
	}
	set(`{"httpTokens":"required"}`)
	if out, _ := inNamespace(box, "sdk", nil).Output(); !strings.HasPrefix(string(out), "error") {
		t.Fatalf("SDK in the container at limit 1 with tokens required: %q", out)
	}
	set(`{"hopLimit":2}`)
	if got := from(box); got != "token 200 name 401" {
		t.Fatalf("container at limit 2: %s", got)
	}
	if out, _ := inNamespace(box, "sdk", nil).Output(); !strings.HasPrefix(string(out), "key ASIA") {
		t.Fatalf("SDK in the container at limit 2: %q", out)
	}
}
