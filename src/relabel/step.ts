import { located } from '#src/config/located.ts'
import { compilePattern, type Pattern } from '#src/regex/pattern.ts'
import type { NameScheme } from './label-name.ts'
import type { Labels } from './labels.ts'
import type { Rule } from './rule.ts'

/** One rule, compiled: changes the labels, and says whether they are kept. */
export type Step = (labels: Labels) => boolean

/** Makes a step of a rule whose options go together; throws a `ConfigError` with the option's path. */
export type CompileStep = (rule: Rule, scheme: NameScheme) => Step

/** The rule's regex; a mistake in it is found at its place. */
export function ruleRegex({ regex }: Rule, anchored: boolean): Pattern {
  return located(['regex'], () => compilePattern(regex, { anchored }))
}
