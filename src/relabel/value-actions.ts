import { hash } from 'node:crypto'
import { compileExpansion } from '#src/regex/expansion.ts'
import { Memo } from '#src/regex/memo.ts'
import { isLabelName, type NameScheme } from './label-name.ts'
import { Labels } from './labels.ts'
import { lowercase, uppercase } from './letter-case.ts'
import { compileReplacement } from './replacement.ts'
import type { Rule } from './rule.ts'
import { sourceText } from './source-text.ts'
import { ruleRegex, type CompileStep, type Step } from './step.ts'

/** What a rule writes where. */
interface Outcome {
  readonly target: string
  readonly value: string
}

/** Where the source matches as a whole, the replacement is written to the target. */
export function replace(rule: Rule, scheme: NameScheme): Step {
  const pattern = ruleRegex(rule, true)
  const source = sourceText(rule)
  const target = compileExpansion(rule.target_label, pattern)
  const replacement = compileReplacement(rule.replacement, pattern)
  const outcome = (text: string, labels: Labels): Outcome | undefined => {
    const groups = pattern.groups(text)
    if (groups === undefined) return undefined
    const name = target.of(groups)
    return isLabelName(name, scheme) ? { target: name, value: replacement.of(groups, labels) } : undefined
  }
  if (replacement.usesLabels) {
    return (labels) => write(labels, outcome(source(labels), labels))
  }
  if (target.literal !== undefined && replacement.literal !== undefined) {
    const always = { target: target.literal, value: replacement.literal }
    // A reference to a group that there is not leaves nothing of the name.
    if (!isLabelName(always.target, scheme)) return () => true
    return (labels) => write(labels, pattern.matches(source(labels)) ? always : undefined)
  }
  const known = new Memo<Outcome | undefined>()
  const fromText = (text: string): Outcome | undefined => outcome(text, noLabels)
  return (labels) => write(labels, known.of(source(labels), fromText))
}

const noLabels = new Labels()

function write(labels: Labels, outcome: Outcome | undefined): boolean {
  if (outcome !== undefined) labels.set(outcome.target, outcome.value)
  return true
}

/** Every match in the source is replaced, and the result written to the target; nothing is written without a match. */
export function replaceAll(rule: Rule): Step {
  const pattern = ruleRegex(rule, false)
  const replacement = compileExpansion(rule.replacement, pattern)
  const source = sourceText(rule)
  const known = new Memo<string>()
  const replaced = (text: string): string => pattern.replaceAll(text, (groups) => replacement.of(groups))
  return (labels) => {
    const text = source(labels)
    const value = known.of(text, replaced)
    if (value !== text) labels.set(rule.target_label, value)
    return true
  }
}

/** The source, changed by a function of it, is written to the target. */
function computed(compute: (text: string, rule: Rule) => string): CompileStep {
  return (rule) => {
    const source = sourceText(rule)
    const known = new Memo<string>()
    const fromText = (text: string): string => compute(text, rule)
    return (labels) => {
      labels.set(rule.target_label, known.of(source(labels), fromText))
      return true
    }
  }
}

export const toLowercase = computed(lowercase)
export const toUppercase = computed(uppercase)

/** The last 8 bytes of the source's MD5, big-endian, modulo `modulus`: the shards that Prometheus computes. */
export const hashmod = computed((text, { modulus }) =>
  String(hash('md5', text, 'buffer').readBigUInt64BE(8) % BigInt(modulus)),
)
