import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import type { DiscoveredLabels } from './discovery.ts'
import { FileDiscovery } from './file-discovery.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let logger: CapturedLog
let discovery: FileDiscovery | undefined
let told: (readonly DiscoveredLabels[])[]

beforeEach(async () => {
  folder = await temporaryFolder()
  logger = new CapturedLog()
  told = []
})

afterEach(async () => {
  discovery?.stop()
  discovery = undefined
  await folder[Symbol.asyncDispose]()
})

function inFolder(name: string): string {
  return join(folder.path, name)
}

async function put(name: string, text: string): Promise<void> {
  await writeFile(inFolder(`${name}.part`), text)
  await rename(inFolder(`${name}.part`), inFolder(name))
}

function start(...files: string[]): void {
  discovery = new FileDiscovery(
    { files: files.map(inFolder), refresh_interval: 300_000 },
    { clock: systemClock, logger },
  )
  discovery.start((targets) => told.push(targets))
}

/** The addresses told last, once there are so many tellings. */
async function addresses(tellings: number): Promise<(string | undefined)[] | undefined> {
  await expect.poll(() => told.length, { interval: 10, timeout: 10_000 }).toBeGreaterThanOrEqual(tellings)
  return told.at(-1)?.map((labels) => labels[1])
}

test('files of JSON and YAML list targets, and tell where they are from', async () => {
  await put('a.json', '[{"targets":["a:1"],"labels":{"zone":"z"}}]')
  await put('b.yml', '- targets: [b:1, "b:2"]\n  labels: { shard: 1 }\n')
  start('*.json', '*.yml')
  expect(told).toEqual([
    [
      ['__address__', 'a:1', 'zone', 'z', '__meta_filepath', inFolder('a.json')],
      ['__address__', 'b:1', 'shard', '1', '__meta_filepath', inFolder('b.yml')],
      ['__address__', 'b:2', 'shard', '1', '__meta_filepath', inFolder('b.yml')],
    ],
  ])
})

test('files that come, change and go are noticed, and targets of the others stay the same objects', async () => {
  await put('a.yml', '[{ targets: [a:1] }]')
  start('*.yml')
  const [first] = told[0] ?? []
  await put('b.yml', '[{ targets: [b:1] }]')
  expect(await addresses(2)).toEqual(['a:1', 'b:1'])
  expect(told.at(-1)?.[0]).toBe(first)
  await put('b.yml', '[{ targets: [b:2] }]')
  expect(await addresses(3)).toEqual(['a:1', 'b:2'])
  await rm(inFolder('a.yml'))
  expect(await addresses(4)).toEqual(['b:2'])
})

test('a folder that is swapped, as a ConfigMap is, is noticed', async () => {
  await mkdir(inFolder('v1'))
  await mkdir(inFolder('v2'))
  await put('v1/t.yml', '[{ targets: [one:1] }]')
  await put('v2/t.yml', '[{ targets: [two:2] }]')
  await symlink('v1', inFolder('..data'))
  await symlink('..data/t.yml', inFolder('t.yml'))
  start('*.yml')
  expect(await addresses(1)).toEqual(['one:1'])
  await symlink('v2', inFolder('..new'))
  await rename(inFolder('..new'), inFolder('..data'))
  expect(await addresses(2)).toEqual(['two:2'])
})

test('a bad file keeps the targets that it had, and is told of once, with its place', async () => {
  await put('a.yml', '[{ targets: [a:1] }]')
  await put('b.json', '[{"targets":["b:1"]}]')
  start('a.yml', '*.json')
  await put('a.yml', '- target: [a:2]\n')
  await put('b.json', '[{"targets":')
  await expect.poll(() => logger.lines.length, { interval: 10, timeout: 10_000 }).toBe(2)
  await put('b.json', '[{"targets":["b:2"]}]')
  expect(await addresses(2)).toEqual(['a:1', 'b:2'])
  expect(logger.lines).toEqual([
    {
      level: 'error',
      message: `${inFolder('a.yml')} lists no targets: those that it had stay`,
      fields: { error: expect.stringContaining('a.yml:1:3 error: [0].target: unknown key') },
    },
    {
      level: 'error',
      message: `${inFolder('b.json')} lists no targets: those that it had stay`,
      fields: { error: 'it is no JSON' },
    },
  ])
})

test.each([
  ['/etc/targets.txt', 'must end with .json, .yml or .yaml'],
  ['/etc/*/targets.yml', 'only the last name may have a *'],
])('the path %s is refused', (file, message) => {
  const surroundings = { clock: systemClock, logger }
  expect(() => new FileDiscovery({ files: [file], refresh_interval: 1 }, surroundings)).toThrow(message)
})
