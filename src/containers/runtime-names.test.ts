import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostFiles } from '#src/host/host-files.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import {
  containersAnswer,
  ContainerRuntime,
  containerStatusAnswer,
  layersAnswer,
  sandboxesAnswer,
  sandboxStatusAnswer,
  versionAnswer,
} from '#src/testing/container-runtime.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { KubeletPods } from './kubelet-pods.ts'
import { RuntimeNames } from './runtime-names.ts'
import { RuntimeSources } from './runtime-sources.ts'

const signal = new AbortController().signal
const id = (digit: string): string => digit.repeat(64)

let root: string
let clock: FakeClock
let log: CapturedLog
let opened: RuntimeNames[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-names-'))
  await mkdir(join(root, 'run/containerd'), { recursive: true })
  clock = new FakeClock()
  log = new CapturedLog()
  opened = []
})

afterEach(async () => {
  for (const names of opened) await names.stop()
  await rm(root, { recursive: true, force: true })
})

function socket(): string {
  return join(root, 'run/containerd/containerd.sock')
}

function makeNames(
  options: { useCache?: boolean; writableLayersMs?: number; others?: KubeletPods[] } = {},
): RuntimeNames {
  const { useCache = true, writableLayersMs, others } = options
  const sources = new RuntimeSources({ files: new HostFiles(root), clock, writableLayersMs, others })
  const names = new RuntimeNames({
    sources: () => sources.current(),
    clock,
    logger: log,
    useCache,
    maxAgeMs: 60_000,
    random: () => 0.5,
  })
  opened.push(names)
  return names
}

async function refresh(names: RuntimeNames, ...ids: readonly string[]): Promise<void> {
  await names.refresh(
    ids.map((containerId) => ({ containerId, podUid: undefined })),
    signal,
  )
}

const answers = {
  ListPodSandbox: sandboxesAnswer([{ id: id('a'), pod: 'web-1', podUid: 'u-1', namespace: 'shop' }]),
  ListContainers: containersAnswer([{ id: id('b'), sandboxId: id('a'), name: 'nginx', attempt: 4 }]),
  PodSandboxStatus: sandboxStatusAnswer({ network: 0, information: '{"pid": 42, "image": "pause:3.9"}' }),
  ContainerStatus: containerStatusAnswer({ startedAtNs: 1_700_000_000_000_000_000n, logPath: '/log' }),
  ListContainerStats: layersAnswer([{ id: id('b'), usedBytes: 4096n, usedInodes: 7 }]),
}

test('a runtime tells who containers, sandboxes and pods are', async () => {
  await using runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames({ writableLayersMs: 1000 })
  await refresh(names, id('b'))
  expect(names.find(id('b'))).toMatchObject({
    runtime: 'containerd',
    pod: 'web-1',
    namespace: 'shop',
    podUid: 'u-1',
    container: 'nginx',
    restarts: 4,
    state: 'running',
    startedAt: 1_700_000_000_000,
    exitCode: undefined,
    writableLayer: { usedBytes: 4096, usedInodes: 7, mountpoint: '/var/lib/containerd' },
  })
  expect(names.find(id('a'))).toMatchObject({ isSandbox: true, container: '', image: 'pause:3.9', pid: 42 })
  expect(names.findPod('u-1')).toMatchObject({ pod: 'web-1', sandboxId: id('a'), sandboxPid: 42 })
  expect([...names.all()].length).toBe(2)
  expect(log.lines).toEqual([])
  expect(runtime.count('ListContainers')).toBe(1)
})

test('what is known is not asked for again until it is old or a container is not known', async () => {
  await using runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames()
  for (let cycle = 0; cycle < 5; cycle++) await refresh(names, id('b'))
  expect(runtime.count('ListContainers')).toBe(1)
  await refresh(names, id('b'), id('c'))
  expect(runtime.count('ListContainers')).toBe(2)
  await refresh(names, id('b'), id('c'))
  expect(runtime.count('ListContainers')).toBe(2)
  await clock.advance(1500)
  await refresh(names, id('b'), id('c'))
  expect(runtime.count('ListContainers')).toBe(3)
  // Nobody knows it, so it is asked for ever less often.
  await clock.advance(1500)
  await refresh(names, id('b'), id('c'))
  expect(runtime.count('ListContainers')).toBe(3)
  await clock.advance(60_000)
  await refresh(names, id('b'))
  expect(runtime.count('ListContainers')).toBe(4)
  expect(runtime.count('ContainerStatus')).toBe(1)
  expect(runtime.count('PodSandboxStatus')).toBe(1)
  expect(runtime.count('ListContainerStats')).toBe(0)
})

