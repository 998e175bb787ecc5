import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { readPodNetwork } from '#src/containers/pod-network.ts'
import { RuntimeNames } from '#src/containers/runtime-names.ts'
import { RuntimeSources } from '#src/containers/runtime-sources.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { MeasuredContainers } from '../container-values/measured-containers.ts'

const run = promisify(execFile)

let root: string
let service: ChildProcess

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-podman-'))
  const programs = join(root, 'image/bin')
  await mkdir(programs, { recursive: true })
  await mkdir(join(root, 'run/podman'), { recursive: true })
  await cp('/bin/busybox', join(programs, 'busybox'))
  for (const name of ['sh', 'sleep']) await symlink('busybox', join(programs, name))
  await run('tar', ['cf', '../image.tar', '.'], { cwd: join(root, 'image') })
  await podman('import', join(root, 'image.tar'), 'localhost/bb:1')
  const socket = `unix://${join(root, 'run/podman/podman.sock')}`
  service = spawn('podman', [...options(), 'system', 'service', '--time=0', socket], { stdio: 'ignore' })
  await once(service, 'spawn')
})

afterAll(async () => {
  await podman('rm', '--force', '--all', '--time', '0')
  service.kill('SIGKILL')
  await once(service, 'exit')
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

/** A store of its own; crun refuses hosts with both versions of cgroups, so runc it is. */
function options(): string[] {
  const store = ['--root', join(root, 'store'), '--runroot', join(root, 'state'), '--storage-driver', 'vfs']
  return [...store, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc']
}

async function podman(...command: readonly string[]): Promise<string> {
  const { stdout } = await run('podman', [...options(), ...command])
  return stdout.trim()
}

async function start(name: string, command: string, ...more: readonly string[]): Promise<string> {
  // A process that may not raise its limits cannot give a container podman's own.
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']
  return await podman(
    'run',
    '-d',
    '--name',
    name,
    ...limits,
    ...more,
    'localhost/bb:1',
    '/bin/sh',
    '-c',
    command,
  )
}

test('a real podman tells who its containers are, and how they ended', async () => {
  const running = await start('shop-web', 'sleep 1000', '--network', 'none', '--label', 'team=shop')
  const ended = await start('job', 'exit 3', '--network', 'host')
  const log = new CapturedLog()
  const files = new HostFiles(root)
  const sources = new RuntimeSources({ files, clock: systemClock, writableLayersMs: undefined })
  const names = new RuntimeNames({
    sources: () => sources.current(),
    clock: systemClock,
    logger: log,
    useCache: false,
    maxAgeMs: 60_000,
  })
  await expect
    .poll(
      async () => {
        await names.refresh([], new AbortController().signal)
        return names.find(ended)?.state
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe('exited')
  const stated = JSON.parse(await podman('inspect', running)) as readonly { State: { Pid: number } }[]
  expect(names.find(running)).toMatchObject({
    runtime: 'podman',
    name: 'shop-web',
    image: 'localhost/bb:1',
    labels: new Map([['team', 'shop']]),
    state: 'running',
    pid: stated[0]?.State.Pid,
    hostNetwork: false,
    restarts: 0,
  })
  expect(names.find(ended)).toMatchObject({ name: 'job', exitCode: 3, hostNetwork: true })
  // A network of its own that has nothing but the loopback.
  expect(readPodNetwork(new HostFiles(), names.find(running)?.pid ?? 0)).toEqual([])
  await names.stop()
})

/** What `podman stats` says of a container: seconds of CPU time, bytes, a number. */
async function statisticsOf(
  name: string,
): Promise<{ cpu: number; memory: number; limit: number; pids: number }> {
  const format = '{{.CPUNano}} {{.MemLimit}} {{.PIDS}} {{.MemUsage}}'
  const text = await podman('stats', '--no-stream', '--format', format, name)
  const [cpu = '', limit = '', pids = '', used = ''] = text.split(' ')
  const [, amount = '', unit = ''] = /^([\d.]+)([kM]?B)$/.exec(used) ?? []
  const size = { B: 1, kB: 1e3, MB: 1e6 }[unit] ?? Number.NaN
  return { cpu: Number(cpu) / 1e9, memory: Number(amount) * size, limit: Number(limit), pids: Number(pids) }
}

test('CPU, memory, its limit and processes of a real container are what podman stats says', async () => {
  const command = 'while true; do dd if=/dev/zero of=/dev/null bs=65536 count=2000 2>/dev/null; done'
  const id = await start('worker', command, '--network', 'none', '--memory', '64m')
  await using measured = new MeasuredContainers({
    cri_sockets: [],
    docker_sockets: [join(root, 'run/podman/podman.sock')],
  })
  await measured.start()
  const lastOf = (name: string) => measured.samplesOf(name, `libpod-${id}`).at(-1)
  await expect
    .poll(() => lastOf('container_memory_usage_bytes')?.attributes, { timeout: 20_000 })
    .toMatchObject({ name: 'worker', image: 'localhost/bb:1', pod: '' })
  const before = await statisticsOf('worker')
  const { cycles } = measured
  // The cycle after the next began after the statistics were told.
  await expect.poll(() => measured.cycles, { timeout: 20_000 }).toBeGreaterThan(cycles + 2)
  const [cpu, memory, limit, threads] = [
    'container_cpu_usage_seconds_total',
    'container_memory_usage_bytes',
    'container_spec_memory_limit_bytes',
    'container_threads',
  ].map(lastOf)
  const after = await statisticsOf('worker')
  expect(before.cpu).toBeGreaterThan(0)
  expect(cpu?.value).toBeGreaterThanOrEqual(before.cpu)
  expect(cpu?.value).toBeLessThanOrEqual(after.cpu)
  expect([limit?.value, after.limit]).toEqual([64 << 20, 64 << 20])
  // What dd takes comes and goes with each of its runs.
  expect(Math.abs(Number(memory?.value) - after.memory)).toBeLessThan(2 << 20)
  expect(Math.abs(Number(threads?.value) - after.pids)).toBeLessThanOrEqual(1)
  expect(measured.context.logger.lines).toEqual([])
})
