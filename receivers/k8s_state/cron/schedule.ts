import { parseDuration } from '#src/config/duration.ts'
import { cronFields } from './fields.ts'
import { nextWallTime } from './wall-times.ts'
import { zoneOffset } from './zone-offset.ts'

/** Names of schedules. */
const named = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])
const every = '@every '

/** No schedule is longer, as kube-state-metrics has it: reading one takes time that grows with it. */
const longest = 1024

/** The first time after a Unix time in seconds, in seconds; undefined where there is none within some years. */
export type CronSchedule = (after: number) => number | undefined

/**
 * Reads the schedule of a CronJob as Kubernetes does.
 *
 * @param schedule `30 4 * * 1-5`, `@daily`, `@every 90m`; a time zone may stand before it, as `TZ=Asia/Tokyo`
 * @param timeZone what the CronJob says beside it; the schedule is in this machine's own where neither says one
 * @returns undefined for what is none
 */
export function cronSchedule(schedule: string, timeZone?: string): CronSchedule | undefined {
  if (schedule.length > longest) return undefined
  if (timeZone === undefined) {
    const [, zone, rest] = /^(?:CRON_)?TZ=(\S+) (.*)$/s.exec(schedule) ?? []
    if (zone !== undefined && rest !== undefined) return cronSchedule(rest, zone)
  }
  const offset = zoneOffset(timeZone)
  if (offset === undefined) return undefined
  const text = schedule.trim()
  if (text.startsWith(every)) return repeated(text.slice(every.length))
  const fields = cronFields(named.get(text) ?? text)
  return fields && ((after) => nextWallTime(fields, offset, after))
}

/** Whole seconds, one at least. */
function repeated(interval: string): CronSchedule | undefined {
  const milliseconds = parseDuration(interval)
  if (milliseconds === undefined) return undefined
  const seconds = Math.max(1, Math.floor(milliseconds / 1000))
  return (after) => after + seconds
}
