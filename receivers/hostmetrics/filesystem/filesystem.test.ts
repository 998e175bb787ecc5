import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { RemoteStatfs } from '#src/host/remote-statfs.ts'
import { spaceOf, statfsNow, type FileSystemSpace } from '#src/host/statfs.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import { vocabularies, type Vocabulary } from '#src/naming/vocabulary.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import type { FilesystemOptions } from './config.ts'
import { FilesystemScraper } from './filesystem-scraper.ts'
import { compileMountSelection } from './mount-selection.ts'

/** What the file systems answer that are asked by the helper, by path on the host. */
type Answers = Readonly<Record<string, FileSystemSpace | HostError | 'never'>>

let host: FakeHost

beforeEach(async () => {
  host = await FakeHost.create({
    '/proc/filesystems':
      'nodev\tproc\nnodev\ttmpfs\n\text4\n\tvfat\nnodev\toverlay\nnodev\tzfs\nnodev\tnfs4\n',
  })
})
afterEach(async () => await host.close())

const none: FilesystemOptions = { include_virtual_filesystems: false }
const space = spaceOf({ bsize: 4096n, blocks: 1000n, bfree: 600n, bavail: 500n, files: 70n, ffree: 60n })

/** Writes the list of mounts, each as `DEVICE POINT OPTIONS TYPE SOURCE SUPEROPTIONS`, and makes their folders. */
async function mounts(...lines: readonly string[]): Promise<void> {
  let list = ''
  const points: string[] = []
  for (const line of ['8:1 / rw ext4 /dev/sda1 rw', ...lines]) {
    const [device, point = '', options, ...rest] = line.split(' ')
    const parent = points.findLastIndex((other) =>
      `${point}/`.startsWith(other === '/' ? other : `${other}/`),
    )
    list += `${20 + points.length} ${20 + parent} ${device} / ${point} ${options} shared:1 - ${rest.join(' ')}\n`
    points.push(point)
    await mkdir(join(host.root, point.replace(/\\040/g, ' ')), { recursive: true })
  }
  await host.write('/proc/1/mountinfo', list)
}

interface CycleOptions {
  readonly naming?: Vocabulary | readonly Vocabulary[]
  readonly options?: FilesystemOptions
  readonly answers?: Answers
  readonly enabled?: (name: string) => boolean | undefined
  readonly signal?: AbortSignal
}

/** Runs one cycle of a new scraper. */
async function cycle({
  naming = 'prometheus',
  options = none,
  answers = {},
  enabled,
  signal,
}: CycleOptions = {}) {
  const asked: string[] = []
  const remote = new RemoteStatfs(new FakeClock(), {
    close: () => undefined,
    async measure(path) {
      const point = path.slice(host.root.length)
      asked.push(point)
      const answer = answers[point] ?? space
      if (answer === 'never') return await new Promise(() => undefined)
      if (answer instanceof HostError) throw answer
      return await Promise.resolve(answer)
    },
  })
  const selection = compileMountSelection(options)
  const virtual = options.include_virtual_filesystems
  const scraper = new FilesystemScraper(new HostFiles(host.root), selection, virtual, remote)
  const recorder = new Recorder(new Source('hostmetrics', 'filesystem'))
  const facts = new Facts(recorder, { vocabularies: [naming].flat(), ...(enabled && { enabled }) })
  const problems: HostError[] = []
  facts.begin()
  const problem = (error: HostError): void => void problems.push(error)
  await scraper.collect({ facts, signal: signal ?? new AbortController().signal, problem })
  const batches = facts.end(1_700_000_000_000)
  return { batches, samples: batches.flatMap(samplesOf), problems, asked, duplicates: recorder.duplicates }
}

function valuesOf(samples: readonly Sample[], name: string, attribute: string): Record<string, unknown> {
  return Object.fromEntries(
    samples
      .filter((sample) => sample.name === name)
      .map(({ attributes, value }) => [attributes[attribute], value]),
  )
}

function pointsOf(samples: readonly Sample[], name = 'node_filesystem_size_bytes'): string[] {
  const selected = samples.filter((sample) => sample.name === name)
  const points = selected.map(
    ({ attributes }) => attributes['mountpoint'] ?? attributes['system.filesystem.mountpoint'],
  )
  return [...new Set(points.map(String))]
}

const otelPoints = (samples: readonly Sample[]): string[] => pointsOf(samples, 'system.filesystem.usage')

test.each(vocabularies)('%s: all metrics are as in the golden file', async (naming) => {
  await mounts()
  await host.write('/proc/1/mountinfo', '20 1 8:1 / / ro,noatime - nfs4 server:/export rw,hard\n')
  const { batches, duplicates } = await cycle({
    naming,
    options: { include_virtual_filesystems: true },
    answers: { '/': space },
    enabled: () => true,
  })
  await expect(renderBatches(batches)).toMatchFileSnapshot(`golden/${naming}.txt`)
  expect(duplicates).toBe(0)
})

