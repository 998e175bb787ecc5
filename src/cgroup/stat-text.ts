import { MalformedText } from '#src/host/host-error.ts'
import { amountOf, counterOf, decimalOf, fieldsOf, linesOf, quoted } from '#src/host/kernel-text.ts'

/** A limit of at least this many bytes is none: version 1 writes the largest page-rounded integer. */
const endOfLimits = 2 ** 62

/** Parses lines of a key and a number: `memory.stat`, `cpu.stat`, `memory.events`. */
export function parseKeyed(text: string): Map<string, number | bigint> {
  const values = new Map<string, number | bigint>()
  linesOf(text).forEach((line, index) => {
    const [key = '', value, ...rest] = fieldsOf(line)
    if (key === '' || rest.length > 0)
      throw new MalformedText(index + 1, `a key and a number are expected, not ${quoted(line)}`)
    values.set(key, counterOf(value, index + 1))
  })
  return values
}

/** Parses a file of one number. */
export function parseNumber(text: string): number | bigint {
  return counterOf(text.trim(), 1)
}

/** Parses a limit; `undefined` where there is none: `max`, `-1`, or more than any machine has. */
export function parseLimit(text: string): number | undefined {
  const word = text.trim()
  if (word === 'max' || word === '-1') return undefined
  const limit = amountOf(word, 1)
  return limit >= endOfLimits ? undefined : limit
}

/** What a cgroup may use of CPUs: microseconds of each period. */
export interface CpuQuota {
  /** `undefined` where it is not limited. */
  readonly quota: number | undefined
  readonly period: number
}

/** Parses `cpu.max` of version 2: a quota, or `max`, and a period. */
export function parseCpuMax(text: string): CpuQuota {
  const [quota = '', period, ...rest] = fieldsOf(text.trim())
  if (rest.length > 0) throw new MalformedText(1, `a quota and a period are expected, not ${quoted(text)}`)
  return { quota: parseLimit(quota), period: amountOf(period, 1) }
}

/** Parses numbers between blanks: `cpuacct.usage_percpu`. */
export function parseNumbers(text: string): (number | bigint)[] {
  return fieldsOf(text.trim()).map((field) => counterOf(field, 1))
}

/** Parses `io.stat` of version 2: for each device, as `MAJOR:MINOR`, its counters. A device without any is left out. */
export function parseIoStat(text: string): Map<string, ReadonlyMap<string, number | bigint>> {
  const devices = new Map<string, ReadonlyMap<string, number | bigint>>()
  linesOf(text).forEach((line, index) => {
    const [device = '', ...fields] = fieldsOf(line)
    if (!/^\d{1,10}:\d{1,10}$/.test(device))
      throw new MalformedText(index + 1, `a device is expected, not ${quoted(device)}`)
    const values = new Map<string, number | bigint>()
    for (const field of fields) {
      const [key = '', value = ''] = field.split('=', 2)
      // Controllers may add words of their own, such as the state of a latency target.
      if (/^\d{1,20}$/.test(value)) values.set(key, counterOf(value, index + 1))
    }
    if (values.size > 0) devices.set(device, values)
  })
  return devices
}

/** One line of a file of the controller `blkio`. */
export interface BlkioValue {
  /** `MAJOR:MINOR`. */
  readonly device: string
  /** `Read`, `Write`, `Sync`, `Async`, `Discard` or `Total`; empty where the file does not tell them apart. */
  readonly operation: string
  readonly value: number | bigint
}

/** Parses a file of the controller `blkio` of version 1. The total of all devices, which has no device, is left out. */
export function parseBlkio(text: string): BlkioValue[] {
  return linesOf(text).flatMap((line, index) => {
    const [device = '', ...fields] = fieldsOf(line)
    if (!device.includes(':')) return []
    const [operation = '', value] = fields.length > 1 ? fields : ['', fields[0]]
    return [{ device, operation, value: counterOf(value, index + 1) }]
  })
}

/** How long tasks waited for something, in microseconds since the cgroup was made. */
export interface Pressure {
  /** At least one task waited. */
  readonly some: number | undefined
  /** All tasks that were not idle did. */
  readonly full: number | undefined
}

/** Parses a file of pressure stall information. */
export function parsePressure(text: string): Pressure {
  const totals = new Map<string, number>()
  linesOf(text).forEach((line, index) => {
    const [kind = '', ...fields] = fieldsOf(line)
    const total = fields.find((field) => field.startsWith('total='))
    for (const field of fields)
      if (field.startsWith('avg')) decimalOf(field.slice(field.indexOf('=') + 1), index + 1)
    totals.set(kind, amountOf(total?.slice('total='.length), index + 1))
  })
  return { some: totals.get('some'), full: totals.get('full') }
}
