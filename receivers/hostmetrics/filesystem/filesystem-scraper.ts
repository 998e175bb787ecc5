import { basename, resolve } from 'node:path/posix'
import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { parseFilesystems, readOnly } from '#src/host/mountinfo.ts'
import { hostMounts, type HostMount } from '#src/host/mounts.ts'
import type { RemoteStatfs } from '#src/host/remote-statfs.ts'
import { statfsNow, type FileSystemSpace } from '#src/host/statfs.ts'
import { narrow } from '#src/model/count.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import type { MountSelection } from './mount-selection.ts'
import {
  deviceError,
  deviceNames,
  inodeAmount,
  inodesByState,
  mountNumbers,
  readOnlyMount,
  shareByState,
  sourceNames,
  spaceAmount,
  spaceByState,
  spaceLimit,
  usedShare,
} from './names.ts'

/** A mount that is measured, and for which facts. */
interface ChosenMount extends HostMount {
  readonly deviceName: string
  readonly forDevice: boolean
  readonly forSource: boolean
}

/** Measures the mounted file systems: mountinfo and statfs. */
export class FilesystemScraper implements Scraper {
  readonly #files: HostFiles
  readonly #selection: MountSelection
  /** Whether the facts of devices are also recorded of what is on no device. */
  readonly #virtual: boolean
  readonly #statfs: RemoteStatfs

  constructor(files: HostFiles, selection: MountSelection, virtual: boolean, statfs: RemoteStatfs) {
    this.#files = files
    this.#selection = selection
    this.#virtual = virtual
    this.#statfs = statfs
  }

  async collect({ facts, signal, problem }: Cycle): Promise<void> {
    const mounts = this.#chosenMounts(facts, problem)
    this.#statfs.keep(new Set(mounts.map(({ device }) => device)))
    const aborted = new Promise<undefined>((end) => {
      if (signal.aborted) end(undefined)
      signal.addEventListener('abort', () => end(undefined), { once: true })
    })
    const spaces = await Promise.all(mounts.map(async (mount) => await this.#measure(mount, aborted)))
    // In the order of the mounts and not of the answers, which the recorder predicts.
    for (const [index, mount] of mounts.entries()) {
      const space = spaces[index]
      if (mount.forSource) recordMount(facts, mount, space instanceof HostError)
      if (space instanceof HostError) problem(space)
      else if (space !== undefined) recordSpace(facts, mount, space)
    }
  }

  close(): void {
    this.#statfs.close()
  }

  #chosenMounts(facts: Facts, problem: Cycle['problem']): ChosenMount[] {
    const wantsDevices = wantsAny(facts, deviceNames)
    const wantsSources = wantsAny(facts, sourceNames)
    const types = wantsDevices && !this.#virtual ? this.#deviceTypes(problem) : undefined
    return hostMounts(this.#files).flatMap((mount) => {
      const named = { ...mount, deviceName: this.#deviceName(mount) }
      if (!this.#selection.lists(named)) return []
      const onDevice = types === undefined || (types.has(mount.fsType) && mount.source !== 'none')
      const forDevice = wantsDevices && onDevice
      const forSource = wantsSources && this.#selection.defaults(named)
      return forDevice || forSource ? [{ ...named, forDevice, forSource }] : []
    })
  }

  /** The types of file systems that are on a device; none where they cannot be read. */
  #deviceTypes(problem: Cycle['problem']): ReadonlySet<string> {
    try {
      return this.#files.parse('/proc/filesystems', parseFilesystems)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      problem(error)
      return new Set()
    }
  }

  /** The device itself, where a mount names it by the device mapper's name, or as the kernel does at boot. */
  #deviceName({ source, device }: HostMount): string {
    if (source.startsWith('/dev/mapper/')) {
      const link = this.#files.link(source)
      return link === undefined ? source : resolve('/dev/mapper', link)
    }
    if (source === '/dev/root') {
      const link = this.#files.link(`/sys/dev/block/${device}`)
      return link === undefined ? source : `/dev/${basename(link)}`
    }
    return source
  }

  async #measure(mount: ChosenMount, aborted: Promise<undefined>): Promise<FileSystemSpace | HostError> {
    const path = this.#files.pathOf(mount.mountPoint)
    try {
      if (!mount.mayHang) return statfsNow(path)
      const space = await Promise.race([this.#statfs.measure(mount.device, path), aborted])
      return (
        space ?? new HostError('timeout', path, 'the file system did not answer before the end of the cycle')
      )
    } catch (error) {
      if (error instanceof HostError) return error
      throw error
    }
  }
}

function wantsAny(facts: Facts, definitions: readonly AnyMetricDefinition[]): boolean {
  return definitions.some((definition) => facts.wants(definition))
}

/** What is known of a mount without a call that may fail. */
function recordMount(facts: Facts, mount: ChosenMount, failed: boolean): void {
  const { source, mountPoint: mountpoint, fsType: type, device } = mount
  const by = { source, mountpoint, type }
  const [major = '', minor = ''] = device.split(':')
  facts.record(deviceError, by, failed ? 1 : 0)
  facts.record(readOnlyMount, by, readOnly(mount) ? 1 : 0)
  facts.record(mountNumbers, { ...by, major, minor }, 1)
}

function recordSpace(facts: Facts, mount: ChosenMount, space: FileSystemSpace): void {
  const { size, free, available, files, filesFree } = space
  const { deviceName, source, mountPoint: mountpoint, fsType: type, options } = mount
  const used = size - free
  if (mount.forSource) {
    const by = { source, mountpoint, type }
    for (const [amount, bytes] of Object.entries({ size, used, free, avail: available }))
      facts.record(spaceAmount, { ...by, amount }, narrow(bytes))
    for (const [amount, inodes] of Object.entries({ size: files, used: files - filesFree, free: filesFree }))
      facts.record(inodeAmount, { ...by, amount }, narrow(inodes))
  }
  if (!mount.forDevice) return
  const mountMode = options.includes('ro') ? 'ro' : 'rw'
  const by = { device: deviceName, mountMode, mode: readOnly(mount) ? 'ro' : 'rw', mountpoint, type }
  for (const [state, bytes] of Object.entries({ used, free: available, reserved: free - available })) {
    facts.record(spaceByState, { ...by, state }, narrow(bytes))
    if (size > 0n) facts.record(shareByState, { ...by, state }, Number(bytes) / Number(size))
  }
  if (used + available > 0n) facts.record(usedShare, by, Number(used) / Number(used + available))
  facts.record(spaceLimit, by, narrow(size))
  facts.record(inodesByState, { ...by, state: 'used' }, narrow(files - filesFree))
  facts.record(inodesByState, { ...by, state: 'free' }, narrow(filesFree))
}
