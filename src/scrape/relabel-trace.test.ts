import { describe, expect, test } from 'vitest'
import { OptionsText } from '#src/config/options-text.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { compileJob } from './compile-job.ts'
import { traceSeries, traceTarget } from './relabel-trace.ts'
import type { ScrapeJob } from './scrape-job.ts'
import { GlobalOptions, ScrapeOptions } from './scrape-options.ts'
import { buildTarget } from './target-labels.ts'
import type { Target } from './target.ts'

function jobOf(yaml: string): ScrapeJob {
  const { options } = new OptionsText('job', `job_name: j\n${yaml}`, ScrapeOptions)
  const global = new OptionsText('global', '', GlobalOptions).options
  if (options === undefined || global === undefined) throw new Error('the options are wrong')
  return compileJob(options, global, { clock: new FakeClock(), logger: new CapturedLog() })
}

function targetOf(job: ScrapeJob): Target {
  const target = buildTarget(['__address__', 'a:1'], job)
  if ('reason' in target) throw new Error(target.detail)
  return target
}

describe('a target', () => {
  test('is shown as rules find it, and with what it becomes', () => {
    const job = jobOf('relabel_configs: [{ source_labels: [__address__], target_label: address }]')
    const { input, steps, output, notes } = traceTarget(job, ['__address__', 'a:1', '__meta_x', 'y'])
    expect(input.map(([name]) => name)).toEqual([
      '__address__',
      '__meta_x',
      '__metrics_path__',
      '__scheme__',
      '__scrape_interval__',
      '__scrape_timeout__',
      'job',
    ])
    expect(steps).toHaveLength(1)
    expect(output).toEqual([
      ['address', 'a:1'],
      ['instance', 'a:1'],
      ['job', 'j'],
    ])
    expect(notes).toEqual(['it is scraped at http://a:1/metrics'])
  })

  test('that is not scraped is shown with the reason', () => {
    const job = jobOf('relabel_configs: [{ action: drop, source_labels: [zone], regex: x }]')
    expect(traceTarget(job, ['__address__', 'a:1', 'zone', 'x'])).toMatchObject({
      output: undefined,
      notes: ['a rule drops it'],
    })
    expect(traceTarget(job, ['__address__', 'a/b'])).toMatchObject({
      output: undefined,
      notes: ['it cannot be scraped: its __address__ "a/b" is no address: expected host:port'],
    })
  })
})

describe('a series', () => {
  const exposed = ['__name__', 'up_total', 'job', 'theirs', 'code', '200']

  test('is shown with the labels of its target, and what rules make of it', () => {
    const job = jobOf(
      'metric_relabel_configs: [{ target_label: __tmp, replacement: x }, { action: labeldrop, regex: code }]',
    )
    const { input, steps, output } = traceSeries(job, targetOf(job), exposed)
    expect(input).toEqual([
      ['__name__', 'up_total'],
      ['code', '200'],
      ['exported_job', 'theirs'],
      ['instance', 'a:1'],
      ['job', 'j'],
    ])
    expect(steps).toHaveLength(2)
    expect(output).toEqual([
      ['__name__', 'up_total'],
      ['exported_job', 'theirs'],
      ['instance', 'a:1'],
      ['job', 'j'],
    ])
  })

  test('without rules stays as it is', () => {
    const job = jobOf('honor_labels: true')
    expect(traceSeries(job, targetOf(job), exposed)).toMatchObject({
      steps: [],
      output: expect.arrayContaining([['job', 'theirs']]),
    })
  })

  test('that a rule drops, or that is none, is shown as such', () => {
    const job = jobOf('metric_relabel_configs: [{ action: keep, source_labels: [__name__], regex: down }]')
    expect(traceSeries(job, targetOf(job), exposed)).toMatchObject({
      output: undefined,
      notes: ['a rule drops it'],
    })
    expect(traceSeries(job, targetOf(job), ['__name__', 'a', 'b', '1', 'b', '2'])).toMatchObject({
      output: undefined,
      notes: ['the label "b" is there twice'],
    })
  })
})
