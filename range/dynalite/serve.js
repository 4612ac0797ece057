// SPDX-License-Identifier: Apache-2.0
// dynalite on one address, in memory: serve.js ADDRESS PORT. Says "ready" when it is.
'use strict'
const [address, port] = process.argv.slice(2)
const server = require('dynalite')({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(Number(port), address, () => console.log('ready'))