test('without a cache each cycle asks for the lists, and still for each status once', async () => {
  await using runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames({ useCache: false })
  for (let cycle = 0; cycle < 3; cycle++) await refresh(names, id('b'))
  expect([runtime.count('ListContainers'), runtime.count('ContainerStatus')]).toEqual([3, 1])
})

test('many who want to know at once share one question', async () => {
  await using runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames({ useCache: false })
  await Promise.all(Array.from({ length: 20 }, async () => await refresh(names, id('b'))))
  expect(runtime.count('ListContainers')).toBe(1)
})

test('a container that ended is asked for its end, once', async () => {
  await using runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames({ useCache: false })
  await refresh(names)
  runtime.answer(
    'ListContainers',
    containersAnswer([{ id: id('b'), sandboxId: id('a'), name: 'nginx', state: 2 }]),
  )
  runtime.answer(
    'ContainerStatus',
    containerStatusAnswer({ startedAtNs: 1n, finishedAtNs: 5_000_000n, exitCode: 137, reason: 'OOMKilled' }),
  )
  for (let cycle = 0; cycle < 3; cycle++) await refresh(names)
  expect(names.find(id('b'))).toMatchObject({
    state: 'exited',
    exitCode: 137,
    exitReason: 'OOMKilled',
    finishedAt: 5,
  })
  expect(runtime.count('ContainerStatus')).toBe(2)
})

test('a container that is gone before it is asked for is only less known', async () => {
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    ContainerStatus: 'NOT_FOUND',
    PodSandboxStatus: 'NOT_FOUND',
  })
  const names = makeNames()
  await refresh(names)
  expect(names.find(id('b'))).toMatchObject({ container: 'nginx', pod: 'web-1', startedAt: undefined })
  expect(log.lines).toEqual([])
  expect(runtime.count('ListContainers')).toBe(1)
})

test('a runtime without statistics still knows names', async () => {
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    ListContainerStats: 'UNIMPLEMENTED',
  })
  const names = makeNames({ writableLayersMs: 1000 })
  await refresh(names)
  expect(names.find(id('b'))).toMatchObject({ container: 'nginx', writableLayer: undefined })
  expect(names.problems.size).toBe(0)
  expect(runtime.count('ListContainers')).toBe(1)
})

test('CRI-O is named by its own names, and its sandbox by its label', async () => {
  const labels = { 'io.kubernetes.container.name': 'POD' }
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    Version: versionAnswer('cri-o'),
    ListPodSandbox: sandboxesAnswer([
      { id: id('a'), pod: 'web-1', podUid: 'u-1', namespace: 'shop', labels },
    ]),
  })
  const names = makeNames()
  await refresh(names)
  expect(names.find(id('a'))).toMatchObject({ container: 'POD', name: 'k8s_POD_web-1_shop_u-1_0' })
  expect(names.find(id('b'))?.name).toBe('k8s_nginx_web-1_shop_u-1_4')
  expect(runtime.count('ListContainers')).toBe(1)
})

test('the newest sandbox of a pod is the one that is ready', async () => {
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    ListPodSandbox: sandboxesAnswer([
      { id: id('e'), pod: 'web-1', podUid: 'u-1', createdAtNs: 3_000_000_000n },
      { id: id('d'), pod: 'web-1', podUid: 'u-1', createdAtNs: 9_000_000_000n, isReady: false },
      { id: id('c'), pod: 'web-1', podUid: 'u-1', createdAtNs: 1_000_000_000n },
    ]),
  })
  const names = makeNames()
  await refresh(names)
  expect(names.findPod('u-1')?.sandboxId).toBe(id('e'))
  expect(runtime.count('ListContainers')).toBe(1)
})

test.each([
  ['that is no runtime of pods', 'UNIMPLEMENTED' as const, 'UNIMPLEMENTED'],
  ['that answers nonsense', Buffer.from([0xff, 0xff]), 'MALFORMED'],
])('a runtime %s is told of, asked ever less often, and hides nothing', async (_, answer, code) => {
  await using runtime = await ContainerRuntime.start(socket(), { ...answers, ListContainers: answer })
  const names = makeNames({ useCache: false })
  await refresh(names, id('b'))
  expect(names.find(id('b'))).toBeUndefined()
  expect(names.problems.get(socket())).toMatchObject({ code })
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { source: socket() } }])
  for (let cycle = 0; cycle < 5; cycle++) await refresh(names, id('b'))
  expect(runtime.count('ListContainers')).toBe(1)
  runtime.answer('ListContainers', answers.ListContainers)
  await clock.advance(1000)
  await refresh(names, id('b'))
  expect(names.find(id('b'))?.container).toBe('nginx')
  expect(names.problems.size).toBe(0)
})

