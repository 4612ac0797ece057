// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const tokenLife = 24 * time.Hour

// issueToken makes "pt1.<person>.<expiry>.<mac>": opaque to callers, checked
// without a table of sessions, so that signing in writes nothing.
func (w *world) issueToken(personID string, now time.Time) string {
	body := "pt1." + base64.RawURLEncoding.EncodeToString([]byte(personID)) + "." + strconv.FormatInt(now.Add(tokenLife).Unix(), 10)
	return body + "." + w.tokenMAC(body)
}

func (w *world) tokenMAC(body string) string {
	key := w.digest("token key")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// whose returns the person of an Authorization header, or nil.
func (w *world) whose(header string, now time.Time) *person {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return nil
	}
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 || !hmac.Equal([]byte(token[cut+1:]), []byte(w.tokenMAC(token[:cut]))) {
		return nil
	}
	parts := strings.Split(token[:cut], ".")
	if len(parts) != 3 {
		return nil
	}
	id, err := base64.RawURLEncoding.DecodeString(parts[1])
	expiry, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || err2 != nil || now.Unix() > expiry {
		return nil
	}
	for i := range w.people {
		if w.people[i].id == string(id) {
			return &w.people[i]
		}
	}
	return nil
}

func (w *world) signIn(login, password string) *person {
	for i := range w.people {
		if w.people[i].login == login && bcrypt.CompareHashAndPassword([]byte(w.people[i].hash), []byte(password)) == nil {
			return &w.people[i]
		}
	}
	return nil
}
