// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"syscall"
)

type connKey struct{}

const defaultTTL = 64

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// setTTL fixes the IP time to live of what this connection sends from now on.
// It is not put back after the answer: a retransmission must not outlive the
// limit either. The next request on the connection sets its own.
func setTTL(r *http.Request, ttl int) error {
	c, ok := r.Context().Value(connKey{}).(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	local, _ := c.LocalAddr().(*net.TCPAddr)
	var set error
	err = raw.Control(func(fd uintptr) {
		if local != nil && local.IP.To4() == nil {
			set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS, ttl)
			return
		}
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, ttl)
	})
	if err != nil {
		return err
	}
	return set
}
