// SPDX-License-Identifier: Apache-2.0
// Bookings of holiday homes: public catalogue, bookings of members, PostgreSQL.
import express from 'express'
import jwt from 'jsonwebtoken'
import pg from 'pg'
import { createHash, randomInt, scryptSync } from 'node:crypto'
import { seed } from './seed.js'

const { PORT, WORD_HOMES: HOMES, WORD_STAYS: STAYS, VALUE_JWTKEY: KEY } = process.env
const flaws = new Set((process.env.FLAWS ?? '').split(',').filter(Boolean))
const db = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const hash = (password) => scryptSync(password, 'homes', 32).toString('hex')
await seed(db, hash)

const app = express()
app.disable('x-powered-by')
app.use(express.json({ limit: '32kb' }))
app.use((req, res, next) => {
  res.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', 'X-Frame-Options': 'DENY' })
  next()
})
app.use(express.static('public', { dotfiles: flaws.has('dot-env') ? 'allow' : 'ignore' }))

function member(req, res, next) {
  const token = (req.get('authorization') ?? '').replace(/^Bearer /, '')
  let claims = null
  try {
    claims = flaws.has('jwt-unverified') ? jwt.decode(token) : jwt.verify(token, KEY, { algorithms: ['HS256'] })
  } catch { /* as without a token */ }
  if (!claims?.sub) return res.status(401).json({ message: 'Please sign in' })
  req.memberId = Number(claims.sub)
  next()
}

const failures = new Map()
app.post('/api/login', async (req, res) => {
  const { email, password } = req.body ?? {}
  if (typeof email !== 'string' || typeof password !== 'string') return res.status(400).json({ message: 'email and password, please' })
  const window = Math.floor(Date.now() / 20000)
  const tries = failures.get(`${req.ip}/${window}`) ?? 0
  if (tries >= 5 && !flaws.has('login-limit')) return res.status(429).set('Retry-After', '20').json({ message: 'Too many attempts' })
  const { rows: [user] } = await db.query('SELECT id, password_hash FROM members WHERE email = $1', [email])
  if (!user || user.password_hash !== hash(password)) {
    failures.set(`${req.ip}/${window}`, tries + 1)
    return res.status(401).json({ message: 'Wrong email or password' })
  }
  res.json({ token: jwt.sign({ sub: String(user.id) }, KEY, { expiresIn: '1h', algorithm: 'HS256' }) })
})

app.get(`/api/${HOMES}`, async (req, res) => {
  const { q } = req.query
  if (typeof q !== 'string') {
    return res.json((await db.query('SELECT id, name, region, price FROM homes ORDER BY id')).rows)
  }
  if (q.includes('\0')) return res.status(400).json({ message: 'Bad request' })
  const found = flaws.has('sql-search')
    ? await db.query(`SELECT id, name, region, price FROM homes WHERE name ILIKE '%${q}%' ORDER BY id`)
    : await db.query('SELECT id, name, region, price FROM homes WHERE name ILIKE $1 ORDER BY id', [`%${q}%`])
  res.json(found.rows)
})

app.get(`/api/${HOMES}/:id`, async (req, res) => {
  if (!flaws.has('error-stack') && !/^\d{1,9}$/.test(req.params.id)) return res.status(404).json({ message: 'No such home' })
  const { rows: [home] } = await db.query('SELECT id, name, region, price, rooms FROM homes WHERE id = $1', [req.params.id])
  home ? res.json(home) : res.status(404).json({ message: 'No such home' })
})

app.get(`/api/${STAYS}`, member, async (req, res) => {
  const { rows } = await db.query('SELECT id, home_id, arrival, nights FROM stays WHERE member_id = $1 ORDER BY id', [req.memberId])
  res.json(rows)
})

app.get(`/api/${STAYS}/:id`, member, async (req, res) => {
  if (!/^\d{1,9}$/.test(req.params.id)) return res.status(404).json({ message: 'No such booking' })
  const { rows: [stay] } = await db.query('SELECT * FROM stays WHERE id = $1', [req.params.id])
  if (!stay || (stay.member_id !== req.memberId && !flaws.has('bola-stay'))) return res.status(404).json({ message: 'No such booking' })
  res.json(stay)
})

const profile = async (id) => (await db.query('SELECT id, email, name, city, role FROM members WHERE id = $1', [id])).rows[0]
app.get('/api/me', member, async (req, res) => {
  const me = await profile(req.memberId)
  me ? res.json(me) : res.status(401).json({ message: 'Please sign in' })
})
app.patch('/api/me', member, async (req, res) => {
  const columns = flaws.has('profile-role') ? ['name', 'city', 'role'] : ['name', 'city']
  for (const column of columns) {
    if (typeof req.body?.[column] === 'string') {
      await db.query(`UPDATE members SET ${column} = $1 WHERE id = $2`, [req.body[column].slice(0, 80), req.memberId])
    }
  }
  res.json(await profile(req.memberId))
})

app.get('/api/leave', (req, res) => {
  const to = String(req.query.to ?? '/')
  const own = /^\/(?![/\\])[\w\-/.]*$/.test(to)
  if (!own && !flaws.has('leave-anywhere')) return res.status(400).json({ message: 'Only pages of this site' })
  res.redirect(302, to)
})
app.get('/api/back', (req, res) => {
  const page = String(req.query.page ?? '').replace(/[^\w-]/g, '')
  res.redirect(303, `/${page}`)
})
app.get('/api/price', (req, res) => {
  const nights = Number(req.query.nights ?? 1), guests = Number(req.query.guests ?? 1)
  if (!Number.isInteger(nights) || !Number.isInteger(guests)) return res.status(400).json({ message: 'Whole numbers, please' })
  res.json({ nights, guests, total: nights * guests * 23 })
})
app.get('/api/offer-of-the-moment', (req, res) => {
  const number = randomInt(1, 1e6)
  res.json({ offer: number, until: new Date().toISOString(), code: createHash('sha256').update(String(number)).digest('hex') })
})
app.get('/api/office/members', member, async (req, res) => {
  const me = await profile(req.memberId)
  if (me?.role !== 'manager') return res.status(403).json({ message: 'For the office' })
  res.json((await db.query('SELECT id, email, name, role FROM members ORDER BY id')).rows)
})

app.use((req, res) => res.status(404).json({ message: 'Not found' }))
app.use((err, req, res, next) => {
  if (err.status && err.status < 500) return res.status(err.status).json({ message: 'Bad request' })
  console.error(err)
  res.status(500).json(flaws.has('error-stack') ? { message: err.message, stack: err.stack } : { message: 'Something went wrong' })
})
app.listen(Number(PORT), '127.0.0.1')
