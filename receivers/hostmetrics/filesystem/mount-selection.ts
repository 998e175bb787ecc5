import { mapItems } from '#src/config/config-error.ts'
import { compileSelection } from '../selection.ts'
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
  const questions = mapItems(
    [
      {
        key: 'devices',
        include: include_devices && { ...include_devices, names: include_devices.devices },
        exclude: exclude_devices && { ...exclude_devices, names: exclude_devices.devices },
        textOf: ({ deviceName }: SelectableMount) => deviceName,
      },
      {
        key: 'fs_types',
        include: include_fs_types && { ...include_fs_types, names: include_fs_types.fs_types },
        exclude: exclude_fs_types && { ...exclude_fs_types, names: exclude_fs_types.fs_types },
        textOf: ({ fsType }: SelectableMount) => fsType,
      },
      {
        key: 'mount_points',
        include: include_mount_points && {
          ...include_mount_points,
          names: include_mount_points.mount_points,
        },
        exclude: exclude_mount_points && {
          ...exclude_mount_points,
          names: exclude_mount_points.mount_points,
        },
        textOf: ({ mountPoint }: SelectableMount) => mountPoint,
      },
    ],
    ({ key, include, exclude, textOf }) => {
      const selects = compileSelection(key, { include, exclude }, `_${key}`)
      return (mount: SelectableMount) => selects(textOf(mount))
    },
  )
  const listsTypes = anyNames(include_fs_types?.fs_types, exclude_fs_types?.fs_types)
  const listsMountPoints = anyNames(include_mount_points?.mount_points, exclude_mount_points?.mount_points)
  return {
    lists: (mount) => questions.every((selects) => selects(mount)),
    defaults: ({ fsType, mountPoint }) =>
      (listsTypes || !hiddenTypes.has(fsType)) && (listsMountPoints || !hiddenMountPoints.test(mountPoint)),
  }
}

function anyNames(...lists: readonly (readonly string[] | undefined)[]): boolean {
  return lists.some((list) => list !== undefined && list.length > 0)
}
