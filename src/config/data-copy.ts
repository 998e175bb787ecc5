/** A deep copy of plain data. Its objects have no prototype, so that no key has a meaning to JavaScript. */
export function copyOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  if (Array.isArray(data)) return data.map(copyOf)
  const copy = Object.create(null) as Record<string, unknown>
  for (const [key, value] of Object.entries(data)) copy[key] = copyOf(value)
  return copy
}
