/** By how many milliseconds clocks are ahead of UTC at a Unix time in milliseconds. */
export type ZoneOffset = (time: number) => number

const pattern = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/
const known = new Map<string, ZoneOffset>()

/**
 * The offset of a time zone.
 *
 * @param zone its IANA name; this machine's own if absent
 * @returns undefined if there is no such zone
 */
export function zoneOffset(zone: string | undefined): ZoneOffset | undefined {
  if (zone === undefined) return (time) => -new Date(time).getTimezoneOffset() * 60_000
  const before = known.get(zone)
  if (before !== undefined) return before
  const format = formatOf(zone)
  if (format === undefined) return undefined
  const offset: ZoneOffset =
    format.resolvedOptions().timeZone === 'UTC' ? () => 0 : (time) => offsetIn(format.format(time))
  known.set(zone, offset)
  return offset
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch (error) {
    // It says so of names that it does not know.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Reads `1/1/2026, GMT-05:00`. */
function offsetIn(text: string): number {
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = pattern.exec(text) ?? []
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}
