import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import json from './index.ts'
import type { JsonConfig } from './config.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-json-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const defaults: JsonConfig = {
  path: '-',
  format: 'lines',
  append: false,
  create_directory: false,
  directory_permissions: '0755',
  compression: 'none',
  flush_interval: 1000,
  fsync: 'never',
  fsync_interval: 5000,
  queue: { max_megabytes: 32, when_full: 'refuse' },
}

test('samples become lines in the file after the flush interval, and are delivered then', async () => {
  const context = testContext()
  const path = join(folder, 'out.jsonl')
  const exporter = json.create({ ...defaults, path }, context)
  await exporter.start?.()
  context.ledger.accepted += 2
  expect(
    exporter.consume([
      batchOf([
        [series('a', { x: '1' }), 1.5],
        [series('b'), Number.NaN],
      ]),
    ]),
  ).toBe(true)
  expect(context.ledger).toMatchObject({ queued: 2, delivered: 0, imbalance: 0 })
  await vi.waitFor(async () => {
    await context.clock.advance(1000)
    expect(context.ledger).toMatchObject({ queued: 0, delivered: 2, imbalance: 0 })
  })
  expect(await readFile(path, 'utf8')).toBe(
    '{"name":"a","labels":{"x":"1"},"value":1.5,"time":1700000000000}\n' +
      '{"name":"b","labels":{},"value":"NaN","time":1700000000000}\n',
  )
  await exporter.stop?.(AbortSignal.timeout(1000))
})
