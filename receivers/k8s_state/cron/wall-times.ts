import type { CronFields } from './fields.ts'
import { WallClock } from './wall-clock.ts'
import type { ZoneOffset } from './zone-offset.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** After so many years without a time there is none. */
const yearsAhead = 5

/**
 * The first time at which clocks show what the fields allow. Where clocks skip or repeat hours, steps are taken as the controller
 * of CronJobs takes them: a time that is skipped is left out, and one that is repeated comes twice.
 *
 * @param after Unix time in seconds
 * @returns the same; undefined where there is none within some years
 */
export function nextWallTime(fields: CronFields, offset: ZoneOffset, after: number): number | undefined {
  // A field that is only a comma allows nothing; all minutes of some years would be gone through for it.
  if (fields.minutes.values.size === 0 || fields.hours.values.size === 0) return undefined
  const clock = new WallClock(offset, (after + 1) * 1000)
  const lastYear = clock.year + yearsAhead
  const findings = [findMonth, findDay, findHour, findMinute, findSecond]
  while (clock.year <= lastYear) {
    if (findings.every((find) => find(clock, fields))) return clock.time / 1000
  }
  return undefined
}

// Each of these goes on until its part of the clock shows what is allowed, and returns false where a larger part has changed.

function findMonth(clock: WallClock, { months }: CronFields): boolean {
  while (!months.values.has(clock.month)) {
    clock.advanceMonth()
    if (clock.month === 1) return false
  }
  return true
}

function findDay(clock: WallClock, fields: CronFields): boolean {
  while (!isDay(clock, fields)) {
    const before = clock.time
    clock.advanceDay()
    // Where clocks skip midnight they show 23 or 1.
    if (clock.hour > 12) clock.advance((24 - clock.hour) * hourMs)
    else clock.advance(-clock.hour * hourMs)
    // Apia had no 30 December 2011; the controller would look for it without end.
    if (clock.time <= before) clock.advance(24 * hourMs)
    if (clock.day === 1) return false
  }
  return true
}

function findHour(clock: WallClock, { hours }: CronFields): boolean {
  while (!hours.values.has(clock.hour)) {
    clock.advanceHour()
    if (clock.hour === 0) return false
  }
  return true
}

function findMinute(clock: WallClock, { minutes }: CronFields): boolean {
  while (!minutes.values.has(clock.minute)) {
    clock.advance(minuteMs - (clock.time % minuteMs))
    if (clock.minute === 0) return false
  }
  return true
}

/** Schedules are of whole minutes. */
function findSecond(clock: WallClock): boolean {
  if (clock.second === 0) return true
  clock.advance((60 - clock.second) * 1000)
  return false
}

/** Where one of the fields of days is `*` both must allow it; else one is enough. */
function isDay({ day, weekday }: WallClock, { days, weekdays }: CronFields): boolean {
  const byDay = days.values.has(day)
  const byWeekday = weekdays.values.has(weekday)
  return days.any || weekdays.any ? byDay && byWeekday : byDay || byWeekday
}
