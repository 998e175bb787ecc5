import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import type { Configuration } from './configuration.ts'
import {
  readConfiguration,
  type ConfigurationInput,
  type ConfigurationReading,
} from './read-configuration.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-configuration-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

function fingerprints({ receivers, processors, exporters, extensions }: Configuration): string[] {
  const sections = [receivers, processors, exporters, extensions]
  return sections.flatMap((section) => [...section.values()].map(({ fingerprint }) => fingerprint))
}

async function readAll(input: Partial<ConfigurationInput>): Promise<ConfigurationReading> {
  return readConfiguration({ files: [], sets: [], strict: false, environment: {}, ...input })
}

async function readText(
  text: string,
  input: Partial<ConfigurationInput> = {},
): Promise<ConfigurationReading> {
  return readAll({ files: [file('weir.yaml', text)], ...input })
}

/** Every finding without its frame. */
function statements({ findings }: ConfigurationReading): string[] {
  return findings.map(({ text }) => (text.split('\n')[0] ?? '').replaceAll(`${folder}/`, ''))
}

async function configurationOf(
  text: string,
  input: Partial<ConfigurationInput> = {},
): Promise<Configuration> {
  const reading = await readText(text, input)
  expect(statements(reading)).toEqual([])
  if (reading.configuration === undefined) throw new Error('no configuration')
  return reading.configuration
}

const small = `
receivers:
  hostmetrics:
    scrapers: { load: }
processors:
  batch:
    timeout: 5s
exporters:
  debug:
service:
  pipelines:
    metrics:
      receivers: [hostmetrics]
      processors: [batch]
      exporters: [debug]
`

describe('a configuration', () => {
  test('is what the engine builds from', async () => {
    const configuration = await configurationOf(small)
    expect([...configuration.pipelines]).toEqual([
      ['metrics', { id: 'metrics', receivers: ['hostmetrics'], processors: ['batch'], exporters: ['debug'] }],
    ])
    expect(configuration.processors.get('batch')).toMatchObject({
      id: 'batch',
      options: { timeout: 5000, send_batch_size: 8192 },
      path: ['processors', 'batch'],
      definition: { type: 'batch', kind: 'processor' },
    })
    expect(configuration).toMatchObject({
      serviceExtensions: [],
      workers: 0,
      plugins: [],
      shutdownDeadlineMs: 20_000,
      telemetry: {
        logs: { level: 'info', encoding: 'console', initialFields: {} },
        metrics: { level: 'normal', readers: [{ kind: 'prometheus', host: '127.0.0.1', port: 8888 }] },
        resource: {},
      },
    })
  })

  test('is merged from several files and --set, in order', async () => {
    const files = [
      file('one.yaml', small),
      file('two.yaml', 'processors: { batch: { send_batch_size: 10 } }\nexporters: { debug/two: }'),
      'yaml:service::pipelines::metrics::exporters: [debug, debug/two]',
      'yaml:processors::batch::timeout: 7s',
    ]
    const sets = ['processors.batch.send_batch_max_size=20', 'receivers::hostmetrics::collection_interval=5s']
    const reading = await readAll({ files, sets })
    expect(statements(reading)).toEqual([])
    const { configuration } = reading
    expect(configuration?.processors.get('batch')?.options).toMatchObject({
      timeout: 7000,
      send_batch_size: 10,
      send_batch_max_size: 20,
    })
    expect(configuration?.receivers.get('hostmetrics')?.options).toMatchObject({ collection_interval: 5000 })
    expect(configuration?.pipelines.get('metrics')?.exporters).toEqual(['debug', 'debug/two'])
  })

  test('is found under file:, env: and beside a byte order mark', async () => {
    const reading = await readAll({
      files: [`file:${file('bom.yaml', `\u{feff}${small}`)}`, 'env:MORE'],
      environment: { MORE: 'processors: { batch: { send_batch_size: 3 } }' },
    })
    expect(statements(reading)).toEqual([])
    expect(reading.configuration?.processors.get('batch')?.options).toMatchObject({ send_batch_size: 3 })
  })

  test('has the same fingerprints for the same options, whatever way they are written, and only then', async () => {
    const [first, same, other] = await Promise.all(
      ['timeout: 5s', 'send_batch_size: 8192\n    timeout: ${env:T}', 'timeout: 6s'].map(
        async (options, index) => {
          const reading = await readAll({
            files: [file(`batch${index}.yaml`, small.replace('timeout: 5s', options))],
            environment: { T: '5s' },
          })
          return reading.configuration?.processors.get('batch')?.fingerprint
        },
      ),
    )
    expect(same).toBe(first)
    expect(other).not.toBe(first)
    expect(first).toBeDefined()
  })

  test('has fingerprints that tell secrets apart', async () => {
    const text = `${small}  extensions: [health_check]\nextensions: { health_check: { bearer_token: "\${env:T}" } }`
    const [first, same, other] = await Promise.all(
      ['a', 'a', 'b'].map(async (T) => {
        const { configuration } = await readText(text, { environment: { T } })
        return configuration?.extensions.get('health_check')?.fingerprint
      }),
    )
    expect(same).toBe(first)
    expect(other).not.toBe(first)
    expect(first).toBeDefined()
  })

  test('names its files, and those that it refers to', async () => {
    file('size', '12\n')
    const path = file('refers.yaml', small.replace('timeout: 5s', 'send_batch_size: ${file:size}'))
    const reading = await readAll({ files: [path] })
    expect(reading.configuration?.files).toEqual([path, join(folder, 'size')])
    expect(reading.configuration?.processors.get('batch')?.options).toMatchObject({ send_batch_size: 12 })
  })

  test('is read through the links of a ConfigMap, with the files beside it', async () => {
    file('map/..1/weir.yaml', small.replace('timeout: 5s', 'send_batch_size: ${file:size}'))
    file('map/..1/size', '13')
    symlinkSync('..1', join(folder, 'map/..data'))
    for (const name of ['weir.yaml', 'size']) symlinkSync(`..data/${name}`, join(folder, 'map', name))
    const reading = await readAll({ files: [join(folder, 'map/weir.yaml')] })
    expect(statements(reading)).toEqual([])
    expect(reading.configuration?.processors.get('batch')?.options).toMatchObject({ send_batch_size: 13 })
  })
})

