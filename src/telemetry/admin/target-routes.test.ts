import { hash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { RunningServer } from '#src/http/server.ts'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import { Labels } from '#src/relabel/labels.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeComponent, fakeService } from '#src/testing/service.ts'
import type { RelabelTrace, TargetsView, TargetStatus } from '../targets-view.ts'
import { defaultAdminSettings, startAdminServer } from './admin-server.ts'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => await server.close()))
})

const attack = '"><script>alert(1)</script>\u202e'

function status(id: string, more: Partial<TargetStatus> = {}): TargetStatus {
  return {
    id,
    job: 'node',
    url: `http://${id}:9100/metrics`,
    labels: [
      ['instance', `${id}:9100`],
      ['job', 'node'],
    ],
    discovered: [['__address__', `${id}:9100`]],
    health: 'up',
    intervalMs: 15_000,
    timeoutMs: 10_000,
    lastScrape: 1_699_999_998_000,
    lastDurationMs: 12,
    samples: 345,
    bodyBytes: 6789,
    error: undefined,
    missed: 2,
    ...more,
  }
}

const rules = compileRelabeling([
  { source_labels: ['__address__'], regex: '(.+):.+', target_label: 'host' },
  { action: 'drop', source_labels: ['host'], regex: 'b' },
])

function trace(pairs: Iterable<readonly [string, string]>): RelabelTrace {
  const labels = new Labels()
  for (const [name, value] of pairs) labels.fill(name, value)
  const input = labels.pairs()
  const steps = rules.trace(labels)
  const kept = steps.every(({ after }) => after !== undefined)
  return { input, steps, output: kept ? labels.pairs() : undefined, notes: [] }
}

const view: TargetsView = {
  active: () => [
    status('a'),
    status('b', { job: attack, health: 'down', error: attack, lastScrape: undefined }),
  ],
  dropped: () => [
    { job: 'node', discovered: [['__address__', attack]], reason: 'invalid', detail: 'is no address' },
  ],
  droppedCounts: () => new Map([['node', 12]]),
  traceTarget: (job, discovered) => (job === 'node' ? trace(discovered) : undefined),
  traceSeries: (id, exposed) => (id === 'a' ? trace(exposed) : undefined),
}

async function start(): Promise<string> {
  const clock = new FakeClock()
  const server = await startAdminServer(
    { ...defaultAdminSettings, server: { endpoint: '127.0.0.1:0' } },
    fakeService(
      fakeComponent({ kind: 'receiver', id: 'prometheus', targets: view }),
      fakeComponent({ kind: 'receiver', id: 'hostmetrics' }),
    ),
    new CapturedLog(),
    clock,
  )
  running.push(server)
  return server.url
}

async function get(path: string, form?: Record<string, string>): Promise<Response> {
  const url = (await start()) + path
  return form === undefined
    ? await fetch(url)
    : await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
}

async function report(query = '') {
  const { data } = (await (await get(`/api/v1/targets${query}`)).json()) as {
    readonly data: {
      readonly activeTargets: readonly { readonly id: string }[]
      readonly droppedTargets: readonly object[]
      readonly droppedTargetCounts: object
    }
  }
  return data
}

async function ask(form: Record<string, string>): Promise<unknown> {
  return await (await get('/api/v1/relabel-debug', form)).json()
}

describe('/targets', () => {
  test('is a page that loads nothing, runs nothing, and shows names as they are', async () => {
    const response = await get('/targets')
    const page = await response.text()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? []
    expect(response.headers.get('content-security-policy')).toContain(
      `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}';`,
    )
    expect(page).toContain('http://a:9100/metrics')
    expect(page).toContain('0.012 s')
    expect(page).toContain('2 s ago')
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).not.toContain('<script')
    expect(page).toContain('12 not scraped')
  })

  test('shows what is asked for', async () => {
    const page = await (await get('/targets?job=node&health=up')).text()
    expect(page).toContain('http://a:9100/metrics')
    expect(page).not.toContain('http://b:9100/metrics')
    expect(await (await get('/targets?component=hostmetrics')).text()).not.toContain('http://a:9100/metrics')
  })
})

