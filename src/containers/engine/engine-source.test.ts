import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineSource } from './engine-source.ts'

const id = (digit: string): string => digit.repeat(64)
const signal = new AbortController().signal

let folder: string
let server: Server
let answers: Map<string, { readonly status?: number; readonly body: string | Buffer }>
let asked: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-engine-'))
  answers = new Map()
  asked = []
  server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const { status = 200, body } = answers.get(path) ?? { status: 404, body: '{}' }
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve))
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

function sourceOf(
  listed: readonly unknown[],
  inspected: Readonly<Record<string, unknown>> = {},
): EngineSource {
  answers.set('/version', { body: JSON.stringify({ Components: [{ Name: 'Engine' }] }) })
  answers.set('/containers/json?all=1', { body: JSON.stringify(listed) })
  for (const [each, body] of Object.entries(inspected))
    answers.set(`/containers/${each}/json`, { body: JSON.stringify(body) })
  return new EngineSource(join(folder, 'docker.sock'))
}

const running = {
  Id: id('a'),
  Names: ['/web'],
  Image: 'nginx:1',
  ImageID: 'sha256:1',
  State: 'running',
  Created: 1_700_000_000,
  Labels: { team: 'shop' },
}

const inspectedRunning = {
  State: {
    Running: true,
    Pid: 4711,
    StartedAt: '2023-11-14T22:13:21.5Z',
    FinishedAt: '0001-01-01T00:00:00Z',
    ExitCode: 0,
  },
  RestartCount: 2,
  HostConfig: { NetworkMode: 'host' },
  LogPath: '/var/lib/docker/containers/a.log',
}

test('a plain container has the name that its user chose, and what the inspection tells', async () => {
  const source = sourceOf([running], { [id('a')]: inspectedRunning })
  const { containers, pods } = await source.list(signal)
  expect(containers).toEqual([
    {
      id: id('a'),
      runtime: 'docker',
      pod: '',
      namespace: '',
      podUid: '',
      container: '',
      image: 'nginx:1',
      imageId: 'sha256:1',
      name: 'web',
      labels: new Map([['team', 'shop']]),
      state: 'running',
      createdAt: 1_700_000_000_000,
      isSandbox: false,
      sandboxId: '',
      startedAt: 1_700_000_001_500,
      finishedAt: undefined,
      exitCode: undefined,
      exitReason: '',
      restarts: 2,
      pid: 4711,
      hostNetwork: true,
      logPath: '/var/lib/docker/containers/a.log',
    },
  ])
  expect(pods).toEqual([])
})

test('a container is inspected again only when its state changes', async () => {
  const source = sourceOf([running], { [id('a')]: inspectedRunning })
  await source.list(signal)
  await source.list(signal)
  const ended = { Running: false, FinishedAt: '2023-11-14T22:13:29Z', ExitCode: 137, OOMKilled: true, Pid: 0 }
  sourceOf([{ ...running, State: 'exited' }], { [id('a')]: { State: ended } })
  const { containers } = await source.list(signal)
  expect(containers).toMatchObject([
    {
      state: 'exited',
      exitCode: 137,
      exitReason: 'OOMKilled',
      finishedAt: 1_700_000_009_000,
      pid: undefined,
    },
  ])
  expect(asked.filter((path) => path.startsWith(`/containers/${id('a')}`)).length).toBe(2)
})

test('what the kubelet made through Docker is of its pod, and the pause container is its sandbox', async () => {
  const labels = {
    'io.kubernetes.pod.name': 'web-1',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': 'u',
  }
  const sandbox = { 'io.kubernetes.container.name': 'POD', 'io.kubernetes.docker.type': 'podsandbox' }
  const source = sourceOf([{ ...running, Labels: { ...labels, ...sandbox } }])
  const { containers } = await source.list(signal)
  expect(containers).toMatchObject([
    { pod: 'web-1', namespace: 'shop', podUid: 'u', container: 'POD', isSandbox: true, sandboxId: id('a') },
  ])
})

test('what is malformed in an answer is left out', async () => {
  const source = sourceOf([
    null,
    7,
    {},
    { Id: '../../x' },
    { Id: id('b'), Names: 'web', Labels: [], State: {} },
  ])
  const { containers } = await source.list(signal)
  expect(containers).toMatchObject([{ id: id('b'), name: '', state: 'unknown', labels: new Map() }])
})

test.each([
  ['a status that is an error', { status: 500, body: 'no' }, /with the status 500/],
  ['what is no JSON', { body: '{' }, /with what is no JSON/],
  ['more than it may', { body: Buffer.alloc(17 * 1024 * 1024, ' ') }, /more than 16777216 bytes/],
])('%s is an error that names the socket', async (_, answer, message) => {
  const source = sourceOf([])
  answers.set('/containers/json?all=1', answer)
  await expect(source.list(signal)).rejects.toThrow(message)
})

test('an engine that is not there, and a question that is given up, are errors', async () => {
  const absent = new EngineSource(join(folder, 'absent.sock'))
  await expect(absent.list(signal)).rejects.toThrow(/did not answer \/version: .*ENOENT/)
  await expect(sourceOf([]).list(AbortSignal.abort())).rejects.toThrow(/did not answer/)
})
