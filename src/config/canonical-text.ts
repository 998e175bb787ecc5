import { Secret } from './secret.ts'

/** A text that is equal for equal data, and only for those, secrets included; the order of keys does not matter. */
export function canonicalText(data: unknown): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'undefined'
  if (data instanceof Secret) return `secret:${JSON.stringify(data.reveal())}`
  if (Array.isArray(data)) return `[${data.map(canonicalText).join()}]`
  const entries = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join()}}`
}
