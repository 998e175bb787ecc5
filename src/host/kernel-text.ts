import { MalformedText } from './host-error.ts'

/**
 * The lines of a file of the kernel, which ends each of them.
 *
 * @throws MalformedText where the last line has no end: the text was cut off, and its last number may be too
 */
export function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new MalformedText(lines.length + 1, 'the text is cut off')
  return lines
}

/** What stands between blanks. */
export function fieldsOf(line: string): string[] {
  return line.split(/[ \t]+/).filter((field) => field !== '')
}

/** A whole number as the kernel writes it: a number where it is exact, else a bigint. */
export function counterOf(text: string | undefined, line: number): number | bigint {
  if (text === undefined || !/^\d{1,20}$/.test(text))
    throw new MalformedText(line, `a number is expected, not ${quoted(text)}`)
  if (text.length < 16) return Number(text)
  const exact = BigInt(text)
  return exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact
}

/** A whole number of which only the size counts, not the last digit. */
export function amountOf(text: string | undefined, line: number): number {
  return Number(counterOf(text, line))
}

/** A number with a fraction. */
export function decimalOf(text: string | undefined, line: number): number {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text))
    throw new MalformedText(line, `a decimal number is expected, not ${quoted(text)}`)
  return Number(text)
}

/** A product that stays exact. */
export function times(value: number | bigint, factor: number): number | bigint {
  if (typeof value === 'bigint') return value * BigInt(factor)
  const product = value * factor
  return Number.isSafeInteger(product) ? product : BigInt(value) * BigInt(factor)
}

/** What a message shows of a text that it does not understand. */
export function quoted(text: string | undefined): string {
  return text === undefined ? 'the end of the line' : JSON.stringify(text.slice(0, 40))
}

/** The CPUs of a list such as `0-3,8`. */
export function cpuListOf(text: string): string[] {
  const cpus: string[] = []
  for (const range of text.trim().split(',')) {
    if (range === '') continue
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range) ?? []
    if (first === undefined) throw new MalformedText(1, `a list of CPUs is expected, not ${quoted(range)}`)
    for (let cpu = Number(first); cpu <= Number(last); cpu++) cpus.push(String(cpu))
  }
  return cpus
}
