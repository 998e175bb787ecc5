import type { Finding } from '#src/config/read-configuration.ts'
import type { Console } from './console.ts'

/** Prints every finding, each with its line of the file. */
export function printFindings(findings: readonly Finding[], console: Console): void {
  for (const { text } of findings) console.err(text.endsWith('\n') ? text : `${text}\n`)
}

/** One line: how many mistakes and warnings there are. */
export function verdict(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const counted = [
    ...(errors > 0 ? [plural(errors, 'mistake')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ]
  const text = counted.join(', ')
  if (errors > 0) return `the configuration is wrong: ${text}\n`
  return `the configuration is good${text === '' ? '' : `: ${text}`}\n`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