describe('what is wrong with the sources', () => {
  test('is said for each', async () => {
    const files = [
      join(folder, 'missing.yaml'),
      folder,
      'https://example.com/a.yaml',
      'env:MISSING',
      join(folder, 'latin'),
    ]
    writeFileSync(join(folder, 'latin'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
    expect(statements(await readAll({ files }))).toEqual([
      'missing.yaml error: the file cannot be read: there is no such file',
      `${folder} error: the file cannot be read: it is a directory`,
      'error: --config https:...: configuration is read from files, and from yaml: and env:, not from https:',
      '--config env:MISSING error: this environment variable is not set',
      'latin error: the file cannot be read: it is not UTF-8 text',
    ])
  })

  test('is said where there is none, or nothing in it', async () => {
    expect(statements(await readAll({}))).toEqual(['error: no configuration is named: give --config FILE'])
    expect(statements(await readText(''))).toEqual([
      'weir.yaml:1:1 error: service is missing: it says which pipelines run',
      'weir.yaml:1:1 warning: this file is empty',
    ])
    expect(statements(await readText('- a'))).toEqual([
      'weir.yaml:1:1 error: expected a mapping with receivers, exporters and service',
    ])
    const many = await readAll({ files: Array.from({ length: 101 }, () => 'yaml:a: 1') })
    expect(statements(many)).toEqual(['error: --config was given 101 times; at most 100 are read'])
  })

  test.each([
    ['a.b', '--set a.b:1:1 error: the equal sign is missing: expected a.b.c=value'],
    ['a..b=1', '--set a..b:1:1 error: the path has an empty step: expected a.b.c=value'],
    ['=1', '--set :1:1 error: the path has an empty step: expected a.b.c=value'],
    ['a=[1', expect.stringContaining('--set a:1:5 error: a ] is missing here')],
    [`${'a.'.repeat(200)}b=1`, expect.stringContaining('the path has more than 100 steps')],
    [
      'processors.batch.timeout=5',
      expect.stringContaining(
        '--set processors.batch.timeout:1:26 error: processors.batch.timeout: expected a duration',
      ),
    ],
    [
      'processors.batch.tiemout=5s',
      '--set processors.batch.tiemout:1:1 error: processors.batch.tiemout: unknown key: did you mean "timeout"?',
    ],
    [
      'extensions.health_check.bearer_token=[hunter2]',
      '--set extensions.health_check.bearer_token:1:1 error: extensions.health_check.bearer_token: expected a text, found a list',
    ],
  ])('--set %s', async (set, expected) => {
    const reading = await readText(small, { sets: [set] })
    expect(statements(reading)[0]).toEqual(expected)
    expect(reading.findings.map(({ text }) => text).join()).not.toContain('hunter2')
  })

  test('one file that cannot be parsed hides nothing of the others', async () => {
    const reading = await readAll({ files: [file('a.yaml', 'a:\n\tb: 1'), file('b.yaml', 'a: 1\na: 2')] })
    expect(statements(reading)).toEqual([
      'a.yaml:2:1 error: a TAB cannot indent: use spaces',
      'b.yaml:2:1 error: the key "a" is here twice; the first is in line 1',
    ])
  })
})

describe('what is wrong as a whole', () => {
  const broken = (from: string | RegExp, to: string): string => small.replace(from, to)

  test.each([
    [
      broken('service:', 'connectors: {}\nservice:'),
      ['connectors: Weir has no connectors: let one pipeline list the exporters of both'],
    ],
    [broken('service:', 'recievers: {}\nservice:'), ['recievers: unknown key: did you mean "receivers"?']],
    [
      broken('service:', 'extensions: 5\nservice:'),
      ['extensions: expected a mapping of extensions by type or type/name'],
    ],
    [
      broken('debug:', 'debugg:'),
      ['exporters.debugg: there is no exporter of the type debugg: did you mean "debug"?'],
    ],
    [
      broken('debug:', 'kafka:'),
      [
        'exporters.kafka: there is no exporter of the type kafka; known: ...',
        'service.pipelines.metrics.exporters[0]: there is no exporter "debug"; defined: kafka',
      ],
    ],
    [
      broken('debug:', 'debug/a b:'),
      [
        'exporters."debug/a b": the name after / has a blank, a control character or a symbol',
        'service.pipelines.metrics.exporters[0]: there is no exporter "debug": none is defined under exporters',
      ],
    ],
    [
      broken('  debug:', '  debug:\n  batch:'),
      [
        'exporters.batch: there is no exporter of the type batch; there is a processor: move it to processors',
      ],
    ],
    [
      broken('exporters: [debug]', 'exporters: [debgu]'),
      ['service.pipelines.metrics.exporters[0]: there is no exporter "debgu": did you mean "debug"?'],
    ],
    [
      broken('exporters: [debug]', 'exporters: [debug, batch]'),
      ['service.pipelines.metrics.exporters[1]: there is no exporter "batch"; there is one under processors'],
    ],
    [
      broken('processors: [batch]', 'processors: [batch, batch]'),
      ['service.pipelines.metrics.processors[1]: batch is in this list twice'],
    ],
    [
      broken('receivers: [hostmetrics]', 'receivers: []'),
      ['service.pipelines.metrics.receivers: the pipeline has no receivers: it needs at least one'],
    ],
    [
      broken('    metrics:\n', '    traces:\n'),
      [
        'service.pipelines.traces: Weir carries metrics, not traces: leave this pipeline to a Collector, and remove it here',
      ],
    ],
    [
      broken('    metrics:\n', '    metric:\n'),
      ['service.pipelines.metric: a pipeline is called metrics or metrics/name'],
    ],
    [
      broken('pipelines:', 'extensions: [healt_check]\n  pipelines:'),
      ['service.extensions[0]: there is no extension "healt_check": none is defined under extensions'],
    ],
    [
      broken('pipelines:', 'shutdown_deadline: soon\n  pipelines:'),
      ['service.shutdown_deadline: expected a duration such as 15s, 1m30s or 500ms, found "soon"'],
    ],
    [small.slice(0, small.indexOf('service:')), ['service is missing: it says which pipelines run']],
    [
      broken(/ {2}pipelines:[^]*/, '  pipelines:\n'),
      ['service.pipelines: there is no pipeline: expected metrics: { receivers: [...], exporters: [...] }'],
    ],
    [
      broken('send_batch', 'x').replace('timeout: 5s', 'send_batch_max_size: 1'),
      [
        'processors.batch.send_batch_max_size: send_batch_max_size must be greater or equal to send_batch_size (8192)',
      ],
    ],
  ])('%#', async (text, expected) => {
    const reading = await readText(text)
    expect(reading.configuration).toBeUndefined()
    const errors = statements(reading).filter((each) => each.includes(' error: '))
    expect(errors.map((each) => each.replace(/^.* error: /, '').replace(/known: .*/, 'known: ...'))).toEqual(
      expected,
    )
  })

  test('is found in one run, by place, with what is not used', async () => {
    const text = small
      .replace('load:', 'laod:')
      .replace('timeout: 5s', 'timeout: 5')
      .replace('debug:', 'debug:\n  debug/unused:')
      .replace('[batch]', '[batch, btach]')
    const reading = await readText(`${text}extensions: { health_check: }`)
    expect(statements(reading)).toEqual([
      'weir.yaml:4:17 error: receivers.hostmetrics.scrapers.laod: unknown key: did you mean "load"?',
      'weir.yaml:7:14 error: processors.batch.timeout: expected a duration such as 15s, 1m30s or 500ms, found "5": it needs a unit, as in 5s or 5ms',
      'weir.yaml:10:3 warning: exporters.debug/unused: no pipeline uses it: it does nothing',
      'weir.yaml:15:27 error: service.pipelines.metrics.processors[1]: there is no processor "btach": did you mean "batch"?',
      'weir.yaml:17:15 warning: extensions.health_check: service.extensions does not list it: it does nothing',
    ])
  })

  test('a receiver or exporter that is listed twice has no effect the second time', async () => {
    const reading = await readText(small.replace('exporters: [debug]', 'exporters: [debug, debug]'))
    expect(statements(reading)).toEqual([
      'weir.yaml:15:26 warning: service.pipelines.metrics.exporters[1]: debug is in this list twice: the second has no effect',
    ])
    expect(reading.configuration?.pipelines.get('metrics')?.exporters).toEqual(['debug'])
  })

  test('a value that came from elsewhere is not repeated, but named', async () => {
    file('limits.yaml', 'timeout: 5s\nsend_batch_size: hunter2\n')
    const text = small
      .replace(/batch:\n.*\n/, 'batch: ${file:limits.yaml}\n')
      .replace('load:', 'load: "${env:X}"')
    const reading = await readText(text, { environment: { X: 'hunter2' } })
    expect(reading.findings.map(({ text }) => text.replaceAll(`${folder}/`, ''))).toEqual([
      'weir.yaml:4:23 error: receivers.hostmetrics.scrapers.load: expected a mapping, found a text (the value of ${env:X})\n' +
        '    4 |     scrapers: { load: "${env:X}" }\n      |                       ^^^^^^^^^^',
      'weir.yaml:6:10 error: processors.batch.send_batch_size: expected a whole number, found a text (line 2 of ${file:limits.yaml})\n' +
        '    6 |   batch: ${file:limits.yaml}\n      |          ^^^^^^^^^^^^^^^^^^^',
    ])
  })

  test('a reference that cannot be resolved is the only thing said of it', async () => {
    const text = small
      .replace('timeout: 5s', 'send_batch_size: ${env:NO}')
      .replace('load:', 'load: "${file:/etc/shadow}"')
    const reading = await readText(text, { strict: true })
    expect(statements(reading)).toEqual([
      expect.stringContaining(
        'weir.yaml:4:23 error: receivers.hostmetrics.scrapers.load: ${file:/etc/shadow} cannot be read: it is outside',
      ),
      expect.stringContaining(
        'weir.yaml:7:22 error: processors.batch.send_batch_size: the environment variable NO is not set',
      ),
    ])
  })

  test('thousands of mistakes are counted, not listed', async () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `    unknown_${index}: 1`).join('\n')
    const reading = await readText(small.replace('    timeout: 5s', keys))
    expect(reading.findings).toHaveLength(501)
    expect(reading.findings.at(-1)?.text).toBe(
      'error: 2500 more of this kind are not listed: mend these first',
    )
  })
})

