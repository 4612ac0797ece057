// SPDX-License-Identifier: Apache-2.0
// The desk of a parcel service: tracking for everybody, accounts with API keys.
'use strict'
const fs = require('node:fs/promises')
const path = require('node:path')
const qs = require('qs')
const mingo = require('mingo')
const { parcels, accounts, events } = require('./store')

const { PORT, WORD_PARCELS: PARCELS, WORD_ACCOUNTS: ACCOUNTS, VALUE_HOOKSECRET } = process.env
const flaws = new Set((process.env.FLAWS ?? '').split(',').filter(Boolean))
const app = require('fastify')({
  logger: false,
  routerOptions: { querystringParser: (text) => qs.parse(text) },
  ajv: { customOptions: { coerceTypes: true, removeAdditional: false } }
})
const text = { type: 'string', maxLength: 200 }
const described = {} // path -> the part of the description that concerns it

app.addHook('onSend', async (request, reply) => {
  reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
})
app.setErrorHandler((error, request, reply) => {
  const status = error.statusCode ?? 500
  reply.code(status).send({ error: status < 500 ? error.message : 'Internal error' })
})

async function signedIn(request, reply) {
  const key = request.headers['x-api-key']
  request.account = typeof key === 'string' ? accounts.find((a) => a.key === key) : undefined
  if (!request.account) return reply.code(401).send({ error: 'API key?' })
}
async function dispatcher(request, reply) {
  if (request.account.role !== 'dispatcher' && !flaws.has('bfla-dispatch')) return reply.code(403).send({ error: 'Dispatchers only' })
}

/** Registers a route; `doc` makes it part of /openapi.json. */
function route(method, url, doc, options, handler) {
  if (doc) {
    const place = (described[url.replace(/:(\w+)/g, '{$1}')] ??= {})
    const names = [...url.matchAll(/:(\w+)/g)].map((m) => ({ in: 'path', name: m[1], required: true, schema: { type: 'string' } }))
    const query = (doc.query ?? []).map((name) => ({ in: 'query', name, schema: { type: 'string' } }))
    place[method.toLowerCase()] = {
      summary: doc.summary, parameters: [...names, ...query], ...(doc.body && { requestBody: { content: { 'application/json': { schema: doc.body } } } }),
      security: doc.open ? [] : [{ key: [] }], responses: { 200: { description: 'OK' } }
    }
  }
  app.route({ method, url, ...options, preHandler: doc?.open ? [] : [signedIn, ...(options.preHandler ?? [])], handler })
}

// Whoever knows number and postcode sees where a parcel is.
route('GET', '/track', { summary: 'Where is it?', open: true, query: ['number', 'postcode'] }, {}, async (request, reply) => {
  const { number, postcode } = request.query
  if (!flaws.has('nosql-track') && (typeof number !== 'string' || typeof postcode !== 'string')) return reply.code(400).send({ error: 'number and postcode' })
  if (number === undefined || postcode === undefined) return reply.code(400).send({ error: 'number and postcode' })
  const found = mingo.find(parcels, { number, postcode }, {}).limit(20).all()
  return found.map((p) => ({ number: p.number, status: p.status, recipient: p.recipient }))
})
route('GET', '/postage', { summary: 'What does it cost?', open: true, query: ['grams', 'zone'] }, {
  schema: { querystring: { type: 'object', properties: { grams: { type: 'integer', minimum: 1, maximum: 31500, default: 500 }, zone: { type: 'integer', minimum: 1, maximum: 9, default: 1 } } } }
}, async ({ query }) => ({ cents: query.grams * query.zone }))

route('GET', `/${ACCOUNTS}/me`, { summary: 'My account' }, {}, async ({ account }) => ({ id: account.id, name: account.name, parcels: `/${ACCOUNTS}/${account.id}/${PARCELS}` }))
const own = async (request, reply) => {
  if (request.params.account !== request.account.id) return reply.code(404).send({ error: 'No such account' })
}
route('GET', `/${ACCOUNTS}/:account/${PARCELS}`, { summary: 'My parcels' }, { preHandler: [own] }, async ({ account }) =>
  parcels.filter((p) => p.account === account.id).map(({ id, number, status }) => ({ id, number, status })))