test('what is off by default is off', async () => {
  await mounts()
  const { samples } = await cycle({ naming: vocabularies })
  expect([...new Set(samples.map(({ name }) => name))].toSorted()).toEqual([
    'node_filesystem_avail_bytes',
    'node_filesystem_device_error',
    'node_filesystem_files',
    'node_filesystem_files_free',
    'node_filesystem_free_bytes',
    'node_filesystem_readonly',
    'node_filesystem_size_bytes',
    'system.filesystem.inodes.usage',
    'system.filesystem.usage',
    'vm_node_filesystem_bytes',
    'vm_node_filesystem_files',
  ])
})

test('a local file system is measured in this process, as the kernel has it', async () => {
  await mounts()
  const { samples, asked } = await cycle({ naming: ['prometheus', 'otel'] })
  const { size, files } = statfsNow(host.root)
  expect(valuesOf(samples, 'node_filesystem_size_bytes', 'mountpoint')).toEqual({ '/': Number(size) })
  expect(valuesOf(samples, 'node_filesystem_files', 'mountpoint')).toEqual({ '/': Number(files) })
  const states = valuesOf(samples, 'system.filesystem.usage', 'state') as Record<string, number>
  expect((states['used'] ?? 0) + (states['free'] ?? 0) + (states['reserved'] ?? 0)).toBe(Number(size))
  expect(asked).toEqual([])
})

test('a file system that may hang is measured by the helper, also a local one below it', async () => {
  await mounts('0:50 /nfs rw nfs4 server:/export rw', '8:2 /nfs/b rw ext4 /dev/sdb rw')
  const { samples, asked } = await cycle()
  expect(asked).toEqual(['/nfs', '/nfs/b'])
  expect(valuesOf(samples, 'node_filesystem_size_bytes', 'mountpoint')).toMatchObject({
    '/nfs': 4_096_000,
    '/nfs/b': 4_096_000,
  })
})

test('integers beyond 2^53 stay exact', async () => {
  await mounts('0:50 /nfs rw nfs4 server:/export rw')
  const size = 2n ** 60n + 1n
  const large = { ...space, size, free: 1n }
  const { batches } = await cycle({ naming: 'vm', answers: { '/nfs': large } })
  expect(renderBatches(batches)).toContain(
    `{device="server:/export", fstype="nfs4", mountpoint="/nfs", type="size"} ${size}`,
  )
})

const many = [
  '0:5 /dev rw devtmpfs udev rw',
  '0:30 /run rw tmpfs tmpfs rw',
  '0:31 /dev/shm rw tmpfs tmpfs rw',
  '0:4 /proc rw proc proc rw',
  '8:2 /boot/efi rw vfat /dev/sda2 rw',
  '0:40 /var/lib/docker/overlay2/x/merged rw overlay overlay rw',
  '0:41 /merged rw overlay overlay rw',
  '0:50 /nfs rw nfs4 server:/export rw',
  '0:51 /tank rw zfs tank rw',
  '8:3 /var/lib/docker/volumes/x rw ext4 /dev/sda3 rw',
  '8:4 /nothing rw ext4 none rw',
]

test.each(['prometheus', 'vm'] as const)('%s shows what node_exporter does by default', async (naming) => {
  await mounts(...many)
  const { samples } = await cycle({ naming })
  const name = naming === 'vm' ? 'vm_node_filesystem_bytes' : 'node_filesystem_size_bytes'
  expect(pointsOf(samples, name)).toEqual(['/', '/run', '/boot/efi', '/nfs', '/tank', '/nothing'])
})

test.each(['otel', 'semconv'] as const)('%s shows what the Collector does by default', async (naming) => {
  await mounts(...many)
  const { samples } = await cycle({ naming })
  expect(otelPoints(samples)).toEqual(['/', '/boot/efi', '/tank', '/var/lib/docker/volumes/x'])
})

test('include_virtual_filesystems shows the others too, and leaves node_exporter as it is', async () => {
  await mounts(...many)
  const options = { include_virtual_filesystems: true }
  const { samples } = await cycle({ naming: ['otel', 'prometheus'], options })
  expect(otelPoints(samples)).toHaveLength(many.length + 1)
  expect(pointsOf(samples)).toEqual(['/', '/run', '/boot/efi', '/nfs', '/tank', '/nothing'])
})

