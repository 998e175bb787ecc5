import { Duration, Options, Type, type Static } from '#src/config/schema.ts'

/** The options of a queue on disk, the same for every exporter that has one; absent, the queue is in memory. */
export const DiskConfig = Type.Optional(
  Options(
    {
      directory: Type.String({
        description:
          'Where it is. Each exporter has a folder of its own in it, named by its id; it is made where there is none.',
        minLength: 1,
      }),
      max_megabytes: Type.Integer({
        description: 'Megabytes (2^20 bytes) that it has on disk at most, and a 32nd part more.',
        default: 1024,
        minimum: 2,
      }),
      max_age: Duration({
        description: 'What is older is given up; 0 keeps it for ever.',
        default: '0s',
      }),
      sync: Type.Union([Type.Literal('batch'), Type.Literal('interval'), Type.Literal('none')], {
        description:
          'When data is forced to the disk: before it counts as taken, every `sync_interval`, or when the system likes. What was written survives the end of the process in any case; this is about a loss of power.',
        default: 'interval',
      }),
      sync_interval: Duration({
        description: 'With `interval`: what the loss of power may cost.',
        default: '1s',
        minimum: '10ms',
      }),
      when_disk_fails: Type.Union(
        [Type.Literal('memory_only'), Type.Literal('drop_oldest'), Type.Literal('refuse')],
        {
          description:
            'While the disk is full, read-only or broken: new data waits in memory; or does so too, and on a full disk the oldest makes room; or is refused.',
          default: 'memory_only',
        },
      ),
    },
    { description: 'Puts what waits on disk, so that it survives the process.' },
  ),
)

export type DiskOptions = NonNullable<Static<typeof DiskConfig>>
