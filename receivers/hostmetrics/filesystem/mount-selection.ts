import { ConfigError, throwAll } from '#src/config/config-error.ts'
import type { TextMatcher } from '#src/config/matcher.ts'
import { compileSelection, type NameList } from '../selection.ts'
import type { FilesystemOptions } from './config.ts'

/** What a mount is selected by. */
export interface SelectableMount {
  /** The device, as the vocabularies of OpenTelemetry name it. */
  readonly deviceName: string
  readonly fsType: string
  readonly mountPoint: string
}

/** What node_exporter leaves out by default. */
const hiddenMountPoints =
  /^\/(dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/
const hiddenTypes: ReadonlySet<string> = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs erofs fusectl hugetlbfs iso9660 mqueue nsfs ' +
    'overlay proc procfs pstore rpc_pipefs securityfs selinuxfs squashfs sysfs tracefs'
  ).split(' '),
)

/** Which mounts the options select. */
export interface MountSelection {
  /** Whether the lists of the options select a mount. */
  readonly lists: (mount: SelectableMount) => boolean
  /** Whether node_exporter's defaults let it pass; they hold for what the options have no list of. */
  readonly defaults: (mount: SelectableMount) => boolean
}

/**
 * Compiles the lists of the options.
 *
 * @throws ConfigError for every expression that does not compile
 */
export function compileMountSelection(options: FilesystemOptions): MountSelection {
  const { include_devices, exclude_devices, include_fs_types, exclude_fs_types } = options
  const { include_mount_points, exclude_mount_points } = options
  const errors: ConfigError[] = []
  const compile = (key: string, include?: NameList, exclude?: NameList): Lists => {
    try {
      const selects = compileSelection(key, { include, exclude }, `_${key}`)
      return {
        selects,
        given: [include, exclude].some((list) => list !== undefined && list.names.length > 0),
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      errors.push(error, ...error.others)
      return { selects: () => false, given: true }
    }
  }
  const devices = compile(
    'devices',
    include_devices && { ...include_devices, names: include_devices.devices },
    exclude_devices && { ...exclude_devices, names: exclude_devices.devices },
  )
  const types = compile(
    'fs_types',
    include_fs_types && { ...include_fs_types, names: include_fs_types.fs_types },
    exclude_fs_types && { ...exclude_fs_types, names: exclude_fs_types.fs_types },
  )
  const mountPoints = compile(
    'mount_points',
    include_mount_points && { ...include_mount_points, names: include_mount_points.mount_points },
    exclude_mount_points && { ...exclude_mount_points, names: exclude_mount_points.mount_points },
  )
  throwAll(errors)
  return {
    lists: ({ deviceName, fsType, mountPoint }) =>
      devices.selects(deviceName) && types.selects(fsType) && mountPoints.selects(mountPoint),
    defaults: ({ fsType, mountPoint }) =>
      (types.given || !hiddenTypes.has(fsType)) && (mountPoints.given || !hiddenMountPoints.test(mountPoint)),
  }
}

/** The two lists of one kind. */
interface Lists {
  readonly selects: TextMatcher
  /** Whether the options have any of them. */
  readonly given: boolean
}
