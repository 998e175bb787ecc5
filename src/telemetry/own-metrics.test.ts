import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ownMetrics } from './own-metrics.ts'

const page = new URL('../../docs/telemetry.md', import.meta.url)
const begin =
  '<!-- metrics: written by `WEIR_WRITE_DOCS=1 npm test -- own-metrics` from src/telemetry/own-metrics.ts -->'
const end = '<!-- end of metrics -->'

/** The table as the page has it, by the names that Prometheus gets. */
function table(): string {
  const rows = ownMetrics.map(
    ({ name, kind, attributes, level, unit, description }) =>
      `| \`${name}${kind === 'counter' ? '_total' : ''}\` | ${kind} | ${attributes.join(', ')} | ${level} | \`${unit}\` | ${description} |`,
  )
  return [
    '| metric | kind | attributes | from level | unit | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

test('docs/telemetry.md shows the table', async () => {
  const text = await readFile(page, 'utf8')
  const [before, rest = ''] = text.split(begin)
  const [, after] = rest.split(end)
  const written = `${before}${begin}\n\n${table()}\n\n${end}${after}`
  if (process.env['WEIR_WRITE_DOCS'] === '1') await writeFile(page, written)
  expect(await readFile(page, 'utf8')).toBe(written)
})

test('names survive the way to Prometheus, and are unique', () => {
  const names = ownMetrics.map(({ name }) => name)
  expect(names.filter((name) => !/^weir(?:_[a-z]+)+$/.test(name))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})

test('a unit that Prometheus knows stands in the name', () => {
  const suffixes: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', '{point}': 'points' }
  const wrong = ownMetrics.filter(({ name, unit }) => !name.endsWith(suffixes[unit] ?? ''))
  expect(wrong.map(({ name }) => name)).toEqual([])
})
