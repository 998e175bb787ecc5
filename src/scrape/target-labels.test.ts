import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import type { RelabelOptions } from '#src/relabel/rule.ts'
import { buildTarget } from './target-labels.ts'
import type { Target } from './target.ts'

interface Given {
  readonly rules?: readonly RelabelOptions[]
  readonly params?: Readonly<Record<string, readonly string[]>>
}

function build(labels: Readonly<Record<string, string>>, { rules = [], params = {} }: Given = {}) {
  return buildTarget(Object.entries(labels).flat(), {
    name: 'node',
    scheme: 'http',
    metricsPath: '/metrics',
    params: new Map(Object.entries(params)),
    intervalMs: 60_000,
    timeoutMs: 10_000,
    relabeling: compileRelabeling(rules),
  })
}

function built(labels: Readonly<Record<string, string>>, given?: Given): Target {
  const target = build(labels, given)
  if ('reason' in target) throw new Error(`${target.reason}: ${target.detail}`)
  return target
}

function pairs(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])),
  )
}

describe('a target', () => {
  test('has the defaults of its job, and its address as instance', () => {
    const target = built({ __address__: '10.0.0.7:9100', zone: 'a', __meta_x: 'y' })
    expect(pairs(target.labels)).toEqual({ instance: '10.0.0.7:9100', job: 'node', zone: 'a' })
    expect(pairs(target.controls)).toEqual({
      __address__: '10.0.0.7:9100',
      __metrics_path__: '/metrics',
      __scheme__: 'http',
      __scrape_interval__: '1m',
      __scrape_timeout__: '10s',
    })
    expect(target).toMatchObject({
      url: 'http://10.0.0.7:9100/metrics',
      intervalMs: 60_000,
      timeoutMs: 10_000,
    })
  })

  test('takes from discovery what the job says only by default', () => {
    const target = built(
      {
        __address__: 'a:1',
        job: 'other',
        instance: 'here',
        __scheme__: 'https',
        __metrics_path__: '/probe',
        __scrape_interval__: '30s',
        __scrape_timeout__: '5s',
        __param_module: 'tcp',
      },
      { params: { module: ['http', 'second'], target: ['x y'] } },
    )
    expect(target.url).toBe('https://a:1/probe?module=tcp&module=second&target=x+y')
    expect(pairs(target.labels)).toEqual({ job: 'other', instance: 'here' })
    expect(target).toMatchObject({ intervalMs: 30_000, timeoutMs: 5000 })
  })

  test('is what rules make of it: they see the defaults and what discovery told', () => {
    const target = built(
      { __address__: 'blackbox:9115', __meta_url: 'https://example.org/' },
      {
        rules: [
          { source_labels: ['__meta_url'], target_label: '__param_target' },
          { source_labels: ['__meta_url'], target_label: 'instance' },
          { source_labels: ['__scrape_interval__', 'job'], target_label: 'seen' },
          { target_label: '__metrics_path__', replacement: '/probe' },
        ],
      },
    )
    expect(target.url).toBe('http://blackbox:9115/probe?target=https%3A%2F%2Fexample.org%2F')
    expect(pairs(target.labels)).toEqual({ instance: 'https://example.org/', job: 'node', seen: '1m;node' })
  })

  test('may be a whole URL, as in vmagent', () => {
    const target = built({ __address__: 'https://a.example/own/path?x=1' }, { params: { y: ['2'] } })
    expect(target.url).toBe('https://a.example/own/path?x=1&y=2')
    expect(pairs(target.labels)).toMatchObject({ instance: 'a.example' })
    expect(built({ __address__: 'http://a:1' }).url).toBe('http://a:1/metrics')
  })

  test('may have a query in its path', () => {
    expect(built({ __address__: 'a:1', __metrics_path__: '/m?a=b?c&d' }).url).toBe('http://a:1/m?a=b%3Fc&d=')
  })

  test('is the same one if its labels and its URL are, whatever discovery told beside', () => {
    const { key } = built({ __address__: 'a:1', __meta_x: '1' })
    expect(built({ __meta_y: '2', __address__: 'a:1' }).key).toBe(key)
    expect(built({ __address__: 'a:1', zone: 'b' }).key).not.toBe(key)
    expect(built({ __address__: 'a:1', __scrape_interval__: '15s', __scrape_timeout__: '9s' }).key).toBe(key)
    expect(built({ __address__: 'a:1' }, { params: { x: ['1', '2'] } }).key).not.toBe(
      built({ __address__: 'a:1' }, { params: { x: ['1', '3'] } }).key,
    )
  })
})

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['an address', { zone: 'a' }, 'no __address__'],
  ['an address with a path', { __address__: 'a:1/metrics' }, 'is no address'],
  ['an address with a user', { __address__: 'user@a:1' }, 'is no address'],
  ['an address with a line break', { __address__: 'a\r\nx: y' }, 'is no address'],
  ['an address with a wrong port', { __address__: 'a:99999' }, 'is no address'],
  ['a known scheme', { __address__: 'a:1', __scheme__: 'file' }, 'neither http nor https'],
  ['an interval', { __address__: 'a:1', __scrape_interval__: 'soon' }, 'is no duration'],
  ['an interval that is more than nothing', { __address__: 'a:1', __scrape_interval__: '0' }, 'is 0'],
  ['a timeout that fits', { __address__: 'a:1', __scrape_interval__: '5s' }, 'is longer than'],
  ['text in its labels', { __address__: 'a:1', zone: '\ud800' }, 'is no text'],
])('without %s there is no target', (_, labels, detail) => {
  expect(build(labels)).toMatchObject({ reason: 'invalid', detail: expect.stringContaining(detail) })
})

test('a target that a rule drops is remembered as such', () => {
  const rules: RelabelOptions[] = [{ action: 'drop', source_labels: ['zone'], regex: 'a' }]
  expect(build({ __address__: 'a:1', zone: 'a' }, { rules })).toEqual({
    discovered: ['__address__', 'a:1', 'zone', 'a'],
    reason: 'relabeling',
    detail: '',
  })
})

test('no label gets out of its part of the URL', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, text, (path, name, value) => {
      const target = build({ __address__: '[::1]:9100', __metrics_path__: path, [`__param_${name}`]: value })
      if ('reason' in target) return
      const url = new URL(target.url)
      expect([url.protocol, url.host, url.username, url.hash]).toEqual(['http:', '[::1]:9100', '', ''])
      expect(target.url).toMatch(/^[!-~]+$/)
    }),
  )
})
