import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { HttpClient } from '#src/http/client/http-client.ts'
import { KubernetesApi } from './kubernetes-api.ts'
import { converse } from './kubernetes-conversation.ts'

const recorded = new URL('../../test/fixtures/kubernetes/answers.json', import.meta.url)

function client(token: string): HttpClient {
  return new HttpClient({ headers: () => ({ Authorization: `Bearer ${token}` }) })
}

test('the server for tests answers as the real one was recorded to', async () => {
  await using server = await KubernetesApi.start()
  server.streamingLists = 'without_progress'
  server.users = new Map([
    ['Bearer admin', 'all'],
    ['Bearer reader', 'nothing'],
  ])
  const clients = { admin: client('admin'), reader: client('reader'), stranger: client('stranger') }
  const answers = await converse({ url: server.url, clients, forget: async () => server.compact() })
  for (const each of Object.values(clients)) each.close()
  expect(answers).toEqual(JSON.parse(await readFile(recorded, 'utf8')))
})
