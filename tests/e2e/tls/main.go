// SPDX-License-Identifier: Apache-2.0
//
// Serves a small API over TLS on loopback for tests/e2e/tls.py: prints the port, ends when its standard input does.
//
//	tls KIND CERTIFICATE KEY      good: Mozilla's intermediate profile; default: Go's own; old: TLS 1.0 to 1.2 with RC4, 3DES and CBC;
//	                              static: TLS 1.2 without forward secrecy; curve: P-256 alone
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

func configure(kind string) *tls.Config {
	strong := []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305}
	switch kind {
	case "good":
		return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: strong}
	case "old":
		return &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12, CipherSuites: append(strong,
			tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA,
			tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA)}
	case "static":
		return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{
			tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
	case "curve":
		return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: strong, CurvePreferences: []tls.CurveID{tls.CurveP256}}
	}
	return &tls.Config{}
}

func api(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	if r.URL.Path != "/" && r.URL.Path != "/items" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"not found"}`)
		return
	}
	fmt.Fprint(w, `{"items":[{"id":1,"name":"desk"}],"next":"/items"}`)
}

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	config := configure(os.Args[1])
	config.Certificates = []tls.Certificate{certificate}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{Handler: http.HandlerFunc(api), TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}} // no HTTP/2, which refuses old suites
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(server.ServeTLS(listener, "", ""))
}
