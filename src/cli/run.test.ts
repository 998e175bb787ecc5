import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Console } from './console.ts'
import { helpText } from './help.ts'
import { run } from './run.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-'))
  await writeFile(join(folder, 'good.yaml'), configuration())
})
afterAll(async () => await rm(folder, { recursive: true }))

/** A configuration that listens nowhere but at a port that the system chooses. */
function configuration(change: object = {}): string {
  return JSON.stringify({
    receivers: { hostmetrics: { collection_interval: '1h', scrapers: { load: {} } } },
    processors: { batch: {} },
    exporters: { debug: {} },
    extensions: { health_check: { endpoint: '127.0.0.1:0', bearer_token: 'canary-5d1c' } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['hostmetrics'], processors: ['batch'], exporters: ['debug'] } },
    },
    ...change,
  })
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** Runs one command line, and tells what came of it. */
async function result(args: readonly string[], given: Partial<Console> = {}) {
  const written = { out: '', err: '' }
  const status = await run(args, {
    environment: {},
    interactive: false,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    ...given,
  })
  return { status, ...written }
}

function fail(): never {
  throw new Error('broken')
}

const good = (): string => join(folder, 'good.yaml')

test('help fits on a screen', async () => {
  expect(await result(['help'])).toEqual({ status: 0, out: helpText, err: '' })
  expect(helpText.split('\n').length).toBeLessThan(40)
  expect(Math.max(...helpText.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(82)
})

test('the version is that of the package', async () => {
  expect((await result(['--version'])).out).toMatch(/^weir \d+\.\d+\.\d+\n$/)
})

test('a command line that is not understood is answered with status 2 and what to do', async () => {
  expect(await result(['validat'])).toEqual({
    status: 2,
    out: '',
    err: 'there is no command "validat": did you mean weir validate?\nweir help shows what there is.\n',
  })
})

test('an error of Weir itself is told with its stack, with status 70', async () => {
  const { status, err } = await result(['help'], { out: fail })
  expect(status).toBe(70)
  expect(err).toMatch(/^weir failed by an error of its own: please report it\.\nError: broken\n +at /)
})

test('components are listed with kind, type, stability and purpose', async () => {
  const { status, out } = await result(['components'])
  expect(status).toBe(0)
  expect(out).toMatch(/^processor +batch +beta +Collects batches/m)
})

test('the schema is one of a whole file', async () => {
  const { status, out } = await result(['schema'])
  expect(status).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ properties: { exporters: {}, service: {} } })
})

describe('validate', () => {
  test('says where pipelines run, where worker threads are asked for', async () => {
    const pipelines = {
      'metrics/host': { receivers: ['hostmetrics'], exporters: ['debug'] },
      metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] },
    }
    const change = (workers: number): object => ({
      receivers: { hostmetrics: { scrapers: { load: {} } }, prometheus: {} },
      processors: {},
      exporters: { debug: {}, prometheus_remote_write: { endpoint: 'http://localhost/write' } },
      extensions: {},
      service: { workers, pipelines },
    })
    const path = await file('threads.yaml', configuration(change(2)))
    expect(await result(['validate', '--config', path])).toEqual({
      status: 0,
      out: `note: metrics/host stays on the main thread: its receiver hostmetrics has no targets that could be divided
note: metrics runs in 2 worker threads
the configuration is good
`,
      err: '',
    })
    const none = await file('no-threads.yaml', configuration(change(0)))
    expect((await result(['validate', '--config', none])).out).toBe('the configuration is good\n')
  })

  test('says in one line that all is well', async () => {
    expect(await result(['validate', '--config', good()])).toEqual({
      status: 0,
      out: 'the configuration is good\n',
      err: '',
    })
  })

  test('prints every mistake with its place, and counts them', async () => {
    const path = await file(
      'bad.yaml',
      configuration({ exporters: { debgu: {}, debug: { verbosty: 'basic' } } }),
    )
    const { status, out, err } = await result(['validate', '--config', path])
    expect([status, out]).toEqual([1, 'the configuration is wrong: 2 mistakes, 1 warning\n'])
    expect(err).toMatch(/bad\.yaml:1:\d+ error: exporters\.debgu: .*"debug"/)
    expect(err).toMatch(/bad\.yaml:1:\d+ error: exporters\.debug\.verbosty: .*"verbosity"/)
  })

  test('makes the components, to find what only they can know', async () => {
    const processors = {
      relabel: { relabel_configs: [{ action: 'replace', regex: '(', target_label: 'a' }] },
    }
    const pipelines = {
      metrics: { receivers: ['hostmetrics'], processors: ['relabel'], exporters: ['debug'] },
    }
    const path = await file('regex.yaml', configuration({ processors, service: { pipelines } }))
    const { status, err } = await result(['validate', '--config', path])
    expect(status).toBe(1)
    expect(err).toMatch(/error: processors\.relabel\.relabel_configs\[0\]\.regex: /)
  })

  test('lets warnings pass, and tells them', async () => {
    const path = await file('unused.yaml', configuration({ exporters: { debug: {}, 'debug/unused': {} } }))
    const { status, out, err } = await result(['validate', '--config', path])
    expect([status, out]).toEqual([0, 'the configuration is good: 1 warning\n'])
    expect(err).toMatch(/warning: exporters\.debug\/unused: /)
  })

  test('takes variables from the environment; an unset one is a mistake under --strict only', async () => {
    const path = await file(
      'variable.yaml',
      configuration({ exporters: { debug: { verbosity: '${env:VERBOSITY}' } } }),
    )
    const set = { environment: { VERBOSITY: 'detailed' } }
    expect((await result(['validate', '--strict', '--config', path], set)).status).toBe(0)
    expect((await result(['validate', '--strict', '--config', path])).err).toMatch(/error: .*VERBOSITY/)
  })
})

