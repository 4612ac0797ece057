// SPDX-License-Identifier: Apache-2.0

// Command metadata answers as the EC2 instance metadata service and as the
// ECS agent's task endpoint do, with credentials that are well shaped and
// worthless. A control socket outside the two services switches their
// settings and tells which paths were asked, and by whom.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags of the program.
type options struct {
	imds, ecs, control string
	identity           identity
	settings           settings
	seed               uint64
	lifetime           time.Duration
}

func parseOptions(args []string, out io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("metadata", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.imds, "imds", "169.254.169.254:80", "address of the instance metadata service, empty for none")
	f.StringVar(&o.ecs, "ecs", "169.254.170.2:80", "address of the ECS task endpoint, empty for none")
	f.StringVar(&o.control, "control", "", "path of the unix socket for control, empty for none")
	f.StringVar(&o.settings.HTTPTokens, "http-tokens", "optional", "optional (v1 and v2) or required (v2 only)")
	f.IntVar(&o.settings.HopLimit, "hop-limit", 1, "IP time to live of the answers to token requests, 1 to 64")
	f.StringVar(&o.identity.Region, "region", "eu-central-1", "region of the instance and of the task")
	f.StringVar(&o.identity.Role, "role", "app-instance-role", "name of the role of the instance, empty for none")
	f.StringVar(&o.identity.TaskRole, "task-role", "app-task-role", "name of the role of the task")
	f.StringVar(&o.identity.CredentialsID, "credentials-id", "", "UUID in the task's credentials path (default: drawn from the seed)")
	f.StringVar(&o.identity.EndpointID, "endpoint-id", "", "id in the v3 and v4 paths (default: drawn from the seed)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of everything that is made up")
	f.DurationVar(&o.lifetime, "lifetime", 6*time.Hour, "how long credentials live")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.settings.Enabled = true
	if f.NArg() != 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, o.settings.check()
}

// The names of the two services in the counters.
const (
	serviceIMDS = "imds"
	serviceECS  = "ecs"
)

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "metadata:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "metadata:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It prints "ready" when every listener is open.
func run(ctx context.Context, o *options, out io.Writer) error {
	w := newWorld(o.identity, o.settings, o.seed, o.lifetime, time.Now)
	var servers []*http.Server
	failed := make(chan error, 3)
	start := func(network, address string, h http.Handler) error {
		l, err := net.Listen(network, address)
		if err != nil {
			return err
		}
		s := newServer(h)
		servers = append(servers, s)
		go func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
		return nil
	}
	defer func() {
		for _, s := range servers {
			s.Close()
		}
	}()
	for _, l := range []struct {
		network, address string
		handler          http.Handler
	}{
		{"tcp", o.imds, w.imdsHandler()},
		{"tcp", o.ecs, w.ecsHandler()},
		{"unix", o.control, w.controlHandler()},
	} {
		if l.address == "" {
			continue
		}
		if err := start(l.network, l.address, l.handler); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "ready")
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// newServer bounds what a client can hold open, and keeps the connection in
// the context for the hop limit.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       withConn,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}
