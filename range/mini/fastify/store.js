// SPDX-License-Identifier: Apache-2.0
'use strict'
const { createHash } = require('node:crypto')
const env = process.env

/** A version 4 UUID that follows from the seed and a label. */
function uuid(label) {
  const h = createHash('sha256').update(`${env.SEED}/${label}`).digest('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`
}
const accounts = [['FIRST', 'sender'], ['SECOND', 'sender'], ['BOSS', 'dispatcher']].map(([who, role]) => ({
  id: env[`VALUE_${who}ID`], name: env[`VALUE_${who}`], key: env[`VALUE_${who}KEY`], role
}))
const streets = ['Mill Lane', 'Harbour Road', 'Chapel Street', 'Station Way', 'Orchard Close']
const status = ['accepted', 'in transit', 'at the depot', 'delivered']
const parcels = []
for (let n = 0; n < 9; n++) {
  parcels.push({
    id: n === 0 ? env.VALUE_PARCELID : uuid(`parcel ${n}`), account: accounts[n % 3].id, number: `PX${Number(env.VALUE_NUMBER) + 13 * n}DE`,
    postcode: String(10115 + 271 * n), recipient: `${['Marta', 'Jon', 'Eva', 'Paul'][n % 4]} ${['Brandt', 'Keller', 'Lorenz'][n % 3]}`,
    street: `${streets[n % 5]} ${n + 3}`, status: status[n % 4], instructions: `Key box code ${2300 + 41 * n}`
  })
}
const events = (parcel) => status.slice(0, status.indexOf(parcel.status) + 1).map((what, n) => ({ what, day: `2026-10-0${n + 1}` }))
module.exports = { accounts, parcels, events }
