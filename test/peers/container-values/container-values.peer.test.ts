import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { protobuf } from '#src/testing/protobuf-fields.ts'
import { Containerd } from '../containerd/containerd.ts'
import { FirstCgroup } from '../guest/first-cgroup.ts'
import { MeasuredContainers } from './measured-containers.ts'

/** The number at a path of fields in a message. */
function numberAt(bytes: Buffer, [field, ...inner]: readonly number[]): number {
  const message = new ProtobufMessage()
  message.begin(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)
  for (let found = message.next(); found !== 0; found = message.next()) {
    if (found !== field) message.skip()
    else if (inner.length === 0) return Number(message.unsigned())
    else {
      const { from, to } = message.bytes()
      return numberAt(bytes.subarray(from, to), inner)
    }
  }
  return 0
}

/** CPU time in seconds, working set and resident memory in bytes, as the CRI tells them. */
async function statistics(
  containerd: Containerd,
  id: string,
): Promise<{ cpu: number; workingSet: number; rss: number }> {
  const answer = await containerd.call('ContainerStats', protobuf([1, id]))
  return {
    cpu: numberAt(answer, [1, 2, 2, 1]) / 1e9,
    workingSet: numberAt(answer, [1, 3, 2, 1]),
    rss: numberAt(answer, [1, 3, 5, 1]),
  }
}

test('CPU and memory of a real container are what the CRI of containerd says', async () => {
  await using containerd = await Containerd.start()
  const pod = { name: 'values', uid: '11111111-2222-3333-4444-66666666bbbb', hostNetwork: true }
  const sandbox = await containerd.runPod(pod)
  try {
    const command = 'while true; do dd if=/dev/zero of=/dev/null bs=65536 count=2000 2>/dev/null; done'
    const id = await containerd.runContainer(sandbox, pod, { name: 'worker', command })
    await using measured = new MeasuredContainers({ cri_sockets: [containerd.socket], docker_sockets: [] })
    await measured.start()
    const before = await statistics(containerd, id)
    const { cycles } = measured
    // The cycle after the next began after the statistics were told.
    await expect.poll(() => measured.cycles, { timeout: 20_000 }).toBeGreaterThan(cycles + 2)
    const lastOf = (name: string) => measured.samplesOf(name, id).at(-1)
    const cpu = lastOf('container_cpu_usage_seconds_total')
    const workingSet = lastOf('container_memory_working_set_bytes')
    const rss = lastOf('container_memory_rss')
    const after = await statistics(containerd, id)
    expect(cpu?.attributes).toMatchObject({ container: 'worker', pod: 'values', namespace: 'default' })
    expect(before.cpu).toBeGreaterThan(0)
    expect(cpu?.value).toBeGreaterThanOrEqual(before.cpu)
    expect(cpu?.value).toBeLessThanOrEqual(after.cpu)
    // What dd takes comes and goes with each of its runs.
    expect(Math.abs(Number(workingSet?.value) - after.workingSet)).toBeLessThan(2 << 20)
    expect(Math.abs(Number(rss?.value) - after.rss)).toBeLessThan(2 << 20)
    expect(measured.context.logger.lines).toEqual([])
  } finally {
    await containerd.removePod(sandbox)
  }
})

/** A minute where it is asked for. */
const churnMs = 1000 * Number(process.env['WEIR_CHURN_SECONDS'] ?? 20)

test('containers that come and go, 20 a second, are no error, no negative rate and no leak', async () => {
  await using measured = new MeasuredContainers({
    cri_sockets: [],
    docker_sockets: [],
    levels: ['container'],
  })
  await measured.start()
  await expect.poll(() => measured.cycles, { timeout: 20_000 }).toBeGreaterThan(1)
  const folder = '/weirchurn.slice/kubepods/burstable/pod11111111-2222-3333-4444-66666666cccc'
  const ending: Promise<void>[] = []
  const end = performance.now() + churnMs
  let made = 0
  for (; performance.now() < end; made++) {
    const cgroup = new FirstCgroup(`${folder}/${made.toString(16).padStart(64, '0')}`, {})
    cgroup.start('exec sleep 100')
    ending.push(pause(500).then(async () => await cgroup[Symbol.asyncDispose]()))
    await pause(50)
  }
  await Promise.all(ending)
  expect(made).toBeGreaterThan((churnMs / 1000) * 8)
  const { cycles } = measured
  await expect.poll(() => measured.cycles, { timeout: 20_000 }).toBeGreaterThan(cycles + 2)
  const { batches, forgotten } = measured.context.next
  const seen = new Set(
    batches.map(({ layout }) => layout.source).filter(({ part }) => part.startsWith(folder)),
  )
  expect(seen.size).toBeGreaterThan(made / 2)
  expect(seen.difference(new Set(forgotten)).size).toBe(0)

  const values = new Map<string, (number | 'stale')[]>()
  for (const { attributes, value } of measured.samplesOf('container_cpu_usage_seconds_total', '')) {
    const { id } = attributes
    if (typeof id === 'string' && id.startsWith(folder)) values.set(id, [...(values.get(id) ?? []), value])
  }
  expect(values.size).toBeGreaterThan(made / 2)
  for (const [id, own] of values) {
    const numbers = own.filter((value) => value !== 'stale')
    expect([id, numbers]).toEqual([id, numbers.toSorted((one, other) => one - other)])
    expect([id, own.indexOf('stale')]).toEqual([id, own.length - 1])
  }
  expect(measured.context.logger.lines).toEqual([])
  expect([...measured.context.collections.of('cycle').errors]).toEqual([])
})
