// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"sync"
	"time"
)

// credentials are temporary keys of the right shape that open nothing.
type credentials struct {
	accessKeyID, secret, token string
	issued, expires            time.Time
}

// credentialSource rotates credentials as the services do: a new set is there
// at least five minutes before the old one ends, so that a client that asks in
// that window gets one it can use.
type credentialSource struct {
	mu       sync.Mutex
	random   *rand.Rand
	lifetime time.Duration
	now      func() time.Time
	current  credentials
}

func newCredentialSource(r *rand.Rand, lifetime time.Duration, now func() time.Time) *credentialSource {
	return &credentialSource{
		random:   rand.New(rand.NewPCG(r.Uint64(), r.Uint64())),
		lifetime: lifetime,
		now:      now,
	}
}

func (s *credentialSource) get() credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	ahead := min(5*time.Minute, s.lifetime/2)
	now := s.now().UTC().Truncate(time.Second)
	if now.Add(ahead).Before(s.current.expires) {
		return s.current
	}
	s.current = credentials{
		accessKeyID: "ASIA" + letters(s.random, 16),
		secret:      base64Text(s.random, 40),
		token:       "IQoJb3JpZ2luX2Vj" + base64Text(s.random, 792),
		issued:      now,
		expires:     now.Add(s.lifetime),
	}
	return s.current
}