describe('/api/v1/targets', () => {
  test('answers as Prometheus does, with more', async () => {
    const { activeTargets, droppedTargets, droppedTargetCounts } = await report()
    expect(activeTargets[0]).toEqual({
      component: 'prometheus',
      id: 'a',
      discoveredLabels: { __address__: 'a:9100' },
      labels: { instance: 'a:9100', job: 'node' },
      scrapePool: 'node',
      scrapeUrl: 'http://a:9100/metrics',
      globalUrl: 'http://a:9100/metrics',
      lastError: '',
      lastScrape: '2023-11-14T22:13:18.000Z',
      lastScrapeDuration: 0.012,
      lastSamples: 345,
      lastBodyBytes: 6789,
      missedScrapes: 2,
      health: 'up',
      scrapeInterval: '15s',
      scrapeTimeout: '10s',
    })
    expect(droppedTargets).toEqual([
      {
        component: 'prometheus',
        discoveredLabels: { __address__: attack },
        scrapePool: 'node',
        reason: 'invalid',
        detail: 'is no address',
      },
    ])
    expect(droppedTargetCounts).toEqual({ node: 12 })
  })

  test.each([
    ['?state=active', ['a', 'b'], 0],
    ['?state=dropped', [], 1],
    ['?scrapePool=node', ['a'], 1],
    ['?health=down', ['b'], 1],
    ['?job=none', [], 0],
  ])('filters by %s', async (query, active, dropped) => {
    const { activeTargets, droppedTargets } = await report(query)
    expect([activeTargets.map(({ id }) => id), droppedTargets.length]).toEqual([active, dropped])
  })
})

describe('the relabel debugger', () => {
  test('shows what each rule of a job does to a target', async () => {
    expect(await ask({ component: 'prometheus', id: 'a' })).toMatchObject({
      trace: {
        input: [['__address__', 'a:9100']],
        steps: [
          {
            rule: { target_label: 'host' },
            after: [
              ['__address__', 'a:9100'],
              ['host', 'a'],
            ],
          },
          { rule: { action: 'drop' } },
        ],
        output: [
          ['__address__', 'a:9100'],
          ['host', 'a'],
        ],
      },
    })
  })

  test('shows what becomes of a series of a target, and of a target that a job does not have', async () => {
    const labels = 'up{__address__="b:1"}'
    expect(await ask({ component: 'prometheus', id: 'a', labels })).toMatchObject({
      trace: {
        input: [
          ['__address__', 'b:1'],
          ['__name__', 'up'],
        ],
        steps: [{}, { before: expect.any(Array) }],
      },
    })
    expect(await ask({ component: 'prometheus', job: 'node', labels: '{__address__="c:1"}' })).toMatchObject({
      trace: {
        input: [['__address__', 'c:1']],
        output: [
          ['__address__', 'c:1'],
          ['host', 'c'],
        ],
      },
    })
  })

  test('runs rules that are in use nowhere', async () => {
    const rules = '- { action: labeldrop, regex: code }\n- { action: drop, if: up }\n'
    expect(await ask({ rules, labels: 'http{code="200",a="b"}' })).toMatchObject({
      trace: {
        input: [
          ['__name__', 'http'],
          ['a', 'b'],
          ['code', '200'],
        ],
        output: [
          ['__name__', 'http'],
          ['a', 'b'],
        ],
      },
    })
    expect(await ask({ rules, labels: 'up' })).toMatchObject({ trace: { notes: ['a rule drops it'] } })
  })

  test.each([
    [{}, 'a target, a job, or rules are to be given'],
    [{ component: 'none', id: 'a' }, 'there is no receiver "none" that scrapes'],
    [{ component: 'hostmetrics', id: 'a' }, 'there is no receiver "hostmetrics" that scrapes'],
    [{ component: 'prometheus', id: 'z', labels: 'up' }, 'there is no such target any more'],
    [{ component: 'prometheus', job: 'z' }, 'there is no job "z"'],
    [{ rules: '[{ action: sing }]', labels: 'up' }, 'there is no relabel action \\"sing\\"'],
    [{ rules: '- {', labels: 'up' }, 'rules:1:4 error'],
    [{ rules: '[]', labels: 'up{a=b}' }, 'the labels are not as a series has them, at byte 6'],
    [{ rules: '[]', labels: '{a="b"} 7' }, 'the labels are not as a series has them'],
  ])('says what is wrong with %j', async (form, message) => {
    expect(JSON.stringify(await ask(form))).toContain(
      message.replaceAll('"', '\\"').replaceAll('\\\\"', '\\"'),
    )
  })

  test('is a page too: what is asked and answered is shown as it is', async () => {
    const page = await (
      await get('/relabel-debug', {
        component: 'prometheus',
        id: 'a',
        labels: `up{a=${JSON.stringify(attack)}}`,
      })
    ).text()
    expect(page).not.toContain('<script')
    expect(page).toContain('What becomes of it')
    const link = await get('/relabel-debug?component=prometheus&id=a')
    expect(await link.text()).toContain('<div class="new"><code>host=&quot;a&quot;</code></div>')
  })

  test('takes no form without bounds', async () => {
    const response = await get('/relabel-debug', { labels: 'x'.repeat(1_100_000) })
    expect([response.status, await response.text()]).toEqual([413, 'the form is too large\n'])
  })
})
