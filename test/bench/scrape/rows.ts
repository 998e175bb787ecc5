import type { DataSetName } from './data-set.ts'

/** One line of the table: what is scraped, how often, and what happens to it. */
export interface Row {
  readonly title: string
  readonly dataSet: DataSetName
  readonly intervalMs: number
  /** Intervals that pass before anything is measured. */
  readonly warmUp: number
  readonly churn?: number
  readonly gzip?: boolean
  readonly relabel?: boolean
}

const standard = { dataSet: 'standard', intervalMs: 10_000, warmUp: 3 } as const

/** All agents run each of these at the same time, and are measured in the same window. */
export const rows = {
  plain: { ...standard, title: 'plain text, 37 targets, 228,144 series' },
  gzip: { ...standard, title: 'the same, compressed with gzip', gzip: true },
  rules: { ...standard, title: 'plain, 5 relabel rules', relabel: true },
  'churn-0.1': { ...standard, title: 'plain, 0.1 % of series replaced every scrape', churn: 0.001 },
  'churn-1': { ...standard, title: 'plain, 1 % of series replaced every scrape', churn: 0.01 },
  'churn-5': { ...standard, title: 'plain, 5 % of series replaced every scrape', churn: 0.05 },
  targets: { ...standard, title: '10,000 targets of 16 series', dataSet: 'targets' },
  million: {
    title: 'one target of 1,000,000 series',
    dataSet: 'million',
    intervalMs: 60_000,
    warmUp: 2,
  },
} as const satisfies Readonly<Record<string, Row>>

export type RowName = keyof typeof rows
