import { expect, test } from 'vitest'
import { basicCredentials } from '#src/http/client/credentials.ts'
import { fixedText } from '#src/http/client/file-text.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { TextSink } from '#src/testing/text-sink.ts'

const credentials = basicCredentials(fixedText('me'), fixedText('s3cret'))

/** What a client with credentials says of a server that redirects it, and whether another server heard of it. */
async function follow(
  location: (canary: ScriptedServer) => string,
): Promise<readonly [outcome: unknown, heard: string[]]> {
  await using canary = await ScriptedServer.start(() => answerOf('mine'))
  await using server = await ScriptedServer.start(() =>
    answerOf('', { status: 302, headers: { Location: location(canary) } }),
  )
  const client = new HttpClient({ credentials })
  const outcome = await client.get({ url: server.url(), timeoutMs: 10_000 }, new TextSink()).then(
    ({ status }) => status,
    ({ code }: { code: string }) => code,
  )
  client.close()
  return [outcome, canary.requests.map(({ head }) => head)]
}

test.each([
  ['another name of the same machine', (canary: ScriptedServer) => canary.url('/', 'localhost').href],
  ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
  ['the metadata in another spelling', () => 'http://2852039166/latest/meta-data/'],
  ['a file', () => 'file:///etc/passwd'],
  ['a scheme without a slash', () => 'gopher:127.0.0.1'],
])('34: a redirect to %s is not followed', async (_, location) => {
  expect(await follow(location)).toEqual(['redirect_refused', []])
})

test('34: a redirect to itself ends', async () => {
  expect(await follow(() => '/')).toEqual(['too_many_redirects', []])
})

test('34: a redirect to another port of the same host is followed without credentials', async () => {
  const [outcome, heard] = await follow((canary) => canary.url('/').href)
  expect(outcome).toBe(200)
  expect(heard).toHaveLength(1)
  expect(heard[0]).not.toMatch(/authorization/i)
})
