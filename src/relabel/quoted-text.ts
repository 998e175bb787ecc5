import { ConfigError } from '#src/config/config-error.ts'

const escape = /\\(?:(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|([0-7]{3})|(.))/gs

const letters: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
])

/**
 * The text that stands in quotes, as PromQL reads it: double and single quotes have Go's escapes, backquotes none.
 *
 * @throws ConfigError for an escape that Go does not have
 */
export function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1)
  if (quoted.startsWith('`')) return inner
  return inner.replaceAll(escape, (whole: string, hex?: string, octal?: string, letter?: string) => {
    if (letter === undefined) {
      const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex.slice(1), 16)
      if (code <= 0x10ffff) return String.fromCodePoint(code)
    }
    const character = letters.get(letter ?? '')
    if (character !== undefined) return character
    throw new ConfigError(`there is no escape ${whole} in quotes: write \\${whole}, or use backquotes`)
  })
}
