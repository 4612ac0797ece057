// SPDX-License-Identifier: Apache-2.0

// Command chi is a real API on Chi and DynamoDB with known flaws, each behind
// its own switch, and with all of them off its own repaired twin. It exists to
// be scanned, on a loopback address or in a namespace of its own.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	listen, tlsListen, tlsCert, tlsKey, control, dynamodb, region string
	seed                                                          int64
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the API")
	flag.StringVar(&o.tlsListen, "tls-listen", "", "second, TLS address of the API")
	flag.StringVar(&o.tlsCert, "tls-cert", "", "certificate of the TLS address")
	flag.StringVar(&o.tlsKey, "tls-key", "", "key of the TLS address")
	flag.StringVar(&o.control, "control", "", "unix socket of the switches")
	flag.StringVar(&o.dynamodb, "dynamodb", "http://127.0.0.1:8000", "endpoint of DynamoDB Local")
	flag.StringVar(&o.region, "region", "eu-central-1", "region of the database")
	flag.Int64Var(&o.seed, "seed", 0, "shuffle; 0 is plain")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "chi:", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w := newWorld(o.seed, o.listen)
	table, err := loadTruth(truthFile)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, w, o.region, o.dynamodb)
	if err != nil {
		return err
	}
	if err := st.reset(ctx); err != nil {
		return fmt.Errorf("seeding the database at %s: %w", o.dynamodb, err)
	}
	s := newServer(w, st)
	quiet := log.New(os.Stderr, "", 0)
	failed := make(chan error, 3)
	var servers []*http.Server
	start := func(h http.Handler, l net.Listener) {
		hs := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxBody, ErrorLog: quiet}
		servers = append(servers, hs)
		go func() {
			if err := hs.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	api := s.handler()
	if o.control != "" {
		l, err := listenControl(o.control)
		if err != nil {
			return err
		}
		start((&control{s, w.truthOf(table, s.ops)}).handler(), l)
	}
	plain, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	start(api, plain)
	if o.tlsListen != "" {
		l, err := listenTLS(o)
		if err != nil {
			return err
		}
		start(api, l)
	}
	slog.Info("listening", "address", o.listen, "seed", o.seed, "domain", w.v.brand)
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ctx, stop = context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	for _, hs := range servers {
		hs.Shutdown(ctx)
	}
	return err
}

func listenTLS(o *options) (net.Listener, error) {
	cert, err := tls.LoadX509KeyPair(o.tlsCert, o.tlsKey)
	if err != nil {
		return nil, err
	}
	return tls.Listen("tcp", o.tlsListen, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
}
