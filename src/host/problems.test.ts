import { expect, test } from 'vitest'
import { HostError, type HostErrorReason } from './host-error.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { Problems } from './problems.ts'

function problem(file: string, reason: HostErrorReason): HostError {
  return new HostError(reason, file, 'why', { line: 3 })
}

test('a file is told of when it begins to fail, when its reason changes, and when it is over', () => {
  const log = new CapturedLog()
  const problems = new Problems(log)
  const cycles: HostErrorReason[][] = [['io_error'], ['io_error'], ['empty'], [], [], ['empty']]
  for (const reasons of cycles) {
    for (const reason of reasons) problems.add(problem('/proc/x', reason))
    problems.endCycle()
  }
  expect(log.lines.map(({ level, message, fields }) => [level, message, fields['reason']])).toEqual([
    ['warn', '/proc/x cannot be read: its metrics are missing', 'io_error'],
    ['warn', '/proc/x cannot be read: its metrics are missing', 'empty'],
    ['info', '/proc/x is no problem any more', undefined],
    ['warn', '/proc/x cannot be read: its metrics are missing', 'empty'],
  ])
  expect(log.lines[0]?.fields).toEqual({ reason: 'io_error', error: 'why', line: 3 })
})

test('a flood of files is bounded', () => {
  const log = new CapturedLog()
  const problems = new Problems(log)
  for (let number = 0; number < 5000; number++) problems.add(problem(`/sys/${number}`, 'io_error'))
  problems.endCycle()
  expect(log.lines.length).toBe(1000)
})
