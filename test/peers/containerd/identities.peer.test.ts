import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { RuntimeNames } from '#src/containers/runtime-names.ts'
import { RuntimeSources } from '#src/containers/runtime-sources.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { Containerd } from './containerd.ts'

let containerd: Containerd
const sandboxes: string[] = []

beforeAll(async () => {
  containerd = await Containerd.start()
})

afterAll(async () => {
  for (const id of sandboxes) await containerd.removePod(id)
  await containerd[Symbol.asyncDispose]()
})

/** Names as a receiver would have them, and what they logged. */
function namesOf(
  { root }: Containerd,
  { useCache }: { useCache: boolean },
): { names: RuntimeNames; log: CapturedLog } {
  const log = new CapturedLog()
  const sources = new RuntimeSources({ files: new HostFiles(root), clock: systemClock, writableLayersMs: 0 })
  const names = new RuntimeNames({
    sources: () => sources.current(),
    clock: systemClock,
    logger: log,
    useCache,
    maxAgeMs: 60_000,
  })
  return { names, log }
}

const signal = new AbortController().signal

test('a real containerd tells who its containers and sandboxes are', async () => {
  const pod = { name: 'web-0', uid: '11111111-2222-3333-4444-66666666aaac', hostNetwork: true }
  const before = Date.now()
  const sandboxId = await containerd.runPod(pod)
  sandboxes.push(sandboxId)
  const command = 'dd if=/dev/zero of=/written bs=1024 count=512; sleep 1000'
  const running = await containerd.runContainer(sandboxId, pod, { name: 'app', command, attempt: 2 })
  const ended = await containerd.runContainer(sandboxId, pod, { name: 'job', command: 'exit 3' })
  const { names, log } = namesOf(containerd, { useCache: false })
  await expect
    .poll(
      async () => {
        await names.refresh([], signal)
        return names.find(ended)?.state
      },
      { timeout: 20_000 },
    )
    .toBe('exited')
  expect(names.find(running)).toMatchObject({
    runtime: 'containerd',
    pod: 'web-0',
    namespace: 'default',
    podUid: pod.uid,
    container: 'app',
    image: 'docker.io/local/bb:bb',
    name: running,
    state: 'running',
    restarts: 2,
    isSandbox: false,
    sandboxId,
    hostNetwork: true,
    exitCode: undefined,
  })
  expect(names.find(running)?.startedAt).toBeGreaterThanOrEqual(before)
  expect(names.find(running)?.logPath).toMatch(/\/var\/log\/pods\/default_web-0_.*\/app\/2\.log$/)
  expect(names.find(ended)).toMatchObject({ container: 'job', exitCode: 3, exitReason: 'Error' })
  expect(names.find(sandboxId)).toMatchObject({
    isSandbox: true,
    container: '',
    // The sandbox runs the same image under another of its names.
    image: 'docker.io/local/bb:bb',
    pod: 'web-0',
  })
  expect(names.findPod(pod.uid)).toMatchObject({ pod: 'web-0', sandboxId, hostNetwork: true })
  expect(names.findPod(pod.uid)?.sandboxPid).toBeGreaterThan(1)
  await expect
    .poll(
      async () => {
        await names.refresh([], signal)
        return Number(names.find(running)?.writableLayer?.usedBytes ?? 0)
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBeGreaterThanOrEqual(512 * 1024)
  expect(log.lines).toEqual([])
  await names.stop()
})

test('containers that come and go while they are asked for are no error', async () => {
  const pod = { name: 'churn', uid: '11111111-2222-3333-4444-66666666aaad', hostNetwork: true }
  const sandboxId = await containerd.runPod(pod)
  sandboxes.push(sandboxId)
  const { names, log } = namesOf(containerd, { useCache: false })
  const churn = new AbortController()
  const asking = (async () => {
    let rounds = 0
    for (; !churn.signal.aborted; rounds++) await names.refresh([], signal)
    return rounds
  })()
  const made: string[] = []
  for (let count = 0; count < 12; count++) {
    const id = await containerd.runContainer(sandboxId, pod, { name: `job${count}`, command: 'sleep 1000' })
    await expect.poll(() => names.find(id)?.state, { timeout: 10_000, interval: 20 }).toBe('running')
    made.push(id)
    await containerd.stopContainer(id)
    await containerd.removeContainer(id)
  }
  churn.abort()
  expect(await asking).toBeGreaterThan(12)
  await names.refresh([], signal)
  expect(made.filter((id) => names.find(id) !== undefined)).toEqual([])
  expect(log.lines).toEqual([])
  await names.stop()
})

test('a containerd that hangs keeps no cycle waiting, and answers again when it goes on', async () => {
  const { names } = namesOf(containerd, { useCache: false })
  await names.refresh([], signal)
  const known = [...names.all()].length
  expect(known).toBeGreaterThan(0)
  containerd.signal('SIGSTOP')
  try {
    await names.refresh([], AbortSignal.timeout(300))
    expect([...names.all()].length).toBe(known)
  } finally {
    containerd.signal('SIGCONT')
  }
  await names.refresh([], signal)
  expect(names.problems.size).toBe(0)
  await names.stop()
})
