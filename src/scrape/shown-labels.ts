import { isSecretName, shownUrl } from '#src/http/shown-url.ts'
import type { LabelPairs, TraceStep } from '#src/relabel/relabeling.ts'

const hidden = 'REDACTED'
const param = '__param_'

/** Labels as pairs. */
export function pairsOf(labels: readonly string[]): LabelPairs {
  const pairs: [name: string, value: string][] = []
  for (let index = 0; index < labels.length; index += 2) {
    pairs.push([labels[index] ?? '', labels[index + 1] ?? ''])
  }
  return pairs
}

/** Labels of a target for people: parameters that sound like secrets are hidden, as labels and in URLs. */
export function shownPairs(pairs: LabelPairs): LabelPairs {
  return pairs.map(([name, value]) => [name, shownValue(name, value)])
}

/** What a rule did to a target, for people. */
export function shownStep({ rule, before, after }: TraceStep): TraceStep {
  const { target_label: target = '', replacement } = rule
  const tells = replacement !== undefined && isSecretParam(target)
  return {
    rule: tells ? { ...rule, replacement: hidden } : rule,
    before: shownPairs(before),
    after: after && shownPairs(after),
  }
}

function shownValue(name: string, value: string): string {
  if (isSecretParam(name)) return hidden
  const isUrl = /^https?:\/\//.test(value)
  const open = isUrl || name === '__address__' ? withoutUser(value) : value
  return isUrl && URL.canParse(open) && open.includes('?') ? shownUrl(open) : open
}

/** An address without a user's name and password before it. */
function withoutUser(value: string): string {
  const start = value.includes('//') ? value.indexOf('//') + 2 : 0
  const user = value.slice(start, Math.max(start, value.indexOf('@')))
  if (user === '' || user.includes('/')) return value
  return value.slice(0, start) + hidden + value.slice(start + user.length)
}

function isSecretParam(name: string): boolean {
  return name.startsWith(param) && isSecretName(name)
}