describe('print-config', () => {
  test('fills in defaults, merges what --set says, and hides secrets', async () => {
    const args = ['print-config', '--config', good(), '--set', 'processors.batch.timeout=3s']
    const { status, out, err } = await result(args)
    expect([status, err]).toEqual([0, ''])
    expect(out).toMatch(/batch:\n +timeout: 3s\n/)
    expect(out).toContain('send_batch_size: 8192')
    expect(out).toContain('bearer_token: "[REDACTED]"')
    expect(out).not.toContain('canary-5d1c')
  })

  test('prints JSON, and secrets, where it is told to', async () => {
    const { out } = await result(['print-config', '--config', good(), '--format', 'json', '--unredacted'])
    expect(JSON.parse(out)).toMatchObject({ extensions: { health_check: { bearer_token: 'canary-5d1c' } } })
  })

  test('prints mistakes instead, where there are any', async () => {
    const path = await file('broken.yaml', 'receivers: [\n')
    const { status, out, err } = await result(['print-config', '--config', path])
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(/broken\.yaml:\d+:\d+ error: [^]*\nthe configuration is wrong: 1 mistake\n$/)
  })
})

describe('run', () => {
  test('prints the mistakes of a configuration that is wrong, and starts nothing', async () => {
    const path = await file('wrong.yaml', configuration({ exporters: {} }))
    const { status, out, err } = await result(['--config', path])
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(/the configuration is wrong: \d+ mistakes?\n$/)
  })

  test('reads its files again on SIGHUP, and refuses what is wrong', async () => {
    const path = await file('changing.yaml', configuration())
    let told = ''
    const running = result(['--config', path], { err: (text) => void (told += text) })
    const until = async (line: RegExp): Promise<void> => {
      while (!line.test(told)) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await until(/ everything runs /)
    await file(
      'changing.yaml',
      configuration({ processors: { batch: { timeout: '3s' }, 'batch/unused': {} } }),
    )
    process.emit('SIGHUP')
    await until(/ the new configuration runs\n/)
    expect(told).toMatch(
      / warn {2}a warning about the configuration place=\S+ warning="processors\.batch\/unused: /,
    )
    await file('changing.yaml', configuration({ processors: { batch: { timeotu: '3s' } } }))
    process.emit('SIGHUP')
    await until(/ the new configuration was refused; the one before goes on mistakes=1\n/)
    expect(told).toMatch(/ error the configuration cannot run place=\S+ reason="processors\.batch\.timeotu: /)
    process.emit('SIGTERM')
    expect((await running).status).toBe(0)
  })

  test('runs until SIGTERM, and tells a person where to look', async () => {
    let told = ''
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = result(['run', '--config', good()], {
      interactive: true,
      err(text) {
        told += text
        if (text.includes('Ctrl+C')) resolve()
      },
    })
    await promise
    process.emit('SIGTERM')
    expect((await running).status).toBe(0)
    expect(told).toMatch(
      /\n\nWeir runs\. Look at\n {2}health_check +http:\/\/127\.0\.0\.1:\d+\/status\nCtrl\+C stops it\.\n\n/,
    )
    expect(told).toMatch(/ info  stopped lost_points=0\n$/)
  })
})
