import type { LabelPairs, TraceStep } from '#src/relabel/relabeling.ts'
import { standard, type RelabelOptions } from '#src/relabel/rule.ts'
import type { RelabelTrace } from '../targets-view.ts'
import { markup, type Html } from './html.ts'
import { labelsHtml } from './page.ts'
import type { RelabelAnswer, RelabelQuestion } from './relabel-question.ts'

/** The page of the relabel debugger: a form, and what the rules do, one after the other. */
export function relabelPage(question: RelabelQuestion, answer: RelabelAnswer | undefined): Html {
  const { component, id, job, labels, rules } = question
  const kept = [
    ['component', component],
    ['id', id],
    ['job', job],
  ]
  const hidden = kept.map(([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`)
  const about =
    id !== ''
      ? 'Of a target: without labels, how it came about; with a series that it exposes, what becomes of that.'
      : job !== ''
        ? `Of the job ${job}: what becomes of a target that is discovered with these labels.`
        : 'What rules do to labels.'
  return markup`<p>${about}</p>
<form method="post" action="/relabel-debug">${hidden}
<p><label>Labels, as in <code>http_requests_total{code="200"}</code> or <code>{__address__="a:1"}</code>
<textarea name="labels" rows="4">${labels}</textarea></label></p>
<p><label>Rules in YAML, instead of those that are in use
<textarea name="rules" rows="8">${rules}</textarea></label></p>
<button>Show</button>
</form>
${answer === undefined ? undefined : answerHtml(answer)}`
}

function answerHtml(answer: RelabelAnswer): Html {
  if ('mistake' in answer)
    return markup`<h2 class="error">That cannot be shown</h2><pre>${answer.mistake}</pre>`
  const { input, steps, output, notes } = answer.trace
  return markup`<h2>What becomes of it</h2>
<table><tr><th></th><th>Rule</th><th>Labels</th></tr>
<tr><td></td><td>before all rules</td><td>${labelsHtml(input)}</td></tr>
${steps.map(stepRow)}
<tr><td></td><td>at the end</td><td>${outcome(output, notes)}</td></tr>
</table>`
}

function outcome(output: RelabelTrace['output'], notes: readonly string[]): Html {
  const said = notes.map((note) => markup`<p>${note}</p>`)
  return output === undefined
    ? markup`<span class="down">dropped</span>${said}`
    : markup`${labelsHtml(output)}${said}`
}

function stepRow({ rule, before, after }: TraceStep, index: number): Html {
  const effect = after === undefined ? markup`<span class="down">dropped</span>` : changesHtml(before, after)
  return markup`<tr><td>${index + 1}</td><td><code>${ruleText(rule)}</code></td><td>${effect}</td></tr>
`
}

/** Labels that a rule removed, changed or added; the others are as before. */
function changesHtml(before: LabelPairs, after: LabelPairs): Html {
  const was = new Map(before)
  const is = new Map(after)
  const gone = before.filter(([name, value]) => is.get(name) !== value)
  const come = after.filter(([name, value]) => was.get(name) !== value)
  if (gone.length === 0 && come.length === 0) return markup`no change`
  return markup`${shown(gone, 'gone')}${shown(come, 'new')}`
}

function shown(pairs: LabelPairs, kind: string): Html[] {
  return pairs.map(
    ([name, value]) => markup`<div class="${kind}"><code>${name}=${JSON.stringify(value)}</code></div>`,
  )
}

/** A rule in short: what it says beyond the defaults. */
function ruleText(rule: RelabelOptions): string {
  const said = Object.entries(rule).filter(
    ([name, value]) =>
      name === 'action' || JSON.stringify(value) !== JSON.stringify(standard[name as keyof typeof standard]),
  )
  return JSON.stringify(Object.fromEntries(said))
}
