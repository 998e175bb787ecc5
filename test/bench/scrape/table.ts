import type { Measurement } from './measurement.ts'

/** What was measured in one row: by the title of an agent, one measurement a round. */
export type RowResults = ReadonlyMap<string, readonly Measurement[]>

/** The middle of some numbers, without those that could not be measured. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

interface Column {
  readonly title: string
  readonly text: (get: (field: NumericField) => number) => string
}

type NumericField = Exclude<keyof Measurement, 'failure'>

const columns: readonly Column[] = [
  { title: 'CPU s/M received', text: (get) => get('cpuPerReceived').toFixed(2) },
  { title: 'CPU s/M served', text: (get) => get('cpuPerServed').toFixed(2) },
  { title: 'RSS MB', text: (get) => get('resident').toFixed(0) },
  { title: 'peak MB', text: (get) => get('peak').toFixed(0) },
  { title: 'bytes/sample', text: (get) => get('wireBytes').toFixed(1) },
  { title: 'scrapes made', text: (get) => percent(get('punctual')) },
  { title: 'delivered', text: (get) => percent(get('delivered')) },
  { title: 'samples/s', text: (get) => thousands(get('rate')) },
  { title: 'CPU', text: (get) => percent(get('load')) },
]

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function thousands(value: number): string {
  return `${(value / 1000).toFixed(0)}k`
}

/**
 * A row as a Markdown table: an agent a line, medians of the rounds, and what each takes for one CPU second of the first
 * one's.
 */
export function rowTable(title: string, results: RowResults): string {
  const middle = (agent: string, field: NumericField): number =>
    median((results.get(agent) ?? []).map((measurement) => measurement[field]))
  const [first = ''] = results.keys()
  const lines = [...results.keys()].map((agent) => {
    const ratio = middle(agent, 'cpuPerReceived') / middle(first, 'cpuPerReceived')
    const cells = columns.map(({ text }) => text((field) => middle(agent, field)))
    return [agent, Number.isNaN(ratio) ? '-' : `${ratio.toFixed(1)}x`, ...cells]
  })
  const failures = [...results].flatMap(([agent, measurements]) =>
    measurements.flatMap(({ failure }) => (failure === undefined ? [] : [`${agent}: ${failure}`])),
  )
  const titles = ['', `CPU, ${first} = 1`, ...columns.map((each) => each.title)]
  return section(title, titles, lines, failures)
}

/** A heading, a Markdown table, and remarks below it. */
export function section(
  title: string,
  titles: readonly string[],
  lines: readonly (readonly string[])[],
  remarks: readonly string[] = [],
): string {
  return [`### ${title}`, '', markdown(titles, lines), ...remarks, ''].join('\n')
}

function markdown(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = titles.map((title, index) =>
    Math.max(3, title.length, ...lines.map((line) => line[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(titles), line(rule), ...lines.map(line)].join('\n')
}
