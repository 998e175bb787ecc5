import { MalformedText } from './host-error.ts'
import { amountOf, fieldsOf, linesOf, quoted } from './kernel-text.ts'

/** One line of `/proc/meminfo`. */
export interface MemoryField {
  /** Bytes, or a count of pages where `bytes` is false. */
  readonly value: number
  readonly bytes: boolean
}

/** Parses `/proc/meminfo` (proc_meminfo(5)): fields by the kernel's name, in its order. */
export function parseMeminfo(text: string): ReadonlyMap<string, MemoryField> {
  const fields = new Map<string, MemoryField>()
  linesOf(text).forEach((line, index) => {
    const [key, amount, unit, more] = fieldsOf(line)
    // Some old kernels of CentOS 6 put in empty lines.
    if (key === undefined) return
    if (!/^[\w()]+:$/.test(key) || (unit !== undefined && unit !== 'kB') || more !== undefined)
      throw new MalformedText(index + 1, `a line as "MemTotal: 1 kB" is expected, not ${quoted(line)}`)
    const value = amountOf(amount, index + 1)
    fields.set(
      key.slice(0, -1),
      unit === undefined ? { value, bytes: false } : { value: value * 1024, bytes: true },
    )
  })
  return fields
}
