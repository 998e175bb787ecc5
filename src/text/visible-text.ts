/**
 * What JSON leaves bare and a terminal or a reader obeys: DEL, the C1 controls (U+009B starts an escape sequence), line
 * and paragraph separators, and the marks that turn the direction of text round.
 */
const treacherous = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** A value as JSON, on one line, without a character that does anything but show. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(
    treacherous,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A text on one line, without a character that does anything but show: as JSON has it, without its quotes. */
export function visibleText(text: string): string {
  return visibleJson(text).slice(1, -1)
}
