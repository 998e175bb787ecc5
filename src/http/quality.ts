/** One choice of an `Accept` header or one of its kin. */
export interface Choice {
  /** In lower case: `gzip`, `text/plain`. */
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  /** From 0 (refused) to 1. */
  readonly quality: number
}

const choiceLimit = 32

/**
 * Reads a header of choices with weights (RFC 9110, 12.4.2), best first; equal ones keep their order. What does not
 * parse is left out, and so is whatever follows the first 32.
 */
export function parseChoices(header: string | undefined): Choice[] {
  const choices: Choice[] = []
  for (const part of (header ?? '').split(',', choiceLimit)) {
    const [name = '', ...rest] = part.split(';').map((text) => text.trim())
    if (name === '') continue
    const parameters = new Map<string, string>()
    for (const parameter of rest) {
      const [key = '', value = ''] = parameter.split('=', 2).map((text) => text.trim())
      parameters.set(key.toLowerCase(), value.replace(/^"(.*)"$/, '$1'))
    }
    const quality = Number(parameters.get('q') ?? '1')
    if (quality >= 0 && quality <= 1) choices.push({ name: name.toLowerCase(), parameters, quality })
  }
  return choices.toSorted((a, b) => b.quality - a.quality)
}
