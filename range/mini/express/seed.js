// SPDX-License-Identifier: Apache-2.0
const env = process.env
const regions = ['coast', 'lakes', 'forest', 'hills', 'marsh']
const kinds = ['Blue House', 'Old Mill', 'Fisher Hut', 'Pine Lodge', 'Lighthouse', 'Shepherd Cottage', 'Boat Shed', 'Vineyard Room']

export async function seed(db, hash) {
  await db.query(`
    CREATE TABLE members (id int PRIMARY KEY, email text UNIQUE, name text, city text, role text, password_hash text);
    CREATE TABLE homes (id int PRIMARY KEY, name text, region text, price int, rooms int);
    CREATE TABLE stays (id int PRIMARY KEY, member_id int REFERENCES members, home_id int REFERENCES homes,
                        arrival date, nights int, guest_name text, guest_phone text, door_code text)`)
  const first = Number(env.VALUE_MEMBERID), firstStay = Number(env.VALUE_STAYID)
  const people = [[env.VALUE_FIRST, 'guest', env.VALUE_FIRSTPW], [env.VALUE_SECOND, 'guest', env.VALUE_SECONDPW], [env.VALUE_BOSS, 'manager', env.VALUE_BOSSPW]]
  for (const [n, [name, role, password]] of people.entries()) {
    await db.query('INSERT INTO members VALUES ($1, $2, $3, $4, $5, $6)',
      [first + n, `${name}@homes.example`, name, regions[n], role, hash(password)])
  }
  for (const [n, name] of kinds.entries()) {
    await db.query('INSERT INTO homes VALUES ($1, $2, $3, $4, $5)', [n + 1, name, regions[n % 5], 60 + 7 * n, 1 + n % 4])
  }
  for (let n = 0; n < 9; n++) {
    const owner = n % 3
    await db.query('INSERT INTO stays VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
      [firstStay + 3 * n, first + owner, 1 + n % 8, `2027-0${1 + n}-1${n}`, 2 + n % 5, `${people[owner][0]} Winter`,
        `+49 30 2345${100 + n}`, String(4711 + 37 * n)])
  }
}
