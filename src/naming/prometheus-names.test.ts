import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Role } from '#src/model/series.ts'
import { series } from '#src/testing/series.ts'
import { escapeName, escapingSchemes } from './prometheus-escaping.ts'
import {
  isClassicLabelName,
  isClassicMetricName,
  prometheusLabelName,
  prometheusMetricName,
  translationOf,
  type TranslationStrategy,
} from './prometheus-names.ts'

type Kind = 'counter' | 'gauge' | 'histogram' | 'up_down'

function named(
  name: string,
  unit: string,
  kind: Kind,
  strategy: TranslationStrategy,
  namespace = '',
): string {
  const descriptor = {
    counter: { kind: 'sum', monotonic: true },
    up_down: { kind: 'sum' },
    gauge: { kind: 'gauge' },
    histogram: { kind: 'histogram' },
  } as const
  const { metric } = series(name, {}, { ...descriptor[kind], unit })
  return prometheusMetricName(metric, translationOf(strategy, namespace))
}

// Facts of Prometheus' own translator, by its test cases; a name of cAdvisor is kept.
test.each<[string, string, Kind, string]>([
  ['requests', '', 'counter', 'requests_total'],
  ['requests_total', '', 'counter', 'requests_total'],
  ['container_memory_failcnt', '', 'counter', 'container_memory_failcnt'],
  ['total.requests', '', 'counter', 'requests_total'],
  ['items', '1', 'counter', 'items_total'],
  ['cpu_usage', '1', 'gauge', 'cpu_usage_ratio'],
  ['cpu_usage_ratio', '1', 'gauge', 'cpu_usage_ratio'],
  ['response_time', 'ms', 'gauge', 'response_time_milliseconds'],
  ['response_time_seconds', 's', 'gauge', 'response_time_seconds'],
  ['memory', 'By', 'gauge', 'memory_bytes'],
  ['requests', '1/s', 'gauge', 'requests_per_second'],
  ['throughput', 'By/s', 'gauge', 'throughput_bytes_per_second'],
  ['throughput', 'By/m', 'gauge', 'throughput_bytes_per_minute'],
  ['custom', 'custom_unit', 'gauge', 'custom_custom_unit'],
  ['custom', '{packets}', 'gauge', 'custom'],
  ['custom', 'By/{packet}', 'gauge', 'custom_bytes'],
  ['cpu_seconds_total', 's', 'counter', 'cpu_seconds_total'],
  ['metric__with__multiple', 'unit__too', 'gauge', 'metric_with_multiple_unit_too'],
  ['custom', 'unit@with#special/chars', 'gauge', 'custom_unit_with_special_per_chars'],
  ['123.metric', '', 'gauge', '_123_metric'],
  ['active', '', 'up_down', 'active'],
  ['duration', 's', 'histogram', 'duration_seconds'],
  ['@#$%', '', 'gauge', '_'],
  ['system.filesystem.usage', 'By', 'up_down', 'system_filesystem_usage_bytes'],
  ['recording:rule', '', 'gauge', 'recording:rule'],
])('%s in %s, a %s, is %s', (name, unit, kind, wanted) => {
  expect(named(name, unit, kind, 'UnderscoreEscapingWithSuffixes')).toBe(wanted)
})

test.each<[string, string, Kind, string]>([
  ['requêsts', '', 'counter', 'requêsts_total'],
  ['requests_total', '', 'counter', 'requests_total'],
  ['requêsts', '1/s', 'counter', 'requêsts_per_second_total'],
  ['cpu_usagé', '1', 'gauge', 'cpu_usagé_ratio'],
  ['cpu_seconds_total', 's', 'counter', 'cpu_seconds_total'],
  ['http.server.duration', 's', 'histogram', 'http.server.duration_seconds'],
])('with UTF-8 %s in %s, a %s, is %s', (name, unit, kind, wanted) => {
  expect(named(name, unit, kind, 'NoUTF8EscapingWithSuffixes')).toBe(wanted)
})

test('without suffixes or translation names are left as far as they may be', () => {
  expect(named('metric@@##$$name.x', 'By', 'counter', 'UnderscoreEscapingWithoutSuffixes')).toBe(
    'metric_name_x',
  )
  expect(named('métric.x', 'By', 'counter', 'NoTranslation')).toBe('métric.x')
  expect(named('', '', 'gauge', 'NoTranslation')).toBe('_')
})

test('a namespace stands before the name, in the form that names have', () => {
  expect(named('requests', '1/s', 'counter', 'UnderscoreEscapingWithSuffixes', 'my-app')).toBe(
    'my_app_requests_per_second_total',
  )
  expect(named('1x', '', 'gauge', 'UnderscoreEscapingWithSuffixes', 'app')).toBe('app_1x')
  expect(named('x', '', 'gauge', 'NoTranslation', 'my-app')).toBe('my-app_x')
})

describe('metrics of Prometheus', () => {
  const scope = makeScope(makeResource([], { derived: true }))
  const name = (given: string, role: Role = 'none'): string =>
    prometheusMetricName(
      series(given, {}, { kind: 'sum', monotonic: true, unit: 's', scope }).metric,
      translationOf('UnderscoreEscapingWithSuffixes'),
      role,
    )

  test('keep their names', () => {
    expect([name('a__b'), name('with.dot'), name('odd', 'total')]).toEqual(['a__b', 'with_dot', 'odd_total'])
  })
})

test('whatever a name is, its translation is a classic one, and that is translated to itself', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom<Kind>('counter', 'gauge'),
      fc.string(),
      (name, kind, unit) => {
        for (const strategy of [
          'UnderscoreEscapingWithSuffixes',
          'UnderscoreEscapingWithoutSuffixes',
        ] as const) {
          const translated = named(name, unit, kind, strategy)
          expect(isClassicMetricName(translated)).toBe(true)
          expect(named(translated, '', 'up_down', 'NoTranslation')).toBe(translated)
        }
        expect(isClassicLabelName(prometheusLabelName(name, false))).toBe(true)
      },
    ),
  )
})

test.each([
  ['http.method', 'http_method'],
  ['1digit', 'key_1digit'],
  ['_single', 'key_single'],
  ['.dot', 'key_dot'],
  ['__double__', '__double__'],
  ['__name__', 'key__name__'],
  ['', 'key_'],
  ['a.b-c', 'a_b_c'],
  ['😀', 'key_'],
])('the label of %s is %s', (key, wanted) => {
  expect(prometheusLabelName(key, false)).toBe(wanted)
})

test('with UTF-8 a label keeps its name, but not that of the metric', () => {
  expect(['http.method', '1', '__name__'].map((key) => prometheusLabelName(key, true))).toEqual([
    'http.method',
    '1',
    'key__name__',
  ])
})

// Facts of Prometheus' escaping schemes (prometheus/docs, "Escaping schemes").
test.each([
  ['classic_name:x', 'classic_name:x', 'classic__name:x', 'classic_name:x'],
  ['a.b_c', 'a_b_c', 'a_dot_b__c', 'U__a_2e_b__c'],
  ['1ä', '__', '____', 'U___31__e4_'],
  ['😀', '_', '__', 'U___1f600_'],
])('%s is escaped as %s, %s and %s', (name, ...wanted) => {
  expect(escapingSchemes.map((scheme) => escapeName(name, scheme, isClassicMetricName))).toEqual(wanted)
})
