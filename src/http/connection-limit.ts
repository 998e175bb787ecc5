import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Socket } from 'node:net'

interface Connection {
  readonly socket: Socket
  /** Requests that are being answered. */
  active: number
}

/**
 * Bounds the connections of a server. Past the limit the connection that has idled longest is closed in favour of the
 * new one, so that a crowd of idle ones cannot lock an honest client out; where none idles, the new one is closed.
 */
export function limitConnections(server: Server | SecureServer, limit: number): void {
  // By the client's address, since under TLS a request knows another socket object than the connection event. The
  // order is that of last use.
  const connections = new Map<string, Connection>()

  server.on('connection', function admit(socket: Socket) {
    if (connections.size >= limit && !evictIdle()) {
      socket.destroy()
      return
    }
    const key = keyOf(socket)
    connections.set(key, { socket, active: 0 })
    socket.once('close', () => connections.delete(key))
  })

  server.on('request', function track({ socket }, response) {
    const key = keyOf(socket)
    const connection = connections.get(key)
    if (connection === undefined) return
    connection.active++
    response.once('close', function release() {
      connection.active--
      if (connections.delete(key)) connections.set(key, connection)
    })
  })

  function evictIdle(): boolean {
    for (const [key, { socket, active }] of connections) {
      if (active > 0) continue
      connections.delete(key)
      socket.destroy()
      return true
    }
    return false
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}|${remotePort}`
}