test('what a runtime told before is kept while it is away, and it is found again when it is back', async () => {
  const runtime = await ContainerRuntime.start(socket(), answers)
  const names = makeNames({ useCache: false })
  await refresh(names, id('b'))
  runtime.stop()
  await refresh(names, id('b'))
  expect(names.find(id('b'))?.container).toBe('nginx')
  expect(names.problems.get(socket())).toMatchObject({ code: 'UNAVAILABLE' })
  await rm(socket(), { force: true })
  await runtime.listen(socket())
  await expect
    .poll(
      async () => {
        await clock.advance(120_000)
        await refresh(names, id('b'))
        return names.problems.size
      },
      { timeout: 15_000 },
    )
    .toBe(0)
  await runtime[Symbol.asyncDispose]()
})

test('a cycle does not wait for a runtime that is silent, and stopping ends the question', async () => {
  await using runtime = await ContainerRuntime.start(socket(), { ...answers, ListContainers: 'silence' })
  const names = makeNames()
  const impatient = new AbortController()
  const refreshed = names.refresh([], impatient.signal)
  await expect.poll(() => runtime.count('ListContainers')).toBe(1)
  impatient.abort()
  await refreshed
  expect(names.find(id('b'))).toBeUndefined()
  await names.stop()
})

test('without a runtime the names of log files tell, and what they do not tell is unknown', async () => {
  const log4 = `/var/log/pods/shop_web-1_u-1/nginx/4.log`
  await write(log4, '')
  await mkdir(join(root, 'var/log/containers'), { recursive: true })
  await symlink(log4, join(root, `var/log/containers/web-1_shop_nginx-${id('b')}.log`))
  await write('/var/log/containers/not-of-a-pod.log', '')
  await write('/var/log/pods/stray', '')
  const names = makeNames()
  await refresh(names, id('b'))
  expect(names.find(id('b'))).toMatchObject({
    pod: 'web-1',
    namespace: 'shop',
    podUid: 'u-1',
    container: 'nginx',
    restarts: 4,
    state: 'unknown',
    logPath: log4,
    image: '',
  })
  expect(names.findPod('u-1')).toMatchObject({ pod: 'web-1', namespace: 'shop', sandboxId: '' })
  expect([...names.all()].length).toBe(1)
})

test('what a better source does not tell is told by the next', async () => {
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    ListPodSandbox: Buffer.alloc(0),
  })
  const status = {
    name: 'other',
    containerID: `containerd://${id('b')}`,
    image: 'nginx:2',
    state: { running: {} },
  }
  const pod = {
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1' },
    spec: { hostNetwork: true },
    status: { containerStatuses: [status] },
  }
  const kubelet = new KubeletPods(
    'https://127.0.0.1:10250/pods',
    async () => await Promise.resolve({ items: [pod] }),
  )
  const names = makeNames({ others: [kubelet] })
  await refresh(names, id('b'))
  expect(names.find(id('b'))).toMatchObject({
    container: 'nginx',
    image: 'app:1',
    pod: 'web-1',
    hostNetwork: true,
  })
  expect(names.findPod('u-1')).toMatchObject({ pod: 'web-1', hostNetwork: true })
  expect(runtime.count('ListContainers')).toBe(1)
})

test('twenty containers a second, made and gone, leave nothing behind', async () => {
  await using runtime = await ContainerRuntime.start(socket(), {
    ...answers,
    ListPodSandbox: Buffer.alloc(0),
  })
  const names = makeNames()
  for (let cycle = 0; cycle < 6; cycle++) {
    const made = Array.from({ length: 200 }, (_, index) => `${cycle}x${index}`)
    runtime.answer(
      'ListContainers',
      containersAnswer(made.map((each) => ({ id: each, sandboxId: '', name: 'job' }))),
    )
    await clock.advance(10_000)
    await refresh(names, ...made)
    expect([...names.all()].length).toBe(200)
    expect(made.every((each) => names.find(each)?.container === 'job')).toBe(true)
  }
  expect(runtime.count('ListContainers')).toBe(6)
  expect(runtime.count('ContainerStatus')).toBe(1200)
  expect(log.lines).toEqual([])
})

async function write(path: string, text: string): Promise<void> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
