import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { checkScrapers, type HostMetricsConfig } from './config.ts'

/** The mistakes in the options under `scrapers`, each as its place and message. */
function mistakes(scrapers: Record<string, unknown>): [place: string, message: string][] {
  try {
    checkScrapers({ scrapers } as unknown as HostMetricsConfig)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => [path.join('.'), message])
  }
}

test('at least one scraper must be named', () => {
  expect(mistakes({})).toEqual([
    ['scrapers', 'at least one scraper must be named: cpu, memory, load, disk, filesystem, network'],
  ])
})

test.each(['paging', 'processes', 'process', 'system', 'nfs'])(
  'the scraper %s, which the Collector has, is said to come later',
  (name) => {
    expect(mistakes({ cpu: { metrics: {} }, [name]: null })).toEqual([
      [`scrapers.${name}`, `the scraper ${name} comes with a later version: take it out until then`],
    ])
  },
)

test('metrics of any vocabulary can be switched, those whose names hold values by each name', () => {
  expect(
    mistakes({
      cpu: {
        metrics: { 'system.cpu.utilization': { enabled: true }, node_cpu_isolated: { enabled: false } },
      },
      memory: { metrics: { node_memory_Active_bytes: {}, 'node_memory_{field}': {} } },
    }),
  ).toEqual([])
})

test('a metric that the scraper does not have is a mistake, with the nearest name', () => {
  expect(
    mistakes({
      cpu: { metrics: { 'system.cpu.utilisation': {}, ...JSON.parse('{"__proto__": {}}'), constructor: {} } },
      load: { metrics: { 'system.cpu.time': {} } },
    }),
  ).toEqual([
    [
      'scrapers.cpu.metrics.system.cpu.utilisation',
      'the scraper cpu has no metric system.cpu.utilisation; did you mean system.cpu.utilization?',
    ],
    ['scrapers.cpu.metrics.__proto__', 'the scraper cpu has no metric __proto__'],
    ['scrapers.cpu.metrics.constructor', 'the scraper cpu has no metric constructor'],
    ['scrapers.load.metrics.system.cpu.time', 'the scraper load has no metric system.cpu.time'],
  ])
})

test("the Collector's aggregation of attributes is refused until it is there", () => {
  expect(
    mistakes({
      cpu: { metrics: { 'system.cpu.time': { attributes: ['cpu'], aggregation_strategy: 'sum' } } },
    }),
  ).toEqual([
    [
      'scrapers.cpu.metrics.system.cpu.time.attributes',
      'attributes of a metric comes with a later version: aggregate in a processor until then',
    ],
    [
      'scrapers.cpu.metrics.system.cpu.time.aggregation_strategy',
      'aggregation_strategy of a metric comes with a later version: aggregate in a processor until then',
    ],
  ])
})
