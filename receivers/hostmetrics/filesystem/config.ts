import { matchOptions } from '#src/config/matcher.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'

const Devices = (description: string) =>
  Type.Optional(
    Options(
      {
        devices: Type.Array(Type.String(), { description: 'Names of devices: `/dev/sda1`.', default: [] }),
        ...matchOptions,
      },
      { description },
    ),
  )

const Types = (description: string) =>
  Type.Optional(
    Options(
      {
        fs_types: Type.Array(Type.String(), {
          description: 'Types of file systems: `ext4`.',
          default: [],
        }),
        ...matchOptions,
      },
      { description },
    ),
  )

const MountPoints = (description: string) =>
  Type.Optional(
    Options(
      {
        mount_points: Type.Array(Type.String(), {
          description: 'Paths on the host: `/var/lib`.',
          default: [],
        }),
        ...matchOptions,
      },
      { description },
    ),
  )

/** The options of the scraper `filesystem`, in the Collector's names. */
export const FilesystemConfig = Options(
  {
    include_virtual_filesystems: Type.Boolean({
      description:
        'Whether the vocabularies otel and semconv also show file systems that are on no device: tmpfs, overlay, nfs.',
      default: false,
    }),
    include_devices: Devices('Only these devices.'),
    exclude_devices: Devices('All devices but these.'),
    include_fs_types: Types("Only these types, in place of node_exporter's default."),
    exclude_fs_types: Types("All types but these, in place of node_exporter's default."),
    include_mount_points: MountPoints("Only these mount points, in place of node_exporter's default."),
    exclude_mount_points: MountPoints("All mount points but these, in place of node_exporter's default."),
  },
  { description: 'Room and inodes of mounted file systems.' },
)

export type FilesystemOptions = Static<typeof FilesystemConfig>
