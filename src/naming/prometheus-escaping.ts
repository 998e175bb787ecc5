/**
 * How names that are not classic ones are written for a client that takes classic names only: Prometheus' escaping
 * schemes, by the word that `escaping=` has for them.
 */
export const escapingSchemes = ['underscores', 'dots', 'values'] as const

export type EscapingScheme = (typeof escapingSchemes)[number]

/** Writes a name in a scheme. Classic names stay as they are in `underscores` and `values`, but not in `dots`. */
export function escapeName(
  name: string,
  scheme: EscapingScheme,
  isClassic: (name: string) => boolean,
): string {
  if (scheme !== 'dots' && isClassic(name)) return name
  return escapers[scheme](name)
}

const escapers: Readonly<Record<EscapingScheme, (name: string) => string>> = {
  underscores: (name) => mapIllegal(name, () => '_'),
  dots: (name) => mapIllegal(name.replaceAll('_', '__'), (character) => (character === '.' ? '_dot_' : '__')),
  values: (name) =>
    `U__${mapIllegal(name.replaceAll('_', '__'), (character) => `_${(character.codePointAt(0) ?? 0).toString(16)}_`)}`,
}

function mapIllegal(name: string, replace: (character: string) => string): string {
  return name.replaceAll(/[^a-zA-Z0-9_:]|^[0-9]/gu, replace)
}
