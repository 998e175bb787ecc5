import type { Labels } from './labels.ts'
import type { Rule } from './rule.ts'
import { sourceText } from './source-text.ts'
import { ruleRegex, type CompileStep } from './step.ts'

/** A question about labels, as a rule asks it. */
type CompileQuestion = (rule: Rule) => (labels: Labels) => boolean

/** Goes on with labels for which the answer is yes. */
export function keeps(compile: CompileQuestion): CompileStep {
  return compile
}

/** Goes on with labels for which the answer is no. */
export function drops(compile: CompileQuestion): CompileStep {
  return (rule) => {
    const asks = compile(rule)
    return (labels) => !asks(labels)
  }
}

/** Whether the source matches the regex as a whole. */
export function sourceMatches(rule: Rule): (labels: Labels) => boolean {
  const source = sourceText(rule)
  const pattern = ruleRegex(rule, true)
  return (labels) => pattern.matches(source(labels))
}

/** Whether the metric's name matches the regex as a whole. */
export function nameMatches(rule: Rule): (labels: Labels) => boolean {
  return sourceMatches({ ...rule, source_labels: ['__name__'] })
}

/** Whether the source is the target label's value. */
export function sourceIsTarget(rule: Rule): (labels: Labels) => boolean {
  const source = sourceText(rule)
  const { target_label } = rule
  return (labels) => source(labels) === labels.get(target_label)
}

/** Whether all source labels have the same value. */
export function sourcesAreEqual({ source_labels }: Rule): (labels: Labels) => boolean {
  const [first = '', ...others] = source_labels
  return (labels) => {
    const value = labels.get(first)
    return others.every((name) => labels.get(name) === value)
  }
}

/** Whether the target label's value contains the value of each source label. */
export function targetContainsSources({ source_labels, target_label }: Rule): (labels: Labels) => boolean {
  return (labels) => {
    const value = labels.get(target_label)
    return source_labels.every((name) => value.includes(labels.get(name)))
  }
}
