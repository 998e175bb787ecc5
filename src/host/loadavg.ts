import { decimalOf, fieldsOf, linesOf } from './kernel-text.ts'

/** Runnable and uninterruptible threads, averaged over one, five and fifteen minutes. */
export interface LoadAverage {
  readonly '1m': number
  readonly '5m': number
  readonly '15m': number
}

/** Parses `/proc/loadavg`. */
export function parseLoadavg(text: string): LoadAverage {
  const [one, five, fifteen] = fieldsOf(linesOf(text)[0] ?? '')
  return { '1m': decimalOf(one, 1), '5m': decimalOf(five, 1), '15m': decimalOf(fifteen, 1) }
}
