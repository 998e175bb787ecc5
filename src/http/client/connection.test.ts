import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { AnswerBody } from './answer-body.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Connection } from './connection.ts'

const forever = new AbortController().signal
const get = { method: 'GET', head: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', body: [] }

function open({ port }: ScriptedServer): Connection {
  return new Connection('the peer', (onread) => connect({ host: '127.0.0.1', port, onread }))
}

async function connected(server: ScriptedServer): Promise<[Connection, Socket]> {
  const connection = open(server)
  while (server.sockets.size === 0) await turn()
  const [socket] = server.sockets
  if (socket === undefined) throw new Error('there is one')
  return [connection, socket]
}

test('an exchange that ends early settles only when the socket has let go of the body', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  for (const early of ['answer', 'abort'] as const) {
    const [connection, socket] = await connected(server)
    socket.removeAllListeners('data')
    socket.pause()
    const controller = new AbortController()
    const order: string[] = []
    connection.socket.once('close', () => order.push('closed'))
    const body = [Buffer.alloc(32_000_000)]
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 32000000\r\n\r\n`
    const exchange = connection
      .exchange({ method: 'POST', head, body }, new AnswerBody(undefined, 0), controller.signal)
      .then(
        () => order.push('answered'),
        () => order.push('failed'),
      )
    if (early === 'answer') socket.write(answerOf('', { status: 413 }))
    else controller.abort(new Error('enough'))
    await exchange
    expect(order).toEqual(['closed', early === 'answer' ? 'answered' : 'failed'])
    expect(connection.usable).toBe(false)
    socket.destroy()
    while (server.sockets.size > 0) await turn()
  }
})

test('a connection that ended since it was given out says so at once', async () => {
  await using server = await ScriptedServer.start(() => answerOf(''))
  const [connection, socket] = await connected(server)
  socket.destroy()
  while (connection.usable) await turn()
  await expect(connection.exchange(get, new AnswerBody(undefined, 0), forever)).rejects.toMatchObject({
    code: 'connection_closed',
  })
  await expect(connection.exchange(get, new AnswerBody(undefined, 0), AbortSignal.abort())).rejects.toThrow(
    'aborted',
  )
})

test('a connection that says more than it was asked for is of no more use', async () => {
  await using server = await ScriptedServer.start(() =>
    Buffer.concat([answerOf(''), Buffer.from('HTTP/1.1 200')]),
  )
  const connection = open(server)
  await connection.exchange(get, new AnswerBody(undefined, 0), forever)
  expect(connection.usable).toBe(false)
})

test('a pool forgets connections that end by themselves, gives out the latest, and drops the oldest', async () => {
  await using server = await ScriptedServer.start(() => answerOf(''))
  const clock = new FakeClock()
  const pool = new ConnectionPool({ idleTimeoutMs: 1000, maxIdle: 3, maxIdlePerOrigin: 2 }, clock)
  const connections = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const connection = open(server)
      await connection.exchange(get, new AnswerBody(undefined, 0), forever)
      return connection
    }),
  )
  const [first, second, third, fourth, fifth] = connections as [
    Connection,
    Connection,
    Connection,
    Connection,
    Connection,
  ]
  pool.put('a', first)
  pool.put('a', second)
  pool.put('a', third)
  expect([pool.size, third.usable]).toEqual([2, false])
  expect(pool.take('b')).toBeUndefined()
  expect(pool.take('a')).toBe(second)
  pool.put('a', second)
  await clock.advance(500)
  pool.put('b', fourth)
  pool.put('c', fifth)
  expect([pool.size, first.usable]).toEqual([3, false])
  fourth.socket.destroy()
  while (pool.size > 2) await turn()
  await clock.advance(500)
  expect([pool.size, second.usable, fifth.usable]).toEqual([1, false, true])
  pool.close()
  expect([pool.size, fifth.usable, clock.waiting]).toEqual([0, false, 0])
  const late = open(server)
  pool.put('a', late)
  expect([pool.size, late.usable]).toEqual([0, false])
})
