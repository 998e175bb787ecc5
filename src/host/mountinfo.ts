import { MalformedText } from './host-error.ts'
import { linesOf } from './kernel-text.ts'

/** One mount, as its mount namespace sees it. */
export interface Mount {
  /** The number of the mount, unique in its namespace. */
  readonly id: string
  /** The number of the mount that it is mounted on; it may be one that the namespace does not show. */
  readonly parent: string
  /** `major:minor` of the file system. */
  readonly device: string
  readonly mountPoint: string
  readonly fsType: string
  /** What the file system says of its source: often a device. */
  readonly source: string
  /** Options of this mount. */
  readonly options: readonly string[]
  /** Options of the file system. */
  readonly superOptions: readonly string[]
}

/** Parses `/proc/PID/mountinfo` (proc_pid_mountinfo(5)). */
export function parseMountinfo(text: string): Mount[] {
  return linesOf(text).map((line, index) => {
    // A source may be empty, so the fields are what stands between single blanks.
    const fields = line.split(' ')
    const separator = fields.indexOf('-', 6)
    const [id = '', parent = '', device = '', , mountPoint, options] = fields
    const [fsType, source, superOptions] = fields.slice(separator + 1)
    if (separator < 0 || fsType === undefined || source === undefined || options === undefined)
      throw new MalformedText(index + 1, 'a mount is expected: ten fields and a hyphen')
    return {
      id,
      parent,
      device,
      mountPoint: unescaped(mountPoint ?? ''),
      fsType: unescaped(fsType),
      source: unescaped(source),
      options: options.split(','),
      superOptions: (superOptions ?? '').split(','),
    }
  })
}

/** The kernel writes blanks, tabs, newlines, backslashes and `#` as octal numbers of their bytes. */
function unescaped(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : text
}

/** Whether a mount cannot be written to: by itself, by its file system, or since that found an error. */
export function readOnly({ options, superOptions }: Mount): boolean {
  return options.includes('ro') || superOptions.includes('ro') || superOptions.includes('emergency_ro')
}

/** Parses `/proc/filesystems`: the types that live on a device, and zfs, which says that it does not. */
export function parseFilesystems(text: string): ReadonlySet<string> {
  const types = new Set<string>()
  for (const line of linesOf(text)) {
    const [flag = '', type = ''] = line.split('\t')
    if (flag !== 'nodev' || type === 'zfs') types.add(type)
  }
  return types
}
