import type { AgentName } from './agents.ts'
import { agents } from './agents.ts'
import type { Measurement } from './measurement.ts'

/** What was measured of one row: for each agent, one measurement a round. */
export type RowResults = ReadonlyMap<AgentName, readonly Measurement[]>

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
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

/** A row as a Markdown table: an agent a line, medians of the rounds, and what each takes for one CPU second of Weir's. */
export function rowTable(title: string, results: RowResults): string {
  const middle = (agent: AgentName, field: NumericField): number =>
    median((results.get(agent) ?? []).map((measurement) => measurement[field]))
  const own = middle('weir', 'cpuPerReceived')
  const lines = [...results.keys()].map((agent) => {
    const ratio = middle(agent, 'cpuPerReceived') / own
    const cells = columns.map(({ text }) => text((field) => middle(agent, field)))
    return [agents[agent].title, Number.isNaN(ratio) ? '-' : `${ratio.toFixed(1)}x`, ...cells]
  })
  const failures = [...results].flatMap(([agent, measurements]) =>
    measurements.flatMap(({ failure }) =>
      failure === undefined ? [] : [`${agents[agent].title}: ${failure}`],
    ),
  )
  return [
    `### ${title}`,
    '',
    markdown(['', 'CPU, Weir = 1', ...columns.map((each) => each.title)], lines),
    ...failures,
    '',
  ].join('\n')
}

/** Memory that 100,000 series more take: the difference of two rows, over the difference of their series. */
export function memoryTable(small: RowResults, large: RowResults, hundredThousands: number): string {
  const resident = (results: RowResults, agent: AgentName): number =>
    median((results.get(agent) ?? []).map((measurement) => measurement.resident))
  const marginal = (agent: AgentName): number =>
    (resident(large, agent) - resident(small, agent)) / hundredThousands
  const lines = [...large.keys()].map((agent) => [
    agents[agent].title,
    resident(small, agent).toFixed(0),
    resident(large, agent).toFixed(0),
    marginal(agent).toFixed(0),
  ])
  const titles = ['', 'RSS MB, 10,000 series', 'RSS MB, 228,144 series', 'MB per 100,000 series']
  return ['### Memory', '', markdown(titles, lines), ''].join('\n')
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