test.each<readonly [string, Partial<FilesystemOptions>, readonly string[]]>([
  ['include_devices', { include_devices: { devices: ['/dev/sda1'], match_type: 'strict' } }, ['/']],
  [
    'exclude_devices',
    { exclude_devices: { devices: ['^/dev/'], match_type: 'regexp' } },
    ['/run', '/nfs', '/tank', '/nothing'],
  ],
  [
    'include_fs_types in place of the default',
    { include_fs_types: { fs_types: ['overlay'], match_type: 'strict' } },
    ['/merged'],
  ],
  [
    'exclude_fs_types in place of the default',
    { exclude_fs_types: { fs_types: ['^(ext4|vfat|nfs4|zfs|tmpfs)$'], match_type: 'regexp' } },
    ['/merged'],
  ],
  [
    'include_mount_points in place of the default',
    { include_mount_points: { mount_points: ['docker/volumes'], match_type: 'regexp' } },
    ['/var/lib/docker/volumes/x'],
  ],
  [
    'exclude_mount_points in place of the default',
    { exclude_mount_points: { mount_points: ['^/(run|nfs|boot|tank|nothing|$)'], match_type: 'regexp' } },
    ['/dev/shm', '/var/lib/docker/volumes/x'],
  ],
  [
    'an empty list selects nothing away',
    { exclude_mount_points: { mount_points: [], match_type: 'strict' } },
    ['/', '/run', '/boot/efi', '/nfs', '/tank', '/nothing'],
  ],
])('%s', async (_, lists, expected) => {
  await mounts(...many)
  expect(pointsOf((await cycle({ options: { ...none, ...lists } })).samples)).toEqual(expected)
})

test('the lists select for all vocabularies', async () => {
  await mounts(...many)
  const options = { ...none, include_fs_types: { fs_types: ['vfat', 'nfs4'], match_type: 'strict' as const } }
  const { samples } = await cycle({ naming: ['otel', 'prometheus'], options })
  expect(otelPoints(samples)).toEqual(['/boot/efi'])
  expect(pointsOf(samples)).toEqual(['/boot/efi', '/nfs'])
})

test('all expressions that do not compile are told with their places', () => {
  const options: FilesystemOptions = {
    ...none,
    include_devices: { devices: ['ok', '('], match_type: 'regexp' },
    exclude_devices: { devices: ['['], match_type: 'regexp' },
    exclude_mount_points: { mount_points: ['(?=x)'], match_type: 'regexp' },
  }
  let error: unknown
  try {
    compileMountSelection(options)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ConfigError)
  const { path, others } = error as ConfigError
  expect([path, ...others.map((other) => other.path)]).toEqual([
    ['include_devices', 'devices', 1],
    ['exclude_devices', 'devices', 0],
    ['exclude_mount_points', 'mount_points', 0],
  ])
})

test('each bind mount is shown, one that another covers is not', async () => {
  await mounts(
    '8:1 /bind rw ext4 /dev/sda1 rw',
    '8:1 /covered rw ext4 /dev/sda1 rw',
    '0:60 /covered rw tmpfs tmpfs rw',
  )
  const { samples, duplicates } = await cycle({ naming: ['otel', 'prometheus'] })
  expect(valuesOf(samples, 'node_filesystem_readonly', 'mountpoint')).toEqual({
    '/': 0,
    '/bind': 0,
    '/covered': 0,
  })
  expect(
    samples.filter(({ attributes }) => attributes['mountpoint'] === '/covered')[0]?.attributes,
  ).toMatchObject({
    device: 'tmpfs',
    fstype: 'tmpfs',
  })
  expect(otelPoints(samples)).toEqual(['/', '/bind'])
  expect(duplicates).toBe(0)
})

test('blanks in a mount point are blanks again', async () => {
  await mounts('8:2 /my\\040disk rw ext4 /dev/sdb rw')
  const { samples, problems } = await cycle()
  expect(pointsOf(samples)).toEqual(['/', '/my disk'])
  expect(problems).toEqual([])
})

test('read-only is what the file system is for some, what the mount is for the Collector', async () => {
  await mounts('8:2 /a ro ext4 /dev/sdb rw', '8:3 /b rw ext4 /dev/sdc ro,errors=remount-ro')
  const { samples } = await cycle({ naming: ['prometheus', 'otel', 'semconv'] })
  expect(valuesOf(samples, 'node_filesystem_readonly', 'mountpoint')).toEqual({ '/': 0, '/a': 1, '/b': 1 })
  const modes = (attribute: string, point: string) =>
    Object.fromEntries(samples.map(({ attributes }) => [attributes[point], attributes[attribute]]))
  expect(modes('mode', 'mountpoint')).toMatchObject({ '/': 'rw', '/a': 'ro', '/b': 'rw' })
  expect(modes('system.filesystem.mode', 'system.filesystem.mountpoint')).toMatchObject({
    '/': 'rw',
    '/a': 'ro',
    '/b': 'ro',
  })
})

