import { readFileSync } from 'node:fs'
import { Labels } from '#src/relabel/labels.ts'
import { compileSelector } from '#src/relabel/selector.ts'
import type { ReadSample } from '#src/testing/prometheus-text.ts'

/** One selector of the dashboards, the labels that series need for it, and where it stands. */
export interface Asked {
  readonly selector: string
  readonly labels: readonly string[]
  readonly places: readonly string[]
}

/** The page that says what is answered. */
export const page = readFileSync('docs/dashboards.md', 'utf8')

/** The configurations of the page, in its order. */
export const configurations = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml)

/** Reads selectors of a fixture. */
export function readAsked(name: string): readonly Asked[] {
  return readFileSync(`test/fixtures/dashboards/${name}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [selector = '', labels = '', , places = ''] = line.split('\t')
      return { selector, labels: labels.split(',').filter(Boolean), places: places.split('; ') }
    })
}

/** Whether some series is selected and has all labels that are asked for. */
export function isAnswered({ selector, labels }: Asked, samples: readonly ReadSample[]): boolean {
  const selects = compileSelector(selector)
  const shown = new Labels()
  return samples.some(({ name, labels: has }) => {
    shown.clear()
    shown.fill('__name__', name)
    for (const [label, value] of has) shown.fill(label, value)
    return selects(shown) && labels.every((label) => shown.has(label))
  })
}

/** The lines of a table of the page: how many selectors each dashboard and rule has, and how many are answered. */
export function tableOf(asked: readonly Asked[], answered: ReadonlySet<Asked>): string {
  const rows = new Map<string, { sources: Set<string>; all: number; answered: number }>()
  for (const each of asked)
    for (const place of each.places) {
      const [, title = '', sources = ''] = /^(.*) \((.*)\)$/.exec(place) ?? []
      const row = rows.get(title) ?? { sources: new Set(), all: 0, answered: 0 }
      for (const source of sources.split(', ')) row.sources.add(source)
      row.all++
      if (answered.has(each)) row.answered++
      rows.set(title, row)
    }
  const lines = Array.from(rows, ([title, row]) => {
    const sources = [...row.sources].toSorted().join(', ')
    return `| ${title} | ${sources} | ${row.all} | ${row.answered} |`
  })
  return lines.toSorted().join('\n')
}
