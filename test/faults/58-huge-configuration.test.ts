import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfiguration } from '#src/config/read-configuration.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-fault-58-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What is said of a file, without its frame. */
async function errorsOf(path: string): Promise<string[]> {
  const { findings, configuration } = await readConfiguration({
    files: [path],
    sets: [],
    strict: false,
    environment: {},
  })
  expect(configuration).toBeUndefined()
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ text }) => (text.split('\n')[0] ?? '').replaceAll(`${folder}/`, ''))
}

async function errorsOfText(text: string): Promise<string[]> {
  const path = join(folder, 'weir.yaml')
  writeFileSync(path, text)
  return errorsOf(path)
}

test.each([1_048_577, 5_000_000, 50_000_000])(
  '58: a file of %d bytes is refused before it is read',
  async (bytes) => {
    const path = join(folder, 'huge.yaml')
    writeFileSync(path, '')
    truncateSync(path, bytes)
    expect(await errorsOf(path)).toEqual([
      `huge.yaml error: the file cannot be read: it has ${bytes} bytes; at most 1048576 are read: split it into several files, each with its own --config`,
    ])
  },
)

test('58: a file without a size is read up to the limit only', async () => {
  expect(await errorsOf('/dev/zero')).toEqual([
    expect.stringContaining('it is larger; at most 1048576 are read'),
  ])
})

test.each([
  ['lists in brackets', '['.repeat(10_000) + ']'.repeat(10_000)],
  ['lists that are not closed', '['.repeat(500_000)],
  ['mappings in braces', '{a: '.repeat(10_000) + '}'.repeat(10_000)],
  ['lists in lines', '- '.repeat(10_000)],
  ['keys', '? '.repeat(10_000)],
  ['pairs in brackets', `[${'x : '.repeat(10_000)}]`],
])('58: %s nested 10,000 deep are an error, not a stack overflow', async (_, text) => {
  expect(await errorsOfText(text)).toEqual([
    expect.stringMatching(/nested more than 100 deep|too many values/),
  ])
})

test('58: a value is not nested too deep by references', async () => {
  const inner = '['.repeat(90) + '"${env:A}"' + ']'.repeat(90)
  const { findings } = await readConfiguration({
    files: [`yaml:a: ${inner}`],
    sets: [],
    strict: false,
    environment: { A: inner },
  })
  expect(findings.map(({ message }) => message).join()).toMatch(
    /nested more than 200 deep|too many references/,
  )
})

test.each([
  ['values', '- a\n'.repeat(250_000)],
  ['brackets', '[] '.repeat(300_000)],
  ['closing brackets', ']'.repeat(1_000_000)],
  ['anchors', '&a '.repeat(300_000)],
  ['keys', Array.from({ length: 120_000 }, (_, index) => `k${index}:\n`).join('')],
])('58: 1 MB of nothing but %s is refused as too many values', async (_, text) => {
  expect(await errorsOfText(text)).toEqual([expect.stringMatching(/too many values in this file: split it/)])
})

test('58: tens of thousands of components, references and mistakes are told in part', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `debug/n${index}`)
  const text = `exporters:\n${names.map((name) => `  ${name}: {x: 1}\n`).join('')}service:\n  pipelines:\n    metrics:\n      exporters: [${names.map((name) => `${name}x`).join()}]\n`
  const errors = await errorsOfText(text)
  expect(errors).toHaveLength(501)
  expect(errors.at(-1)).toMatch(/^error: \d+ more of this kind are not listed/)
})