test('OpenTelemetry gets the device itself, node_exporter what the list of mounts calls it', async () => {
  await mounts(
    '253:0 /home rw ext4 /dev/mapper/vg-home rw',
    '253:1 /gone rw ext4 /dev/mapper/gone rw',
    '8:9 /boot rw ext4 /dev/root rw',
  )
  await mkdir(join(host.root, 'dev/mapper'), { recursive: true })
  await symlink('../dm-0', join(host.root, 'dev/mapper/vg-home'))
  await mkdir(join(host.root, 'sys/dev/block'), { recursive: true })
  await symlink('../../devices/pci/block/sda/sda9', join(host.root, 'sys/dev/block/8:9'))
  const options: FilesystemOptions = {
    ...none,
    exclude_devices: { devices: ['/dev/sda1'], match_type: 'strict' },
  }
  const { samples } = await cycle({ naming: ['otel', 'prometheus'], options })
  expect(Object.keys(valuesOf(samples, 'system.filesystem.usage', 'device'))).toEqual([
    '/dev/dm-0',
    '/dev/mapper/gone',
    '/dev/sda9',
  ])
  expect(Object.keys(valuesOf(samples, 'node_filesystem_files', 'device'))).toEqual([
    '/dev/mapper/vg-home',
    '/dev/mapper/gone',
    '/dev/root',
  ])
})

test('what cannot be measured is told, marked and left out; the rest is there', async () => {
  await mounts('0:50 /nfs rw nfs4 server:/export rw', '8:2 /missing ro ext4 /dev/sdb rw')
  await host.remove('/missing')
  const denied = new HostError('permission_denied', '/nfs', 'EACCES: permission denied, statfs')
  const { samples, problems } = await cycle({ naming: ['prometheus', 'otel'], answers: { '/nfs': denied } })
  expect(problems.map(({ reason, file }) => [reason, file])).toEqual([
    ['permission_denied', '/nfs'],
    ['not_found', join(host.root, 'missing')],
  ])
  expect(valuesOf(samples, 'node_filesystem_device_error', 'mountpoint')).toEqual({
    '/': 0,
    '/nfs': 1,
    '/missing': 1,
  })
  expect(valuesOf(samples, 'node_filesystem_readonly', 'mountpoint')).toEqual({
    '/': 0,
    '/nfs': 0,
    '/missing': 1,
  })
  expect(pointsOf(samples)).toEqual(['/'])
  expect(otelPoints(samples)).toEqual(['/'])
})

test.each(['before', 'during'])('a cycle that is over %s the answer has what was answered', async (when) => {
  await mounts('0:50 /nfs rw nfs4 server:/export rw')
  const controller = new AbortController()
  if (when === 'before') controller.abort()
  const running = cycle({ answers: { '/nfs': 'never' }, signal: controller.signal })
  controller.abort()
  const { samples, problems } = await running
  expect(pointsOf(samples)).toEqual(['/'])
  expect(problems).toMatchObject([{ reason: 'timeout', file: join(host.root, 'nfs') }])
})

test('nothing is asked for a vocabulary that is not chosen, or whose metrics are off', async () => {
  await mounts(...many)
  expect((await cycle({ naming: 'otel' })).asked).toEqual(['/tank'])
  expect((await cycle({ naming: 'prometheus', enabled: () => false })).asked).toEqual([])
})

test('a file system without blocks has no utilization', async () => {
  await mounts('0:50 /nfs rw nfs4 server:/export rw')
  const empty = { size: 0n, free: 0n, available: 0n, files: 0n, filesFree: 0n }
  const options = { ...none, include_virtual_filesystems: true }
  const { samples } = await cycle({
    naming: ['otel', 'semconv'],
    options,
    answers: { '/nfs': empty },
    enabled: (name) => name === 'system.filesystem.utilization',
  })
  expect(pointsOf(samples, 'system.filesystem.utilization')).toEqual(['/'])
})

test('where the types on devices cannot be read, only the vocabularies that need them have nothing', async () => {
  await mounts()
  await host.remove('/proc/filesystems')
  const { samples, problems } = await cycle({ naming: ['otel', 'prometheus'] })
  expect(problems).toMatchObject([{ reason: 'not_found', file: join(host.root, 'proc/filesystems') }])
  expect(pointsOf(samples)).toEqual(['/'])
  expect(otelPoints(samples)).toEqual([])
})

test('a list of mounts that cannot be read ends the cycle with its name', async () => {
  await expect(cycle()).rejects.toMatchObject({
    reason: 'not_found',
    file: join(host.root, 'proc/self/mountinfo'),
  })
})