route('GET', `/${ACCOUNTS}/:account/${PARCELS}/:parcel`, { summary: 'One of my parcels' }, { preHandler: [own] }, async (request, reply) => {
  const parcel = parcels.find((p) => p.id === request.params.parcel)
  if (!parcel || (parcel.account !== request.account.id && !flaws.has('bola-child'))) return reply.code(404).send({ error: 'No such parcel' })
  return { ...parcel, events: events(parcel) }
})

route('GET', '/labels/file', { summary: 'A label form to print', query: ['name'] }, { schema: { querystring: { type: 'object', properties: { name: text } } } }, async (request, reply) => {
  const folder = path.join(__dirname, 'labels')
  const name = request.query.name ?? 'small.txt'
  const file = flaws.has('path-label') ? path.join(folder, name) : path.join(folder, path.basename(name))
  const content = await fs.readFile(file).catch(() => null)
  if (!content) return reply.code(404).send({ error: 'No such form' })
  return reply.type('text/plain; charset=utf-8').send(content)
})
async function call(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(2000) })
  return { status: response.status, body: (await response.text()).slice(0, 4000) }
}
const partner = /^https:\/\/(img|cdn)\.parcels\.example\//
route('GET', '/logo/preview', { summary: 'How a logo will look', query: ['image'] }, { schema: { querystring: { type: 'object', properties: { image: text } } } }, async (request, reply) => {
  const image = request.query.image ?? ''
  if (!flaws.has('ssrf-preview') && !partner.test(image)) return reply.code(400).send({ error: 'Only images of our own hosts' })
  try {
    return await call(image)
  } catch {
    return reply.code(502).send({ error: 'Not reachable' })
  }
})
route('GET', '/logo/check', { summary: 'Is a logo acceptable?', query: ['image'] }, { schema: { querystring: { type: 'object', properties: { image: text } } } }, async ({ query }) =>
  ({ image: query.image, accepted: partner.test(query.image ?? '') }))
route('POST', '/hooks/test', { summary: 'Send a test message to a hook', body: { type: 'object', properties: { target: { type: 'string', format: 'uri' } } } }, {
  schema: { body: { type: 'object', required: ['target'], properties: { target: text } } }
}, async (request, reply) => {
  if (!flaws.has('ssrf-hook') && !/^https:\/\/hooks\.parcels\.example\//.test(request.body.target)) return reply.code(400).send({ error: 'Not a registered host' })
  call(request.body.target, { method: 'POST', body: '{"test":true}', headers: { 'content-type': 'application/json' } }).catch(() => {})
  return { queued: true }
})

// Of the dispatchers' screen; not in the description.
route('GET', `/dispatch/${PARCELS}`, null, { preHandler: [dispatcher] }, async () => parcels.map(({ id, number, recipient, street, status }) => ({ id, number, recipient, street, status })))
route('GET', '/settings', { summary: 'Settings of the app', open: true }, {}, async () => ({
  title: 'Parcel desk', colours: { bar: '#204060' }, maxGrams: 31500,
  ...(flaws.has('settings-secret') && { mail: { host: 'smtp.parcels.example', user: 'desk', password: VALUE_HOOKSECRET }, database: `mongodb://desk:${VALUE_HOOKSECRET}@db.parcels.example:27017/desk` })
}))
for (const [url, type] of [['/', 'text/html; charset=utf-8'], ['/app.js', 'text/javascript; charset=utf-8'], ['/app.js.map', 'application/json']]) {
  app.get(url, async (request, reply) => {
    if (url.endsWith('.map') && !flaws.has('source-map')) return reply.callNotFound()
    const content = await fs.readFile(path.join(__dirname, 'web', url === '/' ? 'index.html' : url), 'utf8')
    return reply.type(type).send(content.replaceAll('{parcels}', PARCELS))
  })
}
app.get('/openapi.json', async () => ({
  openapi: '3.1.0', info: { title: 'Parcel desk', version: '0.9' }, paths: described,
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } }
}))
app.listen({ host: '127.0.0.1', port: Number(PORT) })
