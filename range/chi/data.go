// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	objectsPerOwner = 3
	bulkItems       = 130
	thingsPerNoun   = 9
)

// item is one database row before and after its translation to attribute values.
type item = map[string]any

type person struct {
	id, login, password, hash, name, mail, phone, address, tenant, role, card, iban string
}

var firstNames = []string{"Ines", "Jonas", "Amara", "Piotr", "Leila", "Tomas", "Greta", "Nadir", "Sofia", "Henrik"}
var lastNames = []string{"Kramer", "Oduya", "Lindqvist", "Marchetti", "Sandoval", "Whitlock", "Ferreira", "Novakova", "Baptiste", "Yilmaz"}
var streets = []string{"Lindenweg 14", "Harbour Road 3", "Rue des Tanneurs 27", "Mill Lane 8", "Calle Mayor 51", "Elm Street 112"}

// makePeople: 0 and 1 are the two ordinary users of different tenants, 2 is
// the administrator, the rest are the other customers.
func (w *world) makePeople() []person {
	out := make([]person, len(firstNames))
	for i := range out {
		d := w.digest(fmt.Sprintf("person/%d", i))
		last := lastNames[(i+int(d[0]))%len(lastNames)]
		login := strings.ToLower(firstNames[i]) + "." + strings.ToLower(last)
		p := person{
			id: w.uuid(fmt.Sprintf("person/%d", i)), login: login, name: firstNames[i] + " " + last,
			mail: login + "@" + w.mailHost, phone: "+49 151 " + w.letters(fmt.Sprintf("phone/%d", i), 8, "123456789"),
			address: streets[int(d[1])%len(streets)] + ", " + w.letters(fmt.Sprintf("zip/%d", i), 5, "123456789") + " " + w.v.places[0],
			tenant:  []string{"tenant-north", "tenant-south"}[i%2], role: "member",
			password: w.letters(fmt.Sprintf("password/%d", i), 16, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
			card:     luhnNumber("4539", w.letters(fmt.Sprintf("card/%d", i), 11, "0123456789")),
			iban:     germanIBAN(w.letters(fmt.Sprintf("iban/%d", i), 18, "0123456789")),
		}
		if i == 2 {
			p.role = "administrator"
		}
		hash, err := bcrypt.GenerateFromPassword([]byte(p.password), bcrypt.MinCost)
		if err != nil {
			panic(err) // only an over-long password or a broken random source
		}
		p.hash = string(hash)
		out[i] = p
	}
	return out
}

// luhnNumber appends the check digit.
func luhnNumber(prefix, rest string) string {
	digits := prefix + rest
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

func germanIBAN(bban string) string {
	n, _ := new(big.Int).SetString(bban+"131400", 10)
	check := 98 - new(big.Int).Mod(n, big.NewInt(97)).Int64()
	return fmt.Sprintf("DE%02d%s", check, bban)
}

// catalogueItems: every public noun has its own partition; the first one has
// sequential integer ids and enough rows to need pages.
func (w *world) catalogueItems() []item {
	var out []item
	for k, noun := range w.pub {
		count := thingsPerNoun
		if noun == w.bulkNoun() {
			count = bulkItems
		}
		for n := 1; n <= count; n++ {
			d := w.digest(fmt.Sprintf("thing/%s/%d", noun, n))
			id := w.id(noun, n)
			if k == 0 {
				id = fmt.Sprint(n)
			}
			it := item{"kind": noun, "id": id, "title": w.v.titles[(n+k)%len(w.v.titles)],
				"maker": w.v.makers[(n+k)%len(w.v.makers)], "place": w.v.places[int(d[0])%len(w.v.places)],
				"year": 1990 + n%8, "state": []string{"open", "open", "limited"}[n%3], "internal_cost": 100 + int(d[1])}
			if n%2 == 0 {
				it["edition"] = fmt.Sprintf("no. %d", n)
			}
			out = append(out, it)
		}
	}
	return out
}

func (w *world) eventItems() []item {
	var out []item
	for n := 1; n <= 12; n++ {
		out = append(out, item{"kind": "public", "created": fmt.Sprintf("2025-%02d-1%dT09:00:00Z", n, n%9), "id": w.id("event", n),
			"name": w.v.titles[n%len(w.v.titles)], "place": w.v.places[n%len(w.v.places)]})
	}
	return out
}

func (w *world) accountItems() []item {
	var out []item
	for _, p := range w.people {
		out = append(out, item{"id": p.id, "login": p.login, "name": p.name, "mail": p.mail, "phone": p.phone,
			"address": p.address, "tenant": p.tenant, "role": p.role, "password_hash": p.hash})
	}
	return out
}

// recordItems: for each private collection every person but the administrator
// owns some objects, numbered so that neighbours belong to different people.
func (w *world) recordItems() []item {
	var out []item
	for _, noun := range w.priv {
		for n := 1; n <= objectsPerOwner*5; n++ {
			p := w.owner(n)
			d := w.digest(fmt.Sprintf("record/%s/%d", noun, n))
			out = append(out, item{"kind": noun, "id": w.id(noun, n), "owner_id": p.id, "tenant": p.tenant,
				"customer": p.name, "mail": p.mail, "phone": p.phone, "address": p.address,
				"subject": w.v.titles[int(d[0])%len(w.v.titles)], "amount": 10 + int(d[1]), "created": fmt.Sprintf("2025-0%d-%02d", 1+n%9, 1+n)})
		}
	}
	return out
}

// owner deals object n to one of the five customers.
func (w *world) owner(n int) person {
	return w.people[[]int{0, 1, 3, 4, 5}[n%5]]
}

func (w *world) miscItems() []item {
	var out []item
	for i, p := range w.people {
		out = append(out,
			item{"kind": "staff", "id": p.id, "name": p.name, "desk": w.v.places[i%len(w.v.places)], "password_hash": p.hash},
			item{"kind": "reader", "id": p.id, "mail": p.mail, "name": p.name, "since": fmt.Sprintf("2024-%02d-01", 1+i)},
			item{"kind": "supporter", "id": p.id, "name": p.name, "level": []string{"bronze", "silver", "gold"}[i%3], "card_number": p.card},
			item{"kind": "payee", "id": p.id, "name": "Payee " + fmt.Sprint(i+1), "iban": p.iban},
			item{"kind": "audit", "id": fmt.Sprintf("a%03d", i), "actor": p.login, "address": fmt.Sprintf("10.20.%d.%d", i, 10+i), "action": "sign-in"},
			item{"kind": "job", "id": fmt.Sprintf("j%03d", i), "name": []string{"nightly-export", "reindex", "billing-run"}[i%3],
				"state": []string{"queued", "running", "done"}[i%3], "worker": fmt.Sprintf("worker-%d", i%2)},
			item{"kind": "review", "id": fmt.Sprintf("r%03d", i), "about": fmt.Sprint(1 + i%3), "author_id": p.id, "stars": 3 + i%3,
				"text": "Would come back to " + w.v.titles[i%len(w.v.titles)] + "."})
	}
	return out
}

func (w *world) bulkNoun() string { return w.pub[2] }
