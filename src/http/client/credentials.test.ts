import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'
import { basicAuthorization, basicCredentials, schemeCredentials } from './credentials.ts'
import { FileText, fixedText } from './file-text.ts'
import { HttpClient } from './http-client.ts'

let folder: string
const clock = new FakeClock()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-credentials-'))
})
let client: HttpClient | undefined
afterEach(async () => {
  client?.close()
  await rm(folder, { recursive: true })
})

/** Writes a folder as Kubernetes mounts a Secret: links through `..data`, which is swapped. */
async function mountSecret(version: string, text: string): Promise<string> {
  await mkdir(join(folder, version))
  await writeFile(join(folder, version, 'token'), text)
  await symlink(version, join(folder, '..new'))
  await rename(join(folder, '..new'), join(folder, '..data'))
  await symlink('..data/token', join(folder, 'token')).catch(() => undefined)
  return join(folder, 'token')
}

describe('a text of a file', () => {
  test('is without white space around it, and read again within 2 s of a change', async () => {
    const file = join(folder, 'token')
    await writeFile(file, '  one\n')
    const text = new FileText('credentials_file', file, clock)
    expect(text.read()).toBe('one')
    await writeFile(file, 'other\n')
    await clock.advance(1999)
    expect(text.read()).toBe('one')
    await clock.advance(1)
    expect(text.read()).toBe('other')
  })

  test('is new when the link of a Secret was swapped', async () => {
    const file = await mountSecret('..1', 'one')
    const text = new FileText('credentials_file', file, clock)
    expect(text.read()).toBe('one')
    await mountSecret('..2', 'two')
    await clock.advance(2000)
    expect(text.read()).toBe('two')
  })

  test('that cannot be read is an error that names the option and not the file, until it can', async () => {
    const file = join(folder, 'token')
    const text = new FileText('basic_auth.password_file', file, clock)
    const error = {
      code: 'credentials_unavailable',
      message: 'cannot read basic_auth.password_file: there is no such file',
    }
    expect(() => text.read()).toThrow(expect.objectContaining(error))
    await writeFile(file, 'one')
    expect(text.read()).toBe('one')
    await unlink(file)
    await clock.advance(2000)
    expect(() => text.read()).toThrow(expect.objectContaining(error))
    await mkdir(file)
    expect(() => text.read()).toThrow('it is a directory')
  })
})

describe('credentials', () => {
  test('go with every request', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    const request = { url: server.url(), timeoutMs: 10_000 }
    client = new HttpClient({ credentials: basicCredentials(fixedText('usér'), fixedText('a:b')) })
    await client.get(request, new TextSink())
    await client.post({ ...request, body: [] })
    const url = server.url()
    Object.assign(url, { username: 'in', password: 'u%40rl' })
    await new HttpClient({ pool: { idleTimeoutMs: 0 } }).get({ ...request, url }, new TextSink())
    expect(server.requests.map(({ headers }) => headers.get('authorization'))).toEqual([
      basicAuthorization('usér', 'a:b'),
      basicAuthorization('usér', 'a:b'),
      'Basic aW46dUBybA==',
    ])
    expect(server.requests.at(-1)?.headers.get('host')).toBe(`127.0.0.1:${server.port}`)
  })

  test('that were replaced a moment ago are tried at once when the server refuses the old ones', async () => {
    const file = join(folder, 'token')
    await writeFile(file, 'old')
    let accepted = 'Bearer old'
    await using server = await ScriptedServer.start(({ headers, body }) =>
      answerOf(body, { status: headers.get('authorization') === accepted ? 200 : 401 }),
    )
    client = new HttpClient({
      clock,
      credentials: schemeCredentials('Bearer', new FileText('credentials_file', file, clock)),
    })
    const request = { url: server.url(), timeoutMs: 10_000 }
    const post = async (): Promise<unknown> => {
      const sink = new TextSink()
      const { status } =
        (await client?.post({ ...request, body: [Buffer.from('data')] }, undefined, sink)) ?? {}
      return [status, sink.text]
    }
    expect(await post()).toEqual([200, 'data'])
    accepted = 'Bearer new'
    // Nothing has changed here: one refusal is one answer.
    expect(await post()).toEqual([401, ''])
    expect(server.requests).toHaveLength(2)
    await writeFile(file, 'new')
    expect(await post()).toEqual([200, 'data'])
    expect(server.requests).toHaveLength(4)
  })

  test('that HTTP cannot carry never reach the wire, nor a message', async () => {
    await using server = await ScriptedServer.start(() => answerOf(''))
    client = new HttpClient({ credentials: schemeCredentials('Bearer', fixedText('t0ken\r\nX-Admin: 1')) })
    const getting = client.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink())
    await expect(getting).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'the value of the header Authorization has a line end or another control character',
    })
    expect(server.connections).toBe(0)
  })
})
