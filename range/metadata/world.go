// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// identity is what the instance and the task are, fixed for the whole run.
type identity struct {
	Region, Role, TaskRole    string
	CredentialsID, EndpointID string
	account, instance, image  string
	privateIP, mac, cluster   string
	family, containerName     string
	taskID, containerID       string
	profileID                 string
	started                   time.Time
}

// settings are what an operator can change on a running instance
// (ModifyInstanceMetadataOptions).
type settings struct {
	HTTPTokens string `json:"httpTokens"` // optional or required
	HopLimit   int    `json:"hopLimit"`   // 1 to 64
	Enabled    bool   `json:"enabled"`    // false: the instance service refuses everything
}

func (s settings) check() error {
	if s.HTTPTokens != "optional" && s.HTTPTokens != "required" {
		return fmt.Errorf("http-tokens is %q, allowed are optional and required", s.HTTPTokens)
	}
	if s.HopLimit < 1 || s.HopLimit > 64 {
		return fmt.Errorf("hop-limit is %d, allowed are 1 to 64", s.HopLimit)
	}
	return nil
}

// world is the state that the three handlers share.
type world struct {
	identity identity
	now      func() time.Time
	counters counters
	instance *credentialSource
	task     *credentialSource
	tokens   *tokenStore

	mu       sync.Mutex
	settings settings
}

func newWorld(id identity, s settings, seed uint64, lifetime time.Duration, now func() time.Time) *world {
	r := rand.New(rand.NewPCG(seed, 0x706c756d62))
	id.account = digits(r, 12)
	id.instance = "i-0" + hexDigits(r, 16)
	id.image = "ami-0" + hexDigits(r, 16)
	id.privateIP = fmt.Sprintf("10.%d.%d.%d", r.IntN(200), r.IntN(250), 4+r.IntN(250))
	id.mac = fmt.Sprintf("02:%s:%s:%s:%s:%s", hexDigits(r, 2), hexDigits(r, 2), hexDigits(r, 2), hexDigits(r, 2), hexDigits(r, 2))
	id.profileID = "AIPA" + letters(r, 17)
	id.cluster = "cluster-" + hexDigits(r, 6)
	id.family = "api-" + hexDigits(r, 4)
	id.containerName = "api"
	id.taskID = hexDigits(r, 32)
	id.containerID = hexDigits(r, 64)
	if id.CredentialsID == "" {
		id.CredentialsID = uuid(r)
	}
	if id.EndpointID == "" {
		id.EndpointID = id.taskID + "-" + digits(r, 10)
	}
	id.started = now().Add(-37 * time.Minute).UTC().Truncate(time.Second)
	return &world{
		identity: id,
		now:      now,
		settings: s,
		instance: newCredentialSource(r, lifetime, now),
		task:     newCredentialSource(r, lifetime, now),
		tokens:   newTokenStore(now),
	}
}

func (w *world) current() settings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settings
}

func (w *world) change(s settings) error {
	if err := s.check(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings = s
	return nil
}

func pick(r *rand.Rand, alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func digits(r *rand.Rand, n int) string    { return pick(r, "123456789", 1) + pick(r, "0123456789", n-1) }
func hexDigits(r *rand.Rand, n int) string { return pick(r, "0123456789abcdef", n) }
func letters(r *rand.Rand, n int) string   { return pick(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", n) }

func base64Text(r *rand.Rand, n int) string {
	return pick(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", n)
}

func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%s-%s-4%s-%s%s-%s", hexDigits(r, 8), hexDigits(r, 4), hexDigits(r, 3),
		pick(r, "89ab", 1), hexDigits(r, 3), hexDigits(r, 12))
}
