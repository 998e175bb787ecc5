import { ConfigError, throwAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'

const Rotation = Options(
  {
    max_megabytes: Type.Integer({
      description: 'Megabytes (2^20 bytes) that a file has at most before it is renamed and a new one begun.',
      default: 100,
      minimum: 1,
    }),
    max_days: Type.Integer({
      description: 'Days that a renamed file is kept, by the time in its name; 0 is no limit.',
      default: 0,
      minimum: 0,
    }),
    max_backups: Type.Integer({
      description: 'Renamed files that are kept at most; 0 is no limit.',
      default: 100,
      minimum: 0,
    }),
    localtime: Type.Boolean({
      description: 'Whether names bear the local time instead of UTC.',
      default: false,
    }),
  },
  {
    description:
      'Renames the file when it is large, and removes old ones. The file is then always appended to.',
  },
)

const Queue = Options(
  {
    max_megabytes: Type.Integer({
      description: 'Megabytes of encoded data that wait in memory at most.',
      default: 32,
      minimum: 1,
    }),
    when_full: Type.Union([Type.Literal('refuse'), Type.Literal('drop_oldest')], {
      description: 'What happens to new data when it is full: it is refused, or the oldest makes room.',
      default: 'refuse',
    }),
  },
  { description: 'What waits for the disk.', default: {} },
)

/** The options of `json`: those of the Collector's file exporter by its names, and its own. */
export const Config = Options({
  path: Type.String({
    description: 'The file; `-` is standard output.',
    default: '-',
    minLength: 1,
  }),
  format: Type.Union([Type.Literal('otlp'), Type.Literal('lines')], {
    description:
      '`otlp`: an OTLP request in JSON per line. `lines`: a plain object per sample: name, labels, value, time.',
    default: 'otlp',
  }),
  append: Type.Boolean({
    description: 'Whether a file that is there is appended to, instead of emptied.',
    default: false,
  }),
  create_directory: Type.Boolean({
    description: "Whether the file's directory is made where it is missing.",
    default: false,
  }),
  directory_permissions: Type.String({
    description: 'Permissions of directories that are made, in octal.',
    default: '0755',
    pattern: '^0?[0-7]{3}$',
  }),
  rotation: Type.Optional(Rotation),
  compression: Type.Union([Type.Literal('none'), Type.Literal('zstd')], {
    description: '`zstd` writes frames that `zstdcat` reads as one file.',
    default: 'none',
  }),
  flush_interval: Duration({
    description: 'How long data waits in memory at most; a megabyte is written at once. 0 never waits.',
    default: '1s',
  }),
  fsync: Type.Union([Type.Literal('never'), Type.Literal('flush'), Type.Literal('interval')], {
    description:
      'When written data is forced to the disk. With `flush` it counts as delivered only then; with the others when it is written, so that a loss of power may cost what was not forced yet.',
    default: 'never',
  }),
  fsync_interval: Duration({
    description: 'How often, with `fsync: interval`.',
    default: '5s',
    minimum: '1ms',
  }),
  queue: Queue,
})

export type JsonConfig = Static<typeof Config>

/** The path that stands for standard output. */
export function isStandardOutput({ path }: Pick<JsonConfig, 'path'>): boolean {
  return path === '-' || path === '/dev/stdout'
}

/** Throws every mistake that the schema cannot see as one `ConfigError`. */
export function checkConfig(config: JsonConfig): void {
  const errors: ConfigError[] = []
  const forFiles = ['rotation', 'create_directory', 'append'] as const
  if (isStandardOutput(config)) {
    for (const key of forFiles) {
      if (config[key] !== undefined && config[key] !== false)
        errors.push(new ConfigError(`${key} needs a path: standard output is no file`, [key]))
    }
    if (config.fsync !== 'never')
      errors.push(new ConfigError('fsync needs a path: standard output is no file', ['fsync']))
  }
  if (config.append && config.compression !== 'none') {
    errors.push(
      new ConfigError('append does not go with compression: nobody can see where the last frame ends', [
        'append',
      ]),
    )
  }
  throwAll(errors)
}
