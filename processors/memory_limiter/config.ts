import { ConfigError, throwAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'

const mebibytes = { default: 0, minimum: 0 } as const
const percentage = { default: 0, minimum: 0, maximum: 100 } as const

/** The options of `memory_limiter`, in the Collector's names. */
export const Config = Options({
  check_interval: Duration({
    description: 'How often memory is measured while there is data; must be greater than 0. 1s is advised.',
    default: '0s',
  }),
  limit_mib: Type.Integer({
    description: 'The hard limit in MiB. Overrules `limit_percentage`.',
    ...mebibytes,
  }),
  spike_limit_mib: Type.Integer({
    description: 'MiB between the soft and the hard limit; 0 is 20 % of `limit_mib`.',
    ...mebibytes,
  }),
  limit_percentage: Type.Integer({
    description: "The hard limit in percent of the control group's limit, or of the host's memory.",
    ...percentage,
  }),
  spike_limit_percentage: Type.Integer({
    description: 'Percent between the soft and the hard limit; 0 is a fifth of `limit_percentage`.',
    ...percentage,
  }),
  min_gc_interval_when_soft_limited: Duration({
    description: 'Time between two forced collections above the soft limit, at least.',
    default: '10s',
  }),
  min_gc_interval_when_hard_limited: Duration({
    description: 'Time between two forced collections above the hard limit, at least.',
    default: '0s',
  }),
  max_gc_interval_when_soft_limited: Duration({
    description: 'Up to this the time grows while collections above the soft limit free nothing.',
    default: '30s',
  }),
  max_gc_interval_when_hard_limited: Duration({
    description: 'Up to this the time grows while collections above the hard limit free nothing.',
    default: '30s',
  }),
})

export type MemoryLimiterConfig = Static<typeof Config>

/** Throws all mistakes that the schema cannot see as one `ConfigError`. */
export function checkLimits(config: MemoryLimiterConfig): void {
  const errors: ConfigError[] = []
  if (config.check_interval <= 0) {
    errors.push(new ConfigError('check_interval must be greater than zero, such as 1s', ['check_interval']))
  }
  if (config.limit_mib === 0 && config.limit_percentage === 0) {
    errors.push(new ConfigError('limit_mib or limit_percentage must be greater than zero', ['limit_mib']))
  }
  if (config.limit_mib > 0 && config.spike_limit_mib >= config.limit_mib) {
    errors.push(new ConfigError('spike_limit_mib must be smaller than limit_mib', ['spike_limit_mib']))
  }
  const { limit_percentage, spike_limit_percentage } = config
  if (config.limit_mib === 0 && limit_percentage > 0 && spike_limit_percentage >= limit_percentage) {
    errors.push(
      new ConfigError('spike_limit_percentage must be smaller than limit_percentage', [
        'spike_limit_percentage',
      ]),
    )
  }
  for (const state of ['soft', 'hard'] as const) {
    if (config[`min_gc_interval_when_${state}_limited`] > config[`max_gc_interval_when_${state}_limited`]) {
      const key = `max_gc_interval_when_${state}_limited`
      errors.push(new ConfigError(`${key} must not be below min_gc_interval_when_${state}_limited`, [key]))
    }
  }
  throwAll(errors)
}
