/** Longer words are not compared: the cost grows with the square of the length. */
const longest = 64

/**
 * The one of some names that was most likely meant by a misspelt word: at most a third of its letters differ, where a
 * swap of two neighbours is one difference; or the word is the beginning of one name only. Case, `_` and `-` make no
 * difference. Undefined where nothing is near.
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const wanted = fold(word)
  if (wanted === '' || wanted.length > longest) return undefined
  let best: { readonly name: string; readonly distance: number } | undefined
  const begun: string[] = []
  for (const name of names) {
    const folded = fold(name)
    if (wanted.length > 2 && folded.startsWith(wanted)) begun.push(name)
    const distance = editDistance(wanted, folded)
    if (distance < (best?.distance ?? Infinity)) best = { name, distance }
  }
  const allowed = Math.max(1, Math.floor(wanted.length / 3))
  if (best !== undefined && best.distance <= allowed) return best.name
  return begun.length === 1 ? begun[0] : undefined
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll('_', '-')
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment). */
function editDistance(first: string, second: string): number {
  if (second.length > longest) return Infinity
  let beforeLast: number[] = []
  let last = Array.from({ length: second.length + 1 }, (_, column) => column)
  for (let row = 1; row <= first.length; row++) {
    const current = [row]
    for (let column = 1; column <= second.length; column++) {
      const same = first[row - 1] === second[column - 1]
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      )
      const swapped = first[row - 1] === second[column - 2] && first[row - 2] === second[column - 1]
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, second.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
