import { located } from '#src/config/located.ts'
import { Options, type Static } from '#src/config/schema.ts'
import { compileRelabeling, type Relabeling } from '#src/relabel/relabeling.ts'
import { RelabelRules } from '#src/relabel/rule.ts'

/** The options of `relabel`. */
export const Config = Options({ relabel_configs: RelabelRules })

export type RelabelConfig = Static<typeof Config>

/** Compiles the rules. @throws ConfigError with every mistake in them */
export function compileRules({ relabel_configs }: RelabelConfig): Relabeling {
  return located(['relabel_configs'], () => compileRelabeling(relabel_configs))
}
