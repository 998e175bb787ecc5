/**
 * A receiver of anything, in a process of its own, that reads bodies and forgets them. Its parent is told the port by a message, and
 * says by messages whether it is up.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let isUp = true
process.on('message', (message: { readonly isUp: boolean }) => (isUp = message.isUp))
process.on('disconnect', () => process.exit())

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.writeHead(isUp ? 204 : 503).end())
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
