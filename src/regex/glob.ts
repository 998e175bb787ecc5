/**
 * Compiles patterns in which `*` stands for any text and `?` for any one character, over the whole text. Matching takes
 * time in proportion to text and pattern: of several `*` only the last one is ever tried again.
 */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  return (text) => patterns.some((pattern) => matchesGlob(pattern, text))
}

function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let starText = 0
  let index = 0
  while (index < text.length) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at++
      starText = index
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++starText
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
