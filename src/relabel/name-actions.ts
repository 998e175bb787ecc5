import { compileExpansion } from '#src/regex/expansion.ts'
import { Memo } from '#src/regex/memo.ts'
import type { Labels } from './labels.ts'
import type { Rule } from './rule.ts'
import { ruleRegex, type CompileStep, type Step } from './step.ts'

/** Copies labels whose name matches to the name that the replacement makes of it. */
export function labelmap(rule: Rule): Step {
  const pattern = ruleRegex(rule, true)
  const replacement = compileExpansion(rule.replacement, pattern)
  const known = new Memo<string>()
  const newName = (name: string): string => {
    const groups = pattern.groups(name)
    return groups === undefined ? name : replacement.of(groups)
  }
  return (labels) => {
    writeAll(
      labels,
      renamed(labels, (name) => known.of(name, newName)),
    )
    return true
  }
}

/** Replaces every match in the names of labels. */
export function labelmapAll(rule: Rule): Step {
  const pattern = ruleRegex(rule, false)
  const replacement = compileExpansion(rule.replacement, pattern)
  const known = new Memo<string>()
  const newName = (name: string): string => pattern.replaceAll(name, (groups) => replacement.of(groups))
  return (labels) => {
    const changes = renamed(labels, (name) => known.of(name, newName))
    for (const [from] of changes) labels.set(from, '')
    writeAll(labels, changes)
    return true
  }
}

type Renamed = readonly [from: string, to: string, value: string]

const none: readonly Renamed[] = []

/** The labels that get another name, as they are now: what is written for one of them does not change the next. */
function renamed(labels: Labels, newName: (name: string) => string): readonly Renamed[] {
  let changes: Renamed[] | undefined
  for (let index = 0; index < labels.size; index++) {
    const from = labels.nameAt(index)
    const to = newName(from)
    if (to !== from) (changes ??= []).push([from, to, labels.valueAt(index)])
  }
  return changes ?? none
}

/** Without a name there is no label. */
function writeAll(labels: Labels, changes: readonly Renamed[]): void {
  for (const [, to, value] of changes) if (to !== '') labels.set(to, value)
}

/** Removes the labels whose name matches, or those whose name does not. */
function selectNames(keepsMatching: boolean): CompileStep {
  return (rule) => {
    const pattern = ruleRegex(rule, true)
    const passes = (name: string): boolean => pattern.matches(name) === keepsMatching
    return (labels) => {
      labels.keepNames(passes)
      return true
    }
  }
}

export const labelkeep = selectNames(true)
export const labeldrop = selectNames(false)