test('mistakes of factories are placed in the file', async () => {
  const reading = await readText(small)
  const batch = reading.configuration?.processors.get('batch')
  if (batch === undefined) throw new Error('no batch')
  const others = [new ConfigError('and this', ['send_batch_size'])]
  expect(
    reading.locate(batch, new ConfigError('does not work', ['timeout'], { others })).map(({ text }) => text),
  ).toEqual([
    expect.stringMatching(/weir\.yaml:6:3 error: processors\.batch\.send_batch_size: and this\n/),
    expect.stringMatching(
      /weir\.yaml:7:14 error: processors\.batch\.timeout: does not work\n {4}7 \| {5}timeout: 5s\n/,
    ),
  ])
})

describe('printing', () => {
  const text = small
    .replace('timeout: 5s', 'timeout: ${env:T}')
    .replace(
      'service:',
      'extensions: { health_check: { basic_auth: { username: a, password: "${env:P}" }, response_headers: { x: y } } }\nservice:\n  extensions: [health_check]',
    )
  const environment = { T: '9s', P: 'hunter2' }

  test('shows what was merged and expanded, with defaults, without secrets', async () => {
    const reading = await readText(text, { environment })
    const printed = reading.print({ format: 'yaml', reveal: false })
    expect(printed).toContain('timeout: 9s\n    send_batch_size: 8192')
    expect(printed).toContain('password: "[REDACTED]"')
    expect(printed).toContain('shutdown_deadline: 20s')
    expect(printed).not.toContain('hunter2')
    expect(reading.print({ format: 'yaml', reveal: true })).toContain('password: hunter2')
    const json = JSON.parse(reading.print({ format: 'json', reveal: false })) as object
    expect(json).toMatchObject({
      extensions: { health_check: { basic_auth: { username: 'a', password: '[REDACTED]' } } },
    })
  })

  test('gives a configuration that reads as the same one', async () => {
    const first = await configurationOf(text, { environment })
    for (const format of ['yaml', 'json'] as const) {
      const printed = (await readText(text, { environment })).print({ format, reveal: true })
      const second = await configurationOf(printed)
      expect(fingerprints(second)).toEqual(fingerprints(first))
      expect(second.telemetry).toEqual(first.telemetry)
    }
  })

  test('shows no secret of what is wrong either', async () => {
    const wrong = text
      .replace(
        'service:\n',
        'service:\n  telemetry: { metrics: { level: [wrong], readers: [{ periodic: { exporter: { otlp: { endpoint: x, headers: { y: hunter2 } } } } }] } }\n',
      )
      .replace('receivers:', 'stray: { secret: hunter2 }\nreceivers:')
      .replace('username: a, password', 'username: [a], pasword')
      .replace(
        'debug:',
        'debug:\n  unknown_type: { api_key: hunter2, deep: [{ token: hunter2 }], token_file: shown }',
      )
    const reading = await readText(wrong, { environment })
    const printed = reading.print({ format: 'yaml', reveal: false })
    expect(reading.configuration).toBeUndefined()
    expect(printed).not.toContain('hunter2')
    expect(printed).toContain('token_file: shown')
    expect((await readText('a: [')).print({ format: 'json', reveal: false })).toBe('')
  })
})

test('no text makes the reader throw', async () => {
  const piece = fc.constantFrom(
    ...'receivers processors exporters service pipelines metrics batch debug hostmetrics plugins'.split(' '),
    ...': |:\n|\n|  |    |- |[|]|{|}|, |&a |*a|<<|${env:X}|${|__proto__|null|1'.split('|'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (parts) => {
      const reading = await readAll({ files: [`yaml:${parts.join('')}`], environment: { X: '[1, {a: b}]' } })
      reading.print({ format: 'yaml', reveal: false })
      expect(reading.configuration === undefined).toBe(
        reading.findings.some(({ severity }) => severity === 'error'),
      )
    }),
    { numRuns: 500 },
  )
})
