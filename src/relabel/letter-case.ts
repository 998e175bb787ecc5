/**
 * Lower case as Go has it: letter by letter, whatever stands around it, and never more than one letter for one. JavaScript
 * by itself ends a word with another sigma, and makes two characters of a dotted capital I.
 */
export function lowercase(text: string): string {
  return eachLetter(text, (letter) => (letter === 'İ' ? 'i' : letter.toLowerCase()))
}

/** Upper case as Go has it: a letter that has no single capital, as ß, stays as it is. */
export function uppercase(text: string): string {
  return eachLetter(text, (letter) => letter.toUpperCase())
}

function eachLetter(text: string, change: (letter: string) => string): string {
  let changed = ''
  for (const letter of text) {
    const other = change(letter)
    changed += other.length === ((other.codePointAt(0) ?? 0) > 0xffff ? 2 : 1) ? other : letter
  }
  return changed
}
