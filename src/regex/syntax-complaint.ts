/** What a part of a pattern that RE2 refuses tells about what its author meant. */
const meanings: readonly (readonly [sign: RegExp, words: string])[] = [
  [/^\(\?[=!]/, 'lookahead is not supported'],
  [/^\(\?<[=!]/, 'lookbehind is not supported'],
  [/^\\[1-9k]/, 'back references are not supported'],
  [/^\(\?>/, 'atomic groups are not supported'],
  [/^[*+?]\+$/, 'possessive quantifiers are not supported'],
  [/^\{\d/, 'repeat counts go up to 1000, nested ones multiplied'],
  [/^\\Z/, 'use \\z for the end of the text'],
]

/**
 * RE2's complaint about a pattern in words: what it says, what the author may have meant, and the place where it is
 * certain.
 *
 * @param part the part of the pattern that RE2 complains about, empty where it names none
 */
export function complaint(source: string, description: string, part: string): string {
  const shown = part.length > 40 ? `${part.slice(0, 40)}...` : part
  const words = part === '' || part === source ? description : `${description} ${JSON.stringify(shown)}`
  const meaning = meanings.find(([sign]) => sign.test(part))?.[1]
  const place = source.indexOf(part)
  const certain = part !== '' && part !== source && place >= 0 && source.indexOf(part, place + 1) < 0
  const where = certain ? ` at character ${place + 1}` : ''
  return meaning === undefined ? words + where : `${words}${where}; ${meaning} (RE2 syntax)`
}
