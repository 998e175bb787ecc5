import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { intervalMs, jobOf, optionsOf, TestReceiver, valuesOf } from './test-receiver.ts'

let target: FakeTarget
let receiver: TestReceiver | undefined

beforeEach(async () => {
  target = await FakeTarget.start('a 1\n')
})

afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await target.close()
})

/** Replaces the options of the running receiver. */
async function reconfigure(running: TestReceiver, yaml: string): Promise<void> {
  running.receiver.reconfigure(optionsOf(yaml))()
  await running.context.clock.advance(0)
}

/** Time passes until all targets were scraped, at a multiple of the interval. */
async function nextScrape(
  { context: { clock }, receiver: { targets } }: TestReceiver,
  interval: number,
): Promise<void> {
  await clock.advance(interval - (clock.now() % interval))
  for (const { id } of targets.active()) {
    await expect
      .poll(() => [...targets.active()].find((each) => each.id === id)?.lastScrape)
      .toBe(clock.now())
  }
}

describe('a target that is gone', () => {
  test('leaves stale markers once it could have come back, at the time of the first scrape that there is not', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    const { clock, next } = receiver.context
    const last = clock.now()
    next.take()
    await reconfigure(receiver, jobOf([]))
    expect([...receiver.receiver.targets.active()]).toEqual([])
    await clock.advance(2.1 * intervalMs - 1)
    expect([next.samples, target.requests.length]).toEqual([[], 1])
    await clock.advance(1)
    expect(next.samples.map(({ name, value, time }) => [name, value, time])).toEqual(
      [
        'up',
        'scrape_duration_seconds',
        'scrape_samples_scraped',
        'scrape_samples_post_metric_relabeling',
        'scrape_series_added',
        'a',
      ].map((name) => [name, 'stale', last + intervalMs]),
    )
    expect(next.forgotten.map(({ id }) => id)).toEqual([`prometheus/j/${target.address}`])
    expect(clock.waiting).toBe(0)
  })

  test('and comes back in time goes on as the same source, without a marker', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    const { clock, next } = receiver.context
    await reconfigure(receiver, jobOf([]))
    await clock.advance(1.5 * intervalMs)
    await reconfigure(receiver, jobOf([target.address]))
    const samples = await receiver.cycle()
    expect(valuesOf(samples)).toMatchObject({ a: 1, up: 1, scrape_series_added: 0 })
    expect(samples[0]?.time).toBe(clock.now())
    expect(new Set(next.batches.map(({ layout }) => layout.source)).size).toBe(1)
  })

  test('and was never scraped leaves nothing', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await reconfigure(receiver, jobOf([]))
    const { clock, next } = receiver.context
    await clock.advance(5 * intervalMs)
    expect([next.samples, target.requests, clock.waiting]).toEqual([[], [], 0])
  })

  test('leaves no markers for series that another target with its labels has taken over', async () => {
    await using other = await FakeTarget.start('a 2\n')
    const job = 'relabel_configs: [{ target_label: instance, replacement: same }]'
    target.body = 'a 1\nb 1\n'
    receiver = await TestReceiver.start(jobOf([target.address], job))
    await receiver.cycle()
    await reconfigure(receiver, jobOf([other.address], job))
    const { clock, next } = receiver.context
    await receiver.cycle()
    await receiver.cycle()
    next.take()
    await clock.advance(0.1 * intervalMs)
    expect(valuesOf(next.samples)).toEqual({ b: 'stale' })
  })

  test('with its whole job does likewise, and the same job may come anew', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    const { clock, next } = receiver.context
    next.take()
    await reconfigure(receiver, 'config: { scrape_configs: [] }')
    await clock.advance(2.1 * intervalMs)
    expect(valuesOf(next.samples)).toMatchObject({ a: 'stale', up: 'stale' })
    await reconfigure(receiver, jobOf([target.address]))
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, up: 1 })
  })
})

