import { expect, test } from 'vitest'
import { HttpClient } from '#src/http/client/http-client.ts'
import type { Lookup } from '#src/http/client/host-lookup.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'

async function outcome(client: HttpClient, url: URL, timeoutMs: number): Promise<unknown> {
  return await client.get({ url, timeoutMs }, new TextSink()).then(
    ({ status }) => status,
    ({ code }: { code: string }) => code,
  )
}

/** Knows one name, hangs at another, and knows nothing else. */
const lookup: Lookup = async (host) => {
  if (host === 'good.example') return ['127.0.0.1']
  if (host === 'slow.example') return await new Promise(() => undefined)
  throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
}

test('35: a name that is not known, or hangs, is its target’s own trouble', async () => {
  await using server = await ScriptedServer.start(() => answerOf('a'))
  const client = new HttpClient({ lookup })
  const hosts = ['slow.example', 'gone.example', 'good.example']
  const outcomes = hosts.map(async (host) => await outcome(client, server.url('/', host), 200))
  expect(await Promise.all(outcomes)).toEqual(['timeout', 'dns_not_found', 200])
  client.close()
})

test('35: a name that means another address the second time is judged by that address', async () => {
  await using server = await ScriptedServer.start(() => answerOf('a', { headers: { Connection: 'close' } }))
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['::ffff:169.254.169.254']]
  const asked: string[] = []
  const client = new HttpClient({
    lookup: async () => answers.shift() ?? [],
    mayConnect(address) {
      asked.push(address)
      return !address.includes('169.254.')
    },
  })
  const url = server.url('/', 'rebound.example')
  const outcomes = [
    await outcome(client, url, 5000),
    await outcome(client, url, 5000),
    await outcome(client, url, 5000),
  ]
  expect(outcomes).toEqual([200, 'address_denied', 'address_denied'])
  expect(asked).toEqual(['127.0.0.1', '169.254.169.254', '::ffff:169.254.169.254'])
  client.close()
})
