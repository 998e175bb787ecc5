import { makeAll, mapItems } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { actions } from './action.ts'
import type { NameScheme } from './label-name.ts'
import type { Labels } from './labels.ts'
import { completeRule, checkRule } from './rule-check.ts'
import type { RelabelOptions } from './rule.ts'
import { compileSelector, compileSelectors, type Selector } from './selector.ts'
import type { Step } from './step.ts'

/** Labels as pairs, for people to read. */
export type LabelPairs = readonly (readonly [name: string, value: string])[]

/** What one rule did, for whoever wants to know why labels came out as they did. */
export interface TraceStep {
  readonly rule: RelabelOptions
  readonly before: LabelPairs
  /** Undefined where the rule dropped the labels; no step follows then. */
  readonly after: LabelPairs | undefined
}

/** Relabeling rules, compiled. */
export interface Relabeling {
  /** Applies all rules to the labels, in place. @returns whether they are kept; where not, what they hold means nothing */
  apply(labels: Labels): boolean
  /** As `apply`, and tells what each rule did. */
  trace(labels: Labels): readonly TraceStep[]
}

/** What a compilation is told of where the rules are. */
export interface RelabelingOptions {
  /** Which names labels may have; any text where not given. */
  readonly names?: NameScheme
}

/**
 * Compiles rules. Semantics are those of Prometheus, with vmagent's actions and selectors beside them.
 *
 * @throws ConfigError with every mistake in them, each under the index of its rule
 */
export function compileRelabeling(
  rules: readonly RelabelOptions[],
  { names = 'utf8' }: RelabelingOptions = {},
): Relabeling {
  const steps = mapItems(rules, (options, index) => located([index], () => compileStep(options, names)))
  return {
    apply(labels) {
      for (const step of steps) if (!step(labels)) return false
      return true
    },
    trace(labels) {
      const done: TraceStep[] = []
      let before = labels.pairs()
      for (const [index, step] of steps.entries()) {
        const kept = step(labels)
        const after = kept ? labels.pairs() : undefined
        done.push({ rule: rules[index] ?? {}, before, after })
        if (after === undefined) break
        before = after
      }
      return done
    },
  }
}

function compileStep(options: RelabelOptions, names: NameScheme): Step {
  const rule = completeRule(options)
  const { compile, dropsOthers = false } = actions[rule.action]
  const [, step, selects] = makeAll(
    () => checkRule(rule, names),
    () => compile(rule, names),
    () => located(['if'], () => compileCondition(options)),
  )
  if (selects === undefined) return step
  return (labels) => (selects(labels) ? step(labels) : !dropsOthers)
}

function compileCondition({ if: selectors }: RelabelOptions): Selector | undefined {
  if (selectors === undefined) return undefined
  return typeof selectors === 'string' ? compileSelector(selectors) : compileSelectors(selectors)
}
