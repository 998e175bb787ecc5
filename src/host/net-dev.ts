import { MalformedText } from './host-error.ts'
import { counterOf, fieldsOf, linesOf } from './kernel-text.ts'

/** The columns of `/proc/net/dev`, in order. */
const columns = [
  ['receive', 'bytes'],
  ['receive', 'packets'],
  ['receive', 'errs'],
  ['receive', 'drop'],
  ['receive', 'fifo'],
  ['receive', 'frame'],
  ['receive', 'compressed'],
  ['receive', 'multicast'],
  ['transmit', 'bytes'],
  ['transmit', 'packets'],
  ['transmit', 'errs'],
  ['transmit', 'drop'],
  ['transmit', 'fifo'],
  ['transmit', 'colls'],
  ['transmit', 'carrier'],
  ['transmit', 'compressed'],
] as const

export type Direction = 'receive' | 'transmit'

/** One statistic of a network interface. */
export interface InterfaceStatistic {
  readonly direction: Direction
  readonly statistic: string
  readonly value: number | bigint
}

/** One network interface. */
export interface NetworkInterface {
  readonly name: string
  readonly statistics: readonly InterfaceStatistic[]
}

/** Parses `/proc/net/dev`. A name may hold colons (an alias), so it ends at the last one. */
export function parseNetDev(text: string): NetworkInterface[] {
  const lines = linesOf(text)
  if (lines.length < 2) throw new MalformedText(1, 'two lines of headings are expected')
  return lines.slice(2).map((line, index) => {
    const end = line.lastIndexOf(':')
    const name = line.slice(0, Math.max(0, end)).trim()
    if (name === '') throw new MalformedText(index + 3, 'the name of an interface is expected')
    const fields = fieldsOf(line.slice(end + 1))
    const statistics = columns.map(([direction, statistic], column) => ({
      direction,
      statistic,
      value: counterOf(fields[column], index + 3),
    }))
    return { name, statistics }
  })
}
