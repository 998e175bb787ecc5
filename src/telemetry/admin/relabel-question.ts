import { ConfigError } from '#src/config/config-error.ts'
import { OptionsText } from '#src/config/options-text.ts'
import { Labels } from '#src/relabel/labels.ts'
import { compileRelabeling, type LabelPairs, type Relabeling } from '#src/relabel/relabeling.ts'
import { RelabelRules } from '#src/relabel/rule.ts'
import { LineMistake } from '#src/text/exposition-error.ts'
import { parseSeries } from '#src/text/series-text.ts'
import { textDialect } from '#src/text/text-tokens.ts'
import type { ServiceView } from '../service-view.ts'
import type { RelabelTrace, TargetsView } from '../targets-view.ts'

/** What somebody wants to know of relabeling, in the words of the query. */
export interface RelabelQuestion {
  /** A receiver, and a target of it by id, or a job of it by name. */
  readonly component: string
  readonly id: string
  readonly job: string
  /** Labels as a series has them: `name{label="value"}`; the name may be missing. */
  readonly labels: string
  /** Rules in YAML, instead of those of a job. */
  readonly rules: string
}

/** The answer: what rules do, or why there is none. */
export type RelabelAnswer = { readonly trace: RelabelTrace } | { readonly mistake: string }

export function relabelQuestion(query: URLSearchParams): RelabelQuestion {
  const given = (name: string): string => query.get(name) ?? ''
  return {
    component: given('component'),
    id: given('id'),
    job: given('job'),
    labels: given('labels'),
    rules: given('rules'),
  }
}

/**
 * Answers a question, undefined where none is asked. Labels with rules: what the rules do to them. A target: what its job
 * does to what was discovered of it; with labels, what becomes of a series that it exposes. A job with labels: what it does
 * to a target that is discovered with them.
 */
export async function answerRelabeling(
  service: ServiceView,
  question: RelabelQuestion,
): Promise<RelabelAnswer | undefined> {
  const { component, id, job, labels, rules } = question
  if (rules !== '') return await tracedRules(rules, labels)
  if (id === '' && job === '') return undefined
  await service.refresh({ targets: true })
  const view = [...service.components()].find(({ id: one, targets }) => one === component && targets)?.targets
  if (view === undefined) return { mistake: `there is no receiver ${JSON.stringify(component)} that scrapes` }
  return await fromSeries(labels, async (parsed) =>
    id === '' ? ofJob(view, job, parsed) : ofTarget(view, id, labels, parsed),
  )
}

async function ofJob(view: TargetsView, job: string, { labels }: ParsedLabels): Promise<RelabelAnswer> {
  const trace = await view.traceTarget(job, labels)
  return trace === undefined ? { mistake: `there is no job ${JSON.stringify(job)}` } : { trace }
}

async function ofTarget(
  view: TargetsView,
  id: string,
  text: string,
  { name, labels }: ParsedLabels,
): Promise<RelabelAnswer> {
  const target = Array.from(view.active()).find((each) => each.id === id)
  const trace =
    target !== undefined && text === ''
      ? await view.traceTarget(target.job, target.discovered)
      : await view.traceSeries(id, [['__name__', name], ...labels])
  return trace === undefined ? { mistake: 'there is no such target any more' } : { trace }
}

async function tracedRules(text: string, labelsText: string): Promise<RelabelAnswer> {
  const read = new OptionsText('rules', text, RelabelRules)
  let relabeling: Relabeling | undefined
  try {
    relabeling = read.options && compileRelabeling(read.options)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    read.add(error)
  }
  if (relabeling === undefined) return { mistake: read.findings.map((finding) => finding.text).join('\n') }
  const compiled = relabeling
  return await fromSeries(labelsText, ({ name, labels }) => {
    const filled = new Labels()
    const all: LabelPairs = labelsText.trimStart().startsWith('{') ? labels : [['__name__', name], ...labels]
    for (const [label, value] of all) if (!filled.has(label)) filled.fill(label, value)
    const input = filled.pairs()
    const steps = compiled.trace(filled)
    const isDropped = steps.some(({ after }) => after === undefined)
    const output = isDropped ? undefined : filled.pairs()
    return { trace: { input, steps, output, notes: isDropped ? ['a rule drops it'] : [] } }
  })
}

interface ParsedLabels {
  readonly name: string
  readonly labels: LabelPairs
}

async function fromSeries(
  text: string,
  answer: (parsed: ParsedLabels) => RelabelAnswer | Promise<RelabelAnswer>,
): Promise<RelabelAnswer> {
  const trimmed = text.trim()
  // A target has labels and no name.
  const named = trimmed === '' || trimmed.startsWith('{') ? `target${trimmed}` : trimmed
  const bytes = Buffer.from(`${named} 1`)
  try {
    const { name, labels } = parseSeries(bytes, 0, bytes.length - 1, textDialect)
    const pairs = labels.flatMap((label, index): [string, string][] =>
      index % 2 === 0 ? [[label, labels[index + 1] ?? '']] : [],
    )
    return await answer({ name, labels: pairs })
  } catch (error) {
    if (!(error instanceof LineMistake)) throw error
    const position = Math.max(0, error.position - (named.length - trimmed.length))
    return { mistake: `the labels are not as a series has them, at byte ${position + 1}: ${error.message}` }
  }
}
