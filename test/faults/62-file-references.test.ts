import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfiguration, type ConfigurationReading } from '#src/config/read-configuration.ts'

const canary = 'canary-51c9'
let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'weir-fault-62-')))
  for (const name of ['outside', 'config/below', 'config/..1', 'roots'])
    mkdirSync(join(folder, name), { recursive: true })
  for (const name of [
    'outside/secret',
    'config/inside',
    'config/below/inside',
    'config/..1/inside',
    'roots/inside',
    'config/bad.yaml',
  ]) {
    writeFileSync(join(folder, name), name.endsWith('.yaml') ? `[${canary}: {` : canary)
  }
  writeFileSync(join(folder, 'config/large'), '')
  truncateSync(join(folder, 'config/large'), 1_048_577)
  execFileSync('mkfifo', [join(folder, 'config/pipe')])
  symlinkSync('../outside/secret', join(folder, 'config/link'))
  symlinkSync('../outside', join(folder, 'config/linked'))
  symlinkSync('..1', join(folder, 'config/..data'))
  symlinkSync('..data/inside', join(folder, 'config/mounted'))
  symlinkSync('/proc/self/environ', join(folder, 'config/environ'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Reads a configuration in `config/` that refers to a file where a number of points is expected. */
async function readWith(
  reference: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ConfigurationReading> {
  const file = join(folder, 'config/weir.yaml')
  writeFileSync(
    file,
    `receivers: { hostmetrics: { scrapers: { load: } } }
processors: { batch: { metadata_keys: ["${reference}"] } }
exporters: { debug: }
service: { pipelines: { metrics: { receivers: [hostmetrics], processors: [batch], exporters: [debug] } } }
`,
  )
  return readConfiguration({ files: [file], sets: [], strict: false, environment })
}

function valueOf({ configuration }: ConfigurationReading): unknown {
  const options = configuration?.processors.get('batch')?.options as
    | { readonly metadata_keys: unknown[] }
    | undefined
  return options?.metadata_keys[0]
}

describe('62: a file is read', () => {
  test.each(['inside', './inside', 'below/inside', 'below/../inside', 'mounted', '..data/inside'])(
    'by %s',
    async (path) => {
      expect(valueOf(await readWith(`\${file:${path}}`))).toBe(canary)
    },
  )

  test('by an absolute path, below a root that the environment names', async () => {
    const reference = `\${file:${folder}/roots/inside}`
    expect(valueOf(await readWith(reference))).toBeUndefined()
    expect(valueOf(await readWith(reference, { WEIR_FILE_ROOTS: `relative:${folder}/roots/` }))).toBe(canary)
    expect(valueOf(await readWith(reference, { CREDENTIALS_DIRECTORY: `${folder}/roots` }))).toBe(canary)
  })
})

describe('62: a file is not read, and the error names the reference and not the content', () => {
  test.each([
    ['../outside/secret', 'it is outside the directories where files may be'],
    ['below/../../outside/secret', 'it is outside the directories where files may be'],
    ['/etc/shadow', 'it is outside the directories where files may be'],
    ['../../../../../../etc/shadow', 'it is outside the directories where files may be'],
    ['link', 'it is a symbolic link out of the directories where files may be'],
    ['linked/secret', 'it is a symbolic link out of the directories where files may be'],
    ['environ', 'files below /proc, /sys, /dev are not read'],
    ['/proc/self/environ', 'it is outside the directories where files may be'],
    ['/etc/weir/../shadow', 'it is outside the directories where files may be'],
    ['missing', 'there is no such file'],
    ['below', 'it is a directory'],
    ['pipe', 'it is no regular file'],
    ['large', 'it has 1048577 bytes; at most 1048576 are read'],
    ['inside/x', 'a part of the path is no directory'],
  ])('%s', async (path, message) => {
    const reading = await readWith(`\${file:${path}}`)
    expect(reading.configuration).toBeUndefined()
    expect(reading.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining(`\${file:${path}} cannot be read: ${message}`),
    ])
    expect(reading.findings[0]).toMatchObject({ line: 2, path: ['processors', 'batch', 'metadata_keys', 0] })
    expect(reading.findings.map(({ text }) => text).join()).not.toContain(canary)
  })

  test('/proc, even if a root names it', async () => {
    for (const root of ['/', '/proc', '/proc/self']) {
      const reading = await readWith('${file:/proc/self/environ}', { WEIR_FILE_ROOTS: root })
      expect(reading.findings.map(({ message }) => message)).toEqual([
        expect.stringContaining('files below /proc, /sys, /dev are not read'),
      ])
    }
  })

  test('beside a configuration file that lies in a directory as wide as /tmp', async () => {
    const file = join(tmpdir(), `weir-fault-62-${process.pid}.yaml`)
    writeFileSync(file, `processors: "\${file:${folder}/outside/secret}"`)
    try {
      const { findings } = await readConfiguration({
        files: [file],
        sets: [],
        strict: false,
        environment: {},
      })
      expect(findings.map(({ message }) => message)).toContainEqual(
        expect.stringContaining('it is outside the directories where files may be'),
      )
    } finally {
      rmSync(file)
    }
  })
})

test('62: the content of a file is not in what is said of a wrong value', async () => {
  for (const name of ['inside', 'bad.yaml']) {
    const file = join(folder, 'config/weir.yaml')
    writeFileSync(
      file,
      `processors: { batch: { send_batch_size: "\${file:${name}}", timeout: "x\${file:${name}}" } }\nexporters: "\${file:${name}}"`,
    )
    const { findings } = await readConfiguration({ files: [file], sets: [], strict: false, environment: {} })
    expect(findings.length).toBeGreaterThan(2)
    expect(findings.map(({ text, message }) => text + message).join()).not.toContain(canary)
  }
})

test('62: an unset variable is empty with a warning, and an error under strict', async () => {
  const unset = await readWith('${env:UNSET}')
  expect(unset.findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: the environment variable UNSET is not set: its value is empty; ${env:UNSET:-value} would give it a default',
  ])
  expect(valueOf(unset)).toBe('')
})
