import { afterEach, describe, expect, test } from 'vitest'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { ClientError } from './client-error.ts'
import { schemeCredentials } from './credentials.ts'
import { fixedText } from './file-text.ts'
import { HttpClient, type HttpClientSettings } from './http-client.ts'
import { followedRedirect } from './redirect.ts'

let client: HttpClient | undefined
afterEach(() => client?.close())

const toLoopback = async (): Promise<string[]> => ['127.0.0.1']
const timeoutMs = 10_000

async function outcome(promise: Promise<{ readonly status: number }>): Promise<unknown> {
  try {
    return (await promise).status
  } catch (error) {
    return error instanceof ClientError ? `${error.code}: ${error.message}` : error
  }
}

/** Gets `/start` of a server that redirects it, with credentials and a header of its own. */
async function get(server: ScriptedServer, settings: HttpClientSettings = {}): Promise<unknown> {
  client = new HttpClient({
    lookup: toLoopback,
    credentials: schemeCredentials('Bearer', fixedText('t0ken')),
    headers: () => ({ 'X-Tenant': 'secret' }),
    ...settings,
  })
  const request = {
    url: server.url('/start', 'one.example'),
    timeoutMs,
    headers: { Cookie: 'a', Accept: 'b' },
  }
  return await outcome(client.get(request, new TextSink()))
}

function redirecting(location: (server: ScriptedServer) => string, status = 302): Promise<ScriptedServer> {
  const started: Promise<ScriptedServer> = ScriptedServer.start(() => undefined)
  return started.then((server) => {
    server.script = ({ target }) =>
      target === '/start' ? answerOf('', { status, headers: { Location: location(server) } }) : answerOf('a')
    return server
  })
}

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    'of status %i is followed within the host, credentials and all',
    async (status) => {
      await using server = await redirecting(() => '/end?a=b#part', status)
      expect(await get(server)).toBe(200)
      const [, second] = server.requests
      expect(second?.target).toBe('/end?a=b')
      expect(second?.headers.get('authorization')).toBe('Bearer t0ken')
      expect(second?.headers.get('x-tenant')).toBe('secret')
      expect(server.connections).toBe(1)
    },
  )

  test('cannot say who asks', async () => {
    await using server = await redirecting(({ port }) => `http://user:word@one.example:${port}/end`)
    expect(await get(server, { credentials: undefined })).toBe(200)
    expect(server.requests.map(({ headers }) => headers.has('authorization'))).toEqual([false, false])
  })

  test('to another port of the host is followed without credentials', async () => {
    await using other = await ScriptedServer.start(() => answerOf('a'))
    await using server = await redirecting(() => `http://user:word@one.example:${other.port}/end`)
    expect(await get(server)).toBe(200)
    const head = other.requests[0]?.head ?? ''
    expect(head).toMatch(/^GET \/end HTTP/)
    expect(head).toContain('Accept: b')
    expect(head).not.toMatch(/authorization|x-tenant|cookie/i)
  })

  test('to another host is not followed, unless it is allowed, and then without credentials, for good', async () => {
    await using other = await ScriptedServer.start(({ target }) =>
      target === '/back' ? answerOf('', { status: 302, headers: { Location: back } }) : answerOf('a'),
    )
    await using server = await redirecting(() => `http://two.example:${other.port}/back`)
    const back = server.url('/end', 'one.example').href
    expect(await get(server)).toBe(
      `redirect_refused: the server redirects to http://two.example:${other.port}, another host: not followed`,
    )
    expect(other.requests).toEqual([])
    expect(await get(server, { redirects: 'any_host' })).toBe(200)
    for (const { head } of [...other.requests, ...server.requests.slice(-1)]) {
      expect(head).not.toMatch(/authorization|x-tenant|cookie/i)
    }
    expect(server.requests.at(-1)?.target).toBe('/end')
  })

  test.each([
    ['http://169.254.169.254/latest/meta-data', 'to http://169.254.169.254, another host'],
    ['//169.254.169.254/latest', 'to http://169.254.169.254, another host'],
    ['file:///etc/passwd', 'to a URL of another kind (file:)'],
    ['gopher://one.example/', 'to a URL of another kind (gopher:)'],
    ['javascript:alert(1)', 'to a URL of another kind (javascript:)'],
    ['http://[', 'to something that is no URL'],
  ])('to %s is refused', async (location, reason) => {
    await using server = await redirecting(() => location)
    expect(await get(server)).toBe(`redirect_refused: the server redirects ${reason}: not followed`)
  })

  test('away from TLS is refused, towards it is not', () => {
    const from = new URL('https://one.example/')
    const answer = { status: 302, location: 'http://one.example/' }
    expect(() => followedRedirect('any_host', from, 'GET', answer)).toThrow(/away from TLS: not followed$/)
    const to = followedRedirect('same_host', new URL('http://one.example/'), 'GET', {
      status: 302,
      location: 'https://one.example/a',
    })
    expect(to?.href).toBe('https://one.example/a')
  })

  test('that leads round in circles ends after ten', async () => {
    await using server = await redirecting(() => '/start')
    expect(await get(server)).toBe('too_many_redirects: the server redirects more than 10 times')
    expect(server.requests).toHaveLength(11)
  })

  test('is an answer like others where none is followed, or where it says nowhere', async () => {
    await using server = await redirecting(() => '/end')
    expect(await get(server, { redirects: 'never' })).toBe(302)
    server.script = () => answerOf('', { status: 302 })
    expect(await get(server)).toBe(302)
    expect(await get(server, { redirects: 'any_host' })).toBe(302)
  })

  test('of a body is followed only where the body is to be sent again', async () => {
    await using server = await redirecting(() => '/end', 307)
    const post = async (): Promise<unknown> => {
      client = new HttpClient()
      return await outcome(client.post({ url: server.url('/start'), timeoutMs, body: [Buffer.from('data')] }))
    }
    expect(await post()).toBe(200)
    expect(server.requests.map(({ method, target, body }) => [method, target, body])).toEqual([
      ['POST', '/start', 'data'],
      ['POST', '/end', 'data'],
    ])
    server.script = () => answerOf('', { status: 302, headers: { Location: '/end' } })
    expect(await post()).toBe(302)
  })
})
