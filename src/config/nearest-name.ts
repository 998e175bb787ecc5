/** Longer names than this are no misspellings of ours. */
const longest = 64

/** The known name that a misspelt one most likely stands for: at most a third of it, and 3 letters, differ. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > longest) return undefined
  const folded = fold(name)
  let nearest: string | undefined
  let least = Math.min(3, Math.max(1, Math.floor(folded.length / 3))) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least + 2) continue
    const distance = editDistance(folded, fold(candidate))
    if (distance < least) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}

/** Case and separators are what people mistake most. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '')
}

/**
 * How many letters must be inserted, removed, replaced or swapped with their neighbour to make one text of the other
 * (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last: number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/**
 * What a message says after naming what is not known: the nearest known name, or all of them.
 *
 * @param lead what the known names are, as in `known here`
 */
export function knownNames(name: string, known: readonly string[], lead: string): string {
  const nearest = nearestName(name, known)
  if (nearest !== undefined) return `: did you mean ${JSON.stringify(nearest)}?`
  if (known.length === 0) return ''
  return `; ${lead}: ${known.slice(0, 40).join(', ')}${known.length > 40 ? ', ...' : ''}`
}
