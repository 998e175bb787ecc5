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
function namesOf({ root }: Containerd): { names: RuntimeNames; log: CapturedLog; sources: RuntimeSources } {
  const log = new CapturedLog()
  const files = new HostFiles(root)
  const sources = new RuntimeSources({ files, clock: systemClock, writableLayersMs: 0 })
  const names = new RuntimeNames({
    sources: () => sources.current(),
    clock: systemClock,
    logger: log,
    useCache: true,
    maxAgeMs: 60_000,
  })
  return { names, log, sources }
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
  const { names, log } = namesOf(containerd)
  await expect
    .poll(
      async () => {
        await names.refresh([{ containerId: 'unknown', podUid: undefined }], signal)
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
        await names.refresh([{ containerId: 'unknown', podUid: undefined }], signal)
        return Number(names.find(running)?.writableLayer?.usedBytes ?? 0)
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBeGreaterThanOrEqual(512 * 1024)
  expect(log.lines).toEqual([])
  await names.stop()
})
