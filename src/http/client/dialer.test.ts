import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { ClientError } from './client-error.ts'
import type { DialerSettings } from './dialer.ts'
import type { Lookup } from './host-lookup.ts'
import { HttpClient } from './http-client.ts'

let client: HttpClient | undefined
afterEach(() => client?.close())

/** Gets a URL by a client of its own: the status, or the error's code and message. */
async function get(url: URL, settings: DialerSettings = {}, timeoutMs = 10_000): Promise<unknown> {
  client = new HttpClient(settings)
  try {
    return (await client.get({ url, timeoutMs }, new TextSink())).status
  } catch (error) {
    return error instanceof ClientError ? `${error.code}: ${error.message}` : error
  }
}

function answering(...addresses: readonly string[]): Lookup {
  return async () => addresses
}

function failing(code: string): Lookup {
  return async () => await Promise.reject(Object.assign(new Error(code), { code }))
}

/** A port whose queue of connections is full: the kernel drops what asks for more, as a host that is gone does. */
async function silentListener(
  host: string,
  port: number,
): Promise<AsyncDisposable & { readonly host: string }> {
  const listen = `require('net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => console.log())`
  const child = spawn(process.execPath, ['-e', listen])
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 4 }, () => connect(port, host).on('error', () => undefined))
  // The queue takes one more than it says.
  await Promise.all(fillers.slice(0, 2).map(async (filler) => await once(filler, 'connect')))
  return {
    host,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

describe('names', () => {
  test('that are not known, or could not be looked up, are told apart', async () => {
    const url = new URL('http://gone.example:9100/')
    expect(await get(url, { lookup: failing('ENOTFOUND') })).toBe(
      'dns_not_found: the name gone.example is not known',
    )
    expect(await get(url, { lookup: async () => [] })).toBe(
      'dns_not_found: the name gone.example is not known',
    )
    expect(await get(url, { lookup: failing('EAI_AGAIN') })).toBe(
      'dns_failed: the name gone.example could not be looked up: EAI_AGAIN',
    )
  })

  test('of the system are found, as are addresses without looking up', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    expect(await get(server.url('/', 'localhost'))).toBe(200)
    expect(await get(server.url(), { lookup: failing('ENOTFOUND') })).toBe(200)
  })

  test('are looked up once at a time, also after somebody gave up waiting', async () => {
    const clock = new FakeClock()
    const waiting: ((addresses: string[]) => void)[] = []
    const lookup = async (): Promise<string[]> => await new Promise((resolve) => waiting.push(resolve))
    await using server = await ScriptedServer.start(() => answerOf(''))
    client = new HttpClient({ clock, lookup })
    const url = server.url('/', 'slow.example')
    const getting = client.get({ url, timeoutMs: 100 }, new TextSink())
    const failed = getting.catch((error: unknown) => error)
    await clock.advance(100)
    expect(await failed).toMatchObject({ code: 'timeout' })
    const again = client.get({ url, timeoutMs: 10_000 }, new TextSink())
    await turn()
    expect(waiting).toHaveLength(1)
    waiting[0]?.(['127.0.0.1'])
    expect(await again).toMatchObject({ status: 200 })
  })
})

describe('addresses', () => {
  test('are tried in turn, and the first that answers is used', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const lookup = answering('127.0.0.2', '127.0.0.3', '127.0.0.1')
    expect(await get(server.url('/', 'many.example'), { lookup })).toBe(200)
    expect(server.requests[0]?.headers.get('host')).toBe(`many.example:${server.port}`)
  })

  test('that all refuse are all named', async () => {
    const server = await ScriptedServer.start(() => answerOf(''))
    const { port } = server
    await server[Symbol.asyncDispose]()
    const lookup = answering('127.0.0.1', '127.0.0.2')
    expect(await get(new URL(`http://many.example:${port}/`), { lookup })).toBe(
      `connection_refused: 127.0.0.1:${port} refused the connection: nothing listens there; ` +
        `127.0.0.2:${port} refused the connection: nothing listens there`,
    )
  })

  test('that do not answer hold up the next one for 250 ms alone', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    await using silent = await silentListener('127.0.0.3', server.port)
    const clock = new FakeClock()
    client = new HttpClient({ clock, lookup: answering(silent.host, '127.0.0.1') })
    const getting = client.get({ url: server.url('/', 'many.example'), timeoutMs: 10_000 }, new TextSink())
    await clock.advance(249)
    expect(server.connections).toBe(0)
    await clock.advance(1)
    expect(await getting).toMatchObject({ status: 200 })
  })

  test('that may not be connected to are not, whatever the name or its spelling', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const asked: string[] = []
    const mayConnect = (address: string): boolean => {
      asked.push(address)
      return !address.startsWith('127.')
    }
    for (const host of ['127.0.0.1', '2130706433', '0x7f000001', '0177.1']) {
      expect(await get(server.url('/', host), { mayConnect })).toBe(
        'address_denied: connections to 127.0.0.1 are not allowed',
      )
    }
    const lookup = answering('127.0.0.1', '127.0.0.2')
    expect(await get(server.url('/', 'rebound.example'), { mayConnect, lookup })).toBe(
      'address_denied: connections to rebound.example (127.0.0.1, 127.0.0.2) are not allowed',
    )
    expect(new Set(asked)).toEqual(new Set(['127.0.0.1', '127.0.0.2']))
    expect(server.connections).toBe(0)
  })

  test('of IPv6 are written with brackets to people and servers, and without to sockets', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const result = await get(new URL(`http://[::1]:${server.port}/`))
    expect(result).toMatch(new RegExp(`^connection_refused: \\[::1\\]:${server.port} refused`))
  })
})

test('a connection that is reset while it is asked is so called', async () => {
  await using server = await ScriptedServer.start((_, socket) => {
    socket.resetAndDestroy()
    return undefined
  })
  expect(await get(server.url())).toBe(`connection_reset: 127.0.0.1:${server.port} reset the connection`)
})