describe('other options', () => {
  test('of another job leave a target alone', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    const second = '    - { job_name: k, static_configs: [{ targets: [other:1] }] }\n'
    await reconfigure(receiver, jobOf([target.address], '', second))
    expect([...receiver.receiver.targets.active()].map(({ job }) => job)).toEqual(['j', 'k'])
    await receiver.tick()
    await expect.poll(() => target.requests.length).toBe(2)
  })

  test('of its job hold from the next scrape on; series that they drop end', async () => {
    target.body = 'a 1\nb 2\n'
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    await reconfigure(
      receiver,
      jobOf(
        [target.address],
        'metric_relabel_configs: [{ action: drop, source_labels: [__name__], regex: b }]',
      ),
    )
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, b: 'stale', up: 1 })
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, up: 1, scrape_series_added: 0 })
    await reconfigure(receiver, jobOf([target.address], 'sample_limit: 1'))
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 'stale', up: 0 })
    expect(receiver.context.next.forgotten).toEqual([])
  })

  test('of when it is scraped, and more targets, make no series of its targets anew', async () => {
    await using other = await FakeTarget.start('b 1\n')
    receiver = await TestReceiver.start(jobOf([target.address], 'scrape_timeout: 9s'))
    await receiver.cycle()
    const { next } = receiver.context
    const before = next.batches.at(-1)?.layout
    next.take()
    const slower = jobOf([target.address, other.address], 'scrape_timeout: 20s')
    await reconfigure(receiver, slower.replace('scrape_interval: 15s', 'scrape_interval: 30s'))
    expect([...receiver.receiver.targets.active()]).toMatchObject([
      { intervalMs: 30_000, timeoutMs: 20_000 },
      { intervalMs: 30_000, timeoutMs: 20_000 },
    ])
    for (let cycles = 0; cycles < 2; cycles++) await nextScrape(receiver, 30_000)
    expect(target.requests.map(({ headers }) => headers['x-prometheus-scrape-timeout-seconds'])).toEqual([
      '9',
      '20',
      '20',
    ])
    const layouts = next.batches.map(({ layout }) => layout)
    expect(layouts.filter((layout) => layout.source === before?.source)).toEqual([before, before])
    expect(next.samples.filter(({ value }) => value === 'stale')).toEqual([])
    expect(next.samples.filter(({ name }) => name === 'a').map(({ time }) => time % 30_000)).toEqual([0, 0])
    expect(next.forgotten).toEqual([])
  })

  test('of when it is scraped hold for a target that was away meanwhile', async () => {
    receiver = await TestReceiver.start(jobOf([target.address]))
    await receiver.cycle()
    await reconfigure(receiver, jobOf([]))
    const slower = jobOf([target.address]).replace('scrape_interval: 15s', 'scrape_interval: 30s')
    await reconfigure(receiver, slower)
    expect(receiver.target.intervalMs).toBe(30_000)
    for (let cycles = 0; cycles < 2; cycles++) await nextScrape(receiver, 30_000)
    expect(target.requests.length).toBe(3)
  })

  test('that do not go together change nothing', async () => {
    const running = await TestReceiver.start(jobOf([target.address]))
    receiver = running
    const bad = { ...optionsOf(jobOf([])), config: optionsOf(jobOf([])).config }
    const [job] = bad.config.scrape_configs
    const options = {
      ...bad,
      config: { ...bad.config, scrape_configs: [job, job].flatMap((each) => each ?? []) },
    }
    expect(() => running.receiver.reconfigure(options)).toThrow(ConfigError)
    expect(valuesOf(await running.cycle())).toMatchObject({ up: 1 })
  })
})

/** A file of jobs, each with the one target. */
function jobs(...names: string[]): string {
  const items = names.map(
    (name) => `  - { job_name: ${name}, static_configs: [{ targets: ['${target.address}'] }] }\n`,
  )
  return `scrape_configs:\n${items.join('')}`
}

describe('scrape_config_files', () => {
  test('add jobs, and are watched', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'one.yml')
    await writeFile(file, jobs('x'))
    const outer = `  scrape_config_files: ['${join(folder.path, '*.yml')}']\n`
    const running = await TestReceiver.start(jobOf([], '', outer))
    receiver = running
    const names = (): string[] => [...running.receiver.targets.droppedCounts().keys()]
    const watched = async (): Promise<string[]> => {
      await running.context.clock.advance(600)
      return names()
    }
    expect(names()).toEqual(['j', 'x'])
    await writeFile(`${file}.part`, jobs('x', 'y'))
    await rename(`${file}.part`, file)
    await expect.poll(watched).toEqual(['j', 'x', 'y'])

    // What is bad changes nothing; the state of the receiver says so.
    const { reports, logger } = running.context
    await writeFile(join(folder.path, 'two.yml'), 'scrape_configs:\n  - { job_name: x, scheme: ftp }\n')
    await expect.poll(async () => (await watched()) && reports.at(-1)?.state).toBe('recoverable_error')
    expect(names()).toEqual(['j', 'x', 'y'])
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'error',
      fields: { error: expect.stringContaining('two.yml:2:28 error: scrape_configs[0].scheme: ') },
    })
    await writeFile(join(folder.path, 'two.yml'), jobs('z'))
    await expect.poll(watched).toEqual(['j', 'x', 'y', 'z'])
    expect(reports.at(-1)?.state).toBe('ok')
  })

  test.each([
    ['a name that is taken', 'j', 'scrape_configs[0].job_name: there is another job of the name j'],
    ['a rule that is none', "q, relabel_configs: [{ regex: '(' }]", 'scrape_configs[0].relabel_configs[0]'],
  ])('with %s are refused with the place', async (_, job, message) => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'one.yml')
    await writeFile(file, `scrape_configs: [{ job_name: ${job} }]\n`)
    const yaml = jobOf([], '', `  scrape_config_files: ['${file}']\n`)
    expect(() => optionsOf(yaml)).toThrow(
      expect.objectContaining({ path: ['config', 'scrape_config_files'] }),
    )
    expect(() => optionsOf(yaml)).toThrow(message)
  })

  test('can only have a pattern in their last name', () => {
    const yaml = jobOf([], '', "  scrape_config_files: ['/etc/*/jobs.yml']\n")
    expect(() => optionsOf(yaml)).toThrow(
      expect.objectContaining({ path: ['config', 'scrape_config_files', 0] }),
    )
  })
})
