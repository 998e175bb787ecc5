import { ConfigError } from '#src/config/config-error.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'

/** The options of `debug`, in the Collector's names. */
export const Config = Options({
  verbosity: Type.Union([Type.Literal('basic'), Type.Literal('normal'), Type.Literal('detailed')], {
    description:
      '`basic`: a line with numbers for each delivery; `normal`: a line for each data point too; `detailed`: all that is known of it.',
    default: 'basic',
  }),
  sampling_initial: Type.Integer({
    description: 'Deliveries that are shown in each second before sampling begins.',
    default: 2,
    minimum: 0,
  }),
  sampling_thereafter: Type.Integer({
    description: 'Of the deliveries behind those of a second, each so many-th is shown: 1 shows all, 0 none.',
    default: 1,
    minimum: 0,
  }),
  use_internal_logger: Type.Boolean({
    description: "Whether it writes to Weir's own log, as lines of level info, instead of to output_paths.",
    default: true,
  }),
  output_paths: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Where it writes without the internal logger: `stdout`, `stderr`, or files.',
    default: ['stdout'],
  }),
})

export type DebugConfig = Static<typeof Config>

/** Throws a `ConfigError` for output that goes nowhere. */
export function checkConfig({ use_internal_logger, output_paths }: DebugConfig): void {
  if (!use_internal_logger && output_paths.length === 0) {
    throw new ConfigError('output_paths needs an entry, such as stdout', ['output_paths'])
  }
}
