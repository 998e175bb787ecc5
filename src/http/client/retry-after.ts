/** Nobody waits longer than this because a server says so. */
const longestMs = 86_400_000

/** Dates of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT` and its two older forms (RFC 9110, 5.6.7). */
const dateForm = /^(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?),? [\w :-]{16,24}$/

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
 *
 * @param now Unix time in milliseconds
 * @returns milliseconds to wait, from 0 to a day; undefined where the header is absent or neither
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,10}$/.test(header)) return Math.min(Number(header) * 1000, longestMs)
  if (!dateForm.test(header)) return undefined
  // The oldest form does not say that it is GMT, yet is.
  const date = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`)
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), longestMs)
}
