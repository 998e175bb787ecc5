import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cronSchedule } from './schedule.ts'

/** The time after another, both as texts of ISO 8601. */
function next(schedule: string, after: string, timeZone?: string): string | undefined {
  const time = cronSchedule(schedule, timeZone)?.(Date.parse(after) / 1000)
  return time === undefined ? undefined : new Date(time * 1000).toISOString().replace('.000', '')
}

test.each([
  ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
  ['* * * * *', '2026-01-01T00:00:59Z', '2026-01-01T00:01:00Z'],
  ['*/15 9-17 * * MON-fri', '2026-01-02T17:45:00Z', '2026-01-05T09:00:00Z'],
  ['5/20 * * * *', '2026-01-01T00:25:00Z', '2026-01-01T00:45:00Z'],
  ['10-30/10 0 * * *', '2026-01-01T00:10:00Z', '2026-01-01T00:20:00Z'],
  ['0 0 1 feb,aug ?', '2026-02-01T00:00:00Z', '2026-08-01T00:00:00Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['@monthly', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
  ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
  ['@midnight', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
  ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'],
  ['@every 1h30m', '2026-01-01T00:00:07Z', '2026-01-01T01:30:07Z'],
  ['@every 1500ms', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
  ['@every 1ms', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
])('%s comes after %s at %s', (schedule, after, expected) => {
  expect(next(schedule, after, 'UTC')).toBe(expected)
})

test.each([
  ['0 0 13 * 5', '2026-02-01T00:00:00Z', '2026-02-06T00:00:00Z'],
  ['0 0 13 * *', '2026-02-01T00:00:00Z', '2026-02-13T00:00:00Z'],
  ['0 0 */2 * 5', '2026-02-01T00:00:00Z', '2026-02-03T00:00:00Z'],
  ['0 0 */1 * 5', '2026-02-01T00:00:00Z', '2026-02-06T00:00:00Z'],
])('one of two fields of days is enough, unless the other is any day: %s', (schedule, after, expected) => {
  expect(next(schedule, after, 'UTC')).toBe(expected)
})

test.each([
  // At 02:00 it is 03:00 in Berlin on 29 March, and at 03:00 it is 02:00 on 25 October.
  ['30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin', '2026-03-30T00:30:00Z'],
  ['0 3 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
  ['30 2 * * *', '2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25T01:30:00Z'],
  ['30 2 * * *', '2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-26T01:30:00Z'],
  // Offsets are not whole hours everywhere.
  ['0 9 * * *', '2026-01-01T00:00:00Z', 'Asia/Kathmandu', '2026-01-01T03:15:00Z'],
  ['0 9 * * *', '2026-01-01T00:00:00Z', 'America/St_Johns', '2026-01-01T12:30:00Z'],
  // A day that began at 01:00.
  ['0 0 4 11 *', '2018-11-01T00:00:00Z', 'America/Sao_Paulo', '2019-11-04T03:00:00Z'],
])('clocks that are changed: %s after %s in %s', (schedule, after, zone, expected) => {
  expect(next(schedule, after, zone)).toBe(expected)
})

test('a time zone may stand before the schedule', () => {
  const expected = '2025-12-31T15:30:00Z'
  expect(next('TZ=Asia/Tokyo 30 0 * * *', '2025-12-31T00:00:00Z')).toBe(expected)
  expect(next('CRON_TZ=Asia/Tokyo  30 0 * * *', '2025-12-31T00:00:00Z')).toBe(expected)
})

test("without a time zone it is this machine's", () => {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const after = '2026-05-05T05:05:05Z'
  expect(next('30 4 * * 2', after)).toBe(next('30 4 * * 2', after, timeZone))
})

test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * 32 * *',
  '* * * 13 *',
  '* * * * 7',
  '5-1 * * * *',
  '1-2-3 * * * *',
  '1/2/3 * * * *',
  '*/0 * * * *',
  '*/x * * * *',
  '-1 * * * *',
  'mon * * * *',
  '@reboot',
  '@every x',
  'TZ=UTC',
  'TZ=Europe/Atlantis * * * * *',
])('%j is no schedule', (schedule) => {
  expect(cronSchedule(schedule)).toBeUndefined()
})

test('a zone stands before the schedule or beside it, not both', () => {
  expect(cronSchedule('TZ=UTC * * * * *', 'UTC')).toBeUndefined()
  expect(cronSchedule('* * * * *', '')).toBeUndefined()
})

test('a schedule of more than 1024 characters is none', () => {
  expect(cronSchedule(`${'1,'.repeat(500)}1 * * * *`)).toBeDefined()
  expect(cronSchedule(`${'1,'.repeat(520)}1 * * * *`)).toBeUndefined()
})

test.each(['0 0 30 2 *', ', * * * *', '* , * * *', '* * , * ,'])('%j never comes', (schedule) => {
  expect(next(schedule, '2026-01-01T00:00:00Z', 'UTC')).toBeUndefined()
})

test('days at which clocks are changed are those of the library of the controller', () => {
  // Its answers to schedules made at random, most of them within days of a change of clocks: schedule, zone, after, next.
  const table = readFileSync(new URL('golden/controller-times.tsv', import.meta.url), 'utf8')
  const rows = table.trim().split('\n')
  const own = rows.map((row) => {
    const [schedule = '', zone, after] = row.split('\t')
    const found = cronSchedule(schedule, zone)
    return [schedule, zone, after, found === undefined ? 'invalid' : (found(Number(after)) ?? 'never')].join(
      '\t',
    )
  })
  expect(own).toEqual(rows)
})

test('a day that clocks skip is skipped, and not looked for without end', () => {
  // Apia went from 29 to 31 December 2011.
  expect(next('0 12 30 * *', '2011-12-29T00:00:00Z', 'Pacific/Apia')).toBe('2012-01-29T22:00:00Z')
})

/** A field as text, and the values that it allows; undefined for any. */
type Field = readonly [text: string, values: ReadonlySet<number> | undefined]

function field(first: number, last: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min: first, max: last })
  const listed = fc.uniqueArray(value, { minLength: 1, maxLength: 4 })
  return fc.oneof(
    fc.constant<Field>(['*', undefined]),
    listed.map((values): Field => [values.join(','), new Set(values)]),
  )
}

test('it is the first minute that its fields allow, by a search through all days', () => {
  const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  const times = fc.integer({ min: 1_600_000_000, max: 1_900_000_000 })
  fc.assert(
    fc.property(fields, times, (given, after) => {
      const [minutes, hours, days, months, weekdays] = given.map(([, values]) => values)
      const isDay = (date: Date): boolean => {
        if (!(months?.has(date.getUTCMonth() + 1) ?? true)) return false
        const allowed = [days?.has(date.getUTCDate()), weekdays?.has(date.getUTCDay())].filter(
          (each) => each !== undefined,
        )
        return allowed.length === 0 || allowed.includes(true)
      }
      const midnight = Math.floor(after / 86_400) * 86_400
      const oracle = Array.from({ length: 366 * 6 }, (_, index) => midnight + index * 86_400)
        .filter((day) => isDay(new Date(day * 1000)))
        .slice(0, 2)
        .flatMap((day) => Array.from({ length: 1440 }, (_, minute) => day + minute * 60))
        .find((time) => {
          const minute = (time % 86_400) / 60
          return (
            time > after &&
            (hours?.has(Math.floor(minute / 60)) ?? true) &&
            (minutes?.has(minute % 60) ?? true)
          )
        })
      const text = given.map(([each]) => each).join(' ')
      expect(cronSchedule(text, 'UTC')?.(after)).toBe(oracle)
    }),
    { numRuns: 200 },
  )
})
