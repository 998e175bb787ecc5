/** A runtime may hold any number of labels of any length: what identities keep of them. */
const longestText = 1024
const mostLabels = 128

const controlCharacters = /\p{Cc}/gu

/** A stranger's text, of bounded length and without control characters. */
export function foreignText(text: unknown): string {
  if (typeof text !== 'string') return ''
  // Half of a surrogate pair, which no exporter could write, may be left of the cut.
  return text.slice(0, longestText).toWellFormed().replace(controlCharacters, '')
}

/** Labels of a stranger: the first so many. */
export function foreignLabels(entries: Iterable<readonly [string, unknown]>): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  for (const [name, value] of entries) {
    if (labels.size >= mostLabels) break
    labels.set(foreignText(name), foreignText(value))
  }
  return labels
}

/** A number of attempts, or another small count, as text or number; undefined where it is none. */
export function foreignCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A time as JSON of the Docker API and of Kubernetes has it, in Unix milliseconds; undefined for the zero time of Go. */
export function foreignTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  const time = Date.parse(value)
  return Number.isFinite(time) && time > 0 ? time : undefined
}

/** The members of what should be an object of JSON; none where it is not. */
export function foreignObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

/** The elements of what should be a list of JSON, at most so many. */
export function foreignList(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
