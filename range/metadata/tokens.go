// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"sync"
	"time"
)

const (
	maxTokenSeconds = 21600
	// The real service answers 503 only under load; the bound keeps a flood
	// of token requests from growing the table without end.
	maxTokens = 4096
)

// tokenStore holds the session tokens of IMDSv2 until they end.
type tokenStore struct {
	mu     sync.Mutex
	now    func() time.Time
	expiry map[string]time.Time
}

func newTokenStore(now func() time.Time) *tokenStore {
	return &tokenStore{now: now, expiry: make(map[string]time.Time)}
}

// parseTTL accepts what the service accepts: whole seconds from 1 to 21600.
func parseTTL(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= maxTokenSeconds
}

// issue gives a token of the usual 56 characters, or "" when the table is full.
func (s *tokenStore) issue(seconds int) string {
	raw := make([]byte, 40)
	rand.Read(raw[4:])
	raw[0] = 1 // all tokens start with "AQAAA"
	token := base64.URLEncoding.EncodeToString(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.expiry) >= maxTokens {
		for t, end := range s.expiry {
			if !end.After(now) {
				delete(s.expiry, t)
			}
		}
		if len(s.expiry) >= maxTokens {
			return ""
		}
	}
	s.expiry[token] = now.Add(time.Duration(seconds) * time.Second)
	return token
}

// left gives the whole seconds for which token still holds, 0 for none.
func (s *tokenStore) left(token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.expiry[token]
	if !known {
		return 0
	}
	left := end.Sub(s.now())
	if left <= 0 {
		delete(s.expiry, token)
		return 0
	}
	return int((left + time.Second - 1) / time.Second)
}
