import type { HttpClient } from '#src/http/client/http-client.ts'
import type { BodySink } from '#src/http/client/answer-body.ts'

/** What a conversation needs of a server. */
export interface Interlocutor {
  readonly url: URL
  /** One who may do all, one who may do nothing, and one who is not known. */
  readonly clients: Readonly<Record<'admin' | 'reader' | 'stranger', HttpClient>>
  /** Has the server forget all versions before now. */
  readonly forget: () => Promise<void>
}

/** An answer without what differs from server to server and from time to time. */
export type PlainAnswer = Readonly<Record<string, unknown>>

const configMaps = '/api/v1/namespaces/default/configmaps'
const secrets = '/api/v1/namespaces/default/secrets'
const asked = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`

/**
 * Asks a server all that the client of Kubernetes relies on, in a fixed order. The real server's answers are recorded, and
 * those of the server for tests must be the same.
 */
export async function converse({ url, clients, forget }: Interlocutor): Promise<Record<string, unknown>> {
  const { admin } = clients
  const ask = async (path: string, client = admin, accept?: string): Promise<Raw> =>
    await get(client, new URL(path, url), accept)
  const send = async (method: 'POST' | 'PUT', path: string, object: object): Promise<Raw> => {
    const sink = new TextSink()
    const body = [Buffer.from(JSON.stringify(object))]
    const headers = { 'Content-Type': 'application/json' }
    const request = { url: new URL(path, url), method, body, headers, timeoutMs: 10_000 }
    const { status, excerpt } = await admin.post(request, undefined, sink)
    return { status, text: sink.text === '' ? excerpt : sink.text }
  }
  const answers: Record<string, unknown> = {}

  for (const name of ['a', 'b', 'c'])
    answers[`create ${name}`] = plainAnswer(await send('POST', configMaps, configMap(name)))
  answers['create what is there'] = plainAnswer(await send('POST', configMaps, configMap('a')))
  answers['get'] = plainAnswer(await ask(`${configMaps}/a`))
  answers['get what is not there'] = plainAnswer(await ask(`${configMaps}/x`))
  const stale = configMap('a', { resourceVersion: '1' })
  answers['replace an older version'] = plainAnswer(await send('PUT', `${configMaps}/a`, stale))
  answers['list by label'] = plainAnswer(await ask(`${configMaps}?labelSelector=a%3Db`))
  answers['list by field'] = plainAnswer(await ask(`${configMaps}?fieldSelector=metadata.name%3Dc`))
  answers['without a right'] = plainAnswer(await ask('/api/v1/nodes', clients.reader))
  answers['without credentials'] = plainAnswer(await ask('/api/v1/nodes', clients.stranger))

  const page = await ask(`${configMaps}?limit=2`)
  answers['first page'] = plainAnswer(page)
  const { resourceVersion, continue: next = '' } = metaOf(page)
  answers['second page'] = plainAnswer(await ask(`${configMaps}?limit=2&continue=${next}`))
  const current = JSON.parse((await ask(`${configMaps}/b`)).text) as object
  await send('PUT', `${configMaps}/b`, { ...current, data: { x: 'ä€😀' } })
  await send('POST', configMaps, configMap('d'))
  answers['watch from a version'] = await watch(admin, url, `resourceVersion=${resourceVersion}`, 2)
  answers['watch without a version'] = await watch(admin, url, '', 4)
  answers['watch with a list as stream'] = await watch(
    admin,
    url,
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    1,
  )
  for (const name of ['s', 't'])
    answers[`create secret ${name}`] = plainAnswer(await send('POST', secrets, secret(name)))
  const metadataList = await ask(`${configMaps}?limit=2`, admin, asked('PartialObjectMetadataList'))
  answers['list as metadata'] = plainAnswer(metadataList)
  answers['list as table'] = plainAnswer(await ask(secrets, admin, asked('Table')))
  const since = `resourceVersion=${resourceVersion}`
  answers['watch as metadata'] = await watch(admin, url, since, 2, { accept: asked('PartialObjectMetadata') })
  answers['watch as table'] = await watch(admin, url, since, 2, { path: secrets, accept: asked('Table') })
  await forget()
  answers['a page that has expired'] = plainAnswer(await ask(`${configMaps}?limit=2&continue=${next}`))
  answers['watch from a version that has expired'] = await watch(admin, url, 'resourceVersion=1', 1)
  return answers
}

function configMap(name: string, more: object = {}): object {
  return { metadata: { name, labels: { a: name }, ...more } }
}

function secret(name: string): object {
  return { metadata: { name }, type: 'example.com/own', data: { key: 'aHVudGVyMg==' } }
}

interface Raw {
  readonly status: number
  readonly text: string
}

class TextSink implements BodySink {
  text = ''
  readonly #enough: (text: string) => boolean

  constructor(enough: (text: string) => boolean = () => false) {
    this.#enough = enough
  }

  begin(): void {}

  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.text += Buffer.from(buffer.subarray(from, to)).toString()
    if (this.#enough(this.text)) throw new Enough()
  }

  end(): void {}
}

class Enough extends Error {}

async function get(client: HttpClient, url: URL, accept = 'application/json'): Promise<Raw> {
  const sink = new TextSink()
  const request = { url, timeoutMs: 10_000, headers: { Accept: accept } }
  const { status, excerpt } = await client.get(request, sink)
  return { status, text: sink.text === '' ? excerpt : sink.text }
}

/** The first frames of a watch. */
async function watch(
  client: HttpClient,
  server: URL,
  query: string,
  frames: number,
  { path = configMaps, accept = 'application/json' } = {},
): Promise<unknown> {
  const url = new URL(`${path}?watch=true&${query}`, server)
  const sink = new TextSink((text) => text.split('\n').length > frames)
  try {
    await client.get({ url, timeoutMs: 10_000, headers: { Accept: accept } }, sink)
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
  const lines = sink.text.split('\n').slice(0, frames)
  // A watch without a version tells what is there in any order.
  return lines
    .map((line) => plain(JSON.parse(line)))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function metaOf({ text }: Raw): { readonly resourceVersion: string; readonly continue?: string } {
  return (JSON.parse(text) as { metadata: { resourceVersion: string; continue?: string } }).metadata
}

function plainAnswer({ status, text }: Raw): PlainAnswer {
  return { status, body: plain(JSON.parse(text)) }
}

/** What differs between servers and runs: kept as a word, since it must be there all the same. */
const passing = new Set(['uid', 'resourceVersion', 'continue'])
/** What only the real server keeps of objects, and the client does not use; and what kind of list it is. */
const surplus = new Set(['creationTimestamp', 'managedFields', 'apiVersion', 'kind', 'details'])

function plain(value: unknown, key = ''): unknown {
  if (passing.has(key)) return typeof value
  if (key === 'message' && typeof value === 'string') return value.replaceAll(/\d+/g, 'N')
  if (key === 'columnDefinitions' && Array.isArray(value))
    return value.map(({ name }: { readonly name: unknown }) => name)
  // The last is the age.
  if (key === 'cells' && Array.isArray(value)) return value.slice(0, -1)
  if (Array.isArray(value)) return value.map((item) => plain(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !surplus.has(name))
  return Object.fromEntries(entries.map(([name, each]) => [name, plain(each, name)]))
}
