import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { fixedText } from './file-text.ts'
import { HttpClient } from './http-client.ts'
import { OAuth2Credentials } from './oauth2.ts'

let clock: FakeClock
let issuer: ScriptedServer
let client: HttpClient
let tokens: number
beforeEach(async () => {
  clock = new FakeClock()
  tokens = 0
  issuer = await ScriptedServer.start(() => issued({ expires_in: 3600 }))
  client = new HttpClient({ clock })
})
afterEach(async () => {
  client.close()
  await issuer[Symbol.asyncDispose]()
})

const issued = (more: object): Buffer =>
  answerOf(JSON.stringify({ access_token: `t${++tokens}`, token_type: 'bearer', ...more }))
const refused = (status: number, body: object | string): Buffer =>
  answerOf(typeof body === 'string' ? body : JSON.stringify(body), { status })

function credentialsOf(
  more: Partial<ConstructorParameters<typeof OAuth2Credentials>[0]> = {},
): OAuth2Credentials {
  return new OAuth2Credentials({
    tokenUrl: issuer.url('/token'),
    clientId: fixedText('my id'),
    clientSecret: fixedText('s3cr&t'),
    scopes: [],
    endpointParams: {},
    client,
    clock,
    ...more,
  })
}

const forever = new AbortController().signal
const basic = `Basic ${Buffer.from('my+id:s3cr%26t').toString('base64')}`

describe('a token', () => {
  test('is asked for by the client credentials grant', async () => {
    const credentials = credentialsOf({
      scopes: ['a', 'b'],
      endpointParams: { audience: 'x y', resource: ['1', '2'] },
    })
    expect(await credentials.authorization(forever)).toBe('Bearer t1')
    const [request] = issuer.requests
    expect([request?.method, request?.target]).toEqual(['POST', '/token'])
    expect(request?.headers.get('content-type')).toBe('application/x-www-form-urlencoded')
    expect(request?.headers.get('authorization')).toBe(basic)
    expect(request?.body).toBe('grant_type=client_credentials&scope=a+b&audience=x+y&resource=1&resource=2')
  })

  test('is kept until shortly before it expires, and fetched once for all who wait', async () => {
    const credentials = credentialsOf()
    const asked = async (): Promise<string> => await credentials.authorization(forever)
    expect(await Promise.all([asked(), asked(), asked()])).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1'])
    await clock.advance(3_589_999)
    expect(await asked()).toBe('Bearer t1')
    await clock.advance(1)
    expect(await asked()).toBe('Bearer t2')
    expect(issuer.requests).toHaveLength(2)
  })

  test('that is short-lived is used for half its life, and one without an end until it is refused', async () => {
    issuer.script = () => issued({ expires_in: '8' })
    const credentials = credentialsOf()
    expect(await credentials.authorization(forever)).toBe('Bearer t1')
    await clock.advance(4000)
    issuer.script = () => issued({})
    expect(await credentials.authorization(forever)).toBe('Bearer t2')
    await clock.advance(1e10)
    expect(await credentials.authorization(forever)).toBe('Bearer t2')
    credentials.renew()
    expect(await credentials.authorization(forever)).toBe('Bearer t3')
    credentials.renew()
    // It is too new to be what is wrong.
    expect(await credentials.authorization(forever)).toBe('Bearer t3')
  })

  test('is asked for with the secret in the body where the server wants it so, which is remembered', async () => {
    issuer.script = ({ body }) =>
      body.includes('client_secret=s3cr%26t')
        ? issued({ expires_in: 60 })
        : refused(401, { error: 'invalid_client' })
    const credentials = credentialsOf()
    expect(await credentials.authorization(forever)).toBe('Bearer t1')
    expect(issuer.requests[1]?.headers.has('authorization')).toBe(false)
    expect(issuer.requests[1]?.body).toBe(
      'grant_type=client_credentials&client_id=my+id&client_secret=s3cr%26t',
    )
    await clock.advance(60_000)
    expect(await credentials.authorization(forever)).toBe('Bearer t2')
    expect(issuer.requests).toHaveLength(3)
  })

  test('that is refused by the server is replaced, and the request sent again', async () => {
    await using server = await ScriptedServer.start(({ headers }) =>
      answerOf('', { status: headers.get('authorization') === 'Bearer t2' ? 200 : 401 }),
    )
    const credentials = credentialsOf()
    const asking = new HttpClient({ clock, credentials, pool: { idleTimeoutMs: 0 } })
    await credentials.authorization(forever)
    await clock.advance(5000)
    const answer = await asking.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink())
    expect(answer.status).toBe(200)
    expect(server.requests).toHaveLength(2)
  })
})

describe('a token that cannot be had', () => {
  test.each([
    [
      'status 400, "invalid_scope: no such scope"',
      () => refused(400, { error: 'invalid_scope', error_description: 'no such scope' }),
    ],
    ['status 503', () => refused(503, 'try later')],
    ['status 401', () => refused(401, { error_description: 'not s3cr&t' })],
    ['the answer is no JSON', () => answerOf('<html>')],
    ['the answer is no JSON object', () => answerOf('null')],
    ['the answer has no access_token', () => answerOf('{"access_token": 5}')],
    ['the answer has no access_token', () => answerOf(JSON.stringify({ access_token: 'a\r\nX-B: c' }))],
    ['body size limit exceeded: the body has 1048576 bytes or more', () => answerOf(' '.repeat(2_000_000))],
  ])('is an error in words: %s', async (reason, answer) => {
    issuer.script = answer
    await expect(credentialsOf().authorization(forever)).rejects.toMatchObject({
      code: 'credentials_unavailable',
      retryable: true,
      message: `no token from http://127.0.0.1:${issuer.port}/token: ${reason}`,
    })
  })

  test('is not asked for again within 5 s', async () => {
    issuer.script = () => refused(500, '')
    const credentials = credentialsOf()
    await expect(credentials.authorization(forever)).rejects.toThrow('status 500')
    await expect(credentials.authorization(forever)).rejects.toThrow('status 500')
    expect(issuer.requests).toHaveLength(1)
    issuer.script = () => issued({})
    await clock.advance(5000)
    expect(await credentials.authorization(forever)).toBe('Bearer t1')
  })

  test('is not waited for longer than the request has', async () => {
    issuer.script = () => undefined
    const credentials = credentialsOf()
    const controller = new AbortController()
    const waiting = credentials.authorization(controller.signal)
    controller.abort(new Error('time is up'))
    await expect(waiting).rejects.toThrow('time is up')
  })
})
