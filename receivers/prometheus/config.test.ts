import { expect, test } from 'vitest'
import { readConfiguration } from '#src/config/read-configuration.ts'

/** Reads options of the receiver; returns what is wrong with them, each with its line. */
async function mistakesIn(yaml: string): Promise<string[]> {
  const text = `receivers:
  prometheus:
${yaml.replaceAll(/^/gm, '    ')}
exporters: { debug: }
service: { pipelines: { metrics: { receivers: [prometheus], exporters: [debug] } } }
`
  const { findings } = await readConfiguration({
    files: [`yaml:${text}`],
    sets: [],
    strict: false,
    environment: {},
  })
  return findings.map(({ severity, line, message }) => `${severity} ${line - 2}: ${message}`)
}

test('a configuration of Prometheus is taken as it is, with all that it may say of scraping', async () => {
  const yaml = `config:
  global:
    scrape_interval: 1d
    scrape_timeout: 15s
    scrape_protocols: [PrometheusText0.0.4]
    external_labels: { cluster: a }
    body_size_limit: 15MB
    keep_dropped_targets: 100
    metric_name_validation_scheme: utf8
  scrape_configs:
    - job_name: all
      honor_labels: true
      honor_timestamps: false
      track_timestamps_staleness: true
      scrape_interval: 30s
      scrape_timeout: 30s
      scrape_protocols: [OpenMetricsText1.0.0, PrometheusText1.0.0]
      fallback_scrape_protocol: PrometheusText0.0.4
      scrape_native_histograms: true
      always_scrape_classic_histograms: true
      metrics_path: /m
      scheme: https
      params: { a: [b, c] }
      authorization: { type: Bearer, credentials: x }
      tls_config: { insecure_skip_verify: true }
      proxy_url: http://proxy:3128
      follow_redirects: false
      enable_http2: true
      enable_compression: false
      body_size_limit: 1GB
      sample_limit: 1
      label_limit: 2
      label_name_length_limit: 3
      label_value_length_limit: 4
      target_limit: 5
      keep_dropped_targets: 6
      native_histogram_bucket_limit: 160
      native_histogram_min_bucket_factor: 1.1
      extra_scrape_metrics: true
      scrape_align_interval: 1m
      scrape_offset: 5s
      no_stale_markers: true
      static_configs: [{ targets: [a:1], labels: { x: y } }]
      file_sd_configs: [{ files: [/etc/none/*.json] }]
      http_sd_configs: [{ url: 'http://sd/' }]
      dns_sd_configs: [{ names: [a.b], type: SRV }, { names: [a.b], type: A, port: 80 }]
      relabel_configs: [{ source_labels: [__address__], regex: '(.*):.*', target_label: host, replacement: $$1-$1 }]
      metric_relabel_configs: [{ action: labeldrop, regex: x }]
stale_on_shutdown: true`
  expect(await mistakesIn(yaml)).toEqual([])
})

test.each([
  ['alerting: {}', 'belongs to Prometheus alone: there are no rules here'],
  [
    'remote_write: []',
    'belongs to Prometheus alone: samples are sent by an exporter, as prometheus_remote_write',
  ],
  ['rule_files: [a]', 'belongs to Prometheus alone: there are no rules here'],
  ['otlp: {}', 'belongs to Prometheus alone: OTLP is received by the receiver otlp'],
  ['scrape_config: []', 'unknown key: did you mean "scrape_configs"?'],
])('the section %s is refused in words', async (section, message) => {
  expect(await mistakesIn(`config:\n  ${section}`)).toEqual([`error 2: ${message}`])
})

test.each([
  ['scrape_timeout: 90s', 'is longer than the scrape_interval of the job, 1m'],
  ['scrape_interval: 1.5s', 'expected a duration such as 15s or 1d12h, found "1.5s"'],
  ['scrape_interval: 0s', 'must be at least 1ms, found "0s"'],
  ['body_size_limit: much', 'expected a size such as 15MB, found "much"'],
  ['scrape_protocols: [PrometheusProto, PrometheusProto]', 'PrometheusProto is in the list twice'],
  ['scrape_failure_log_file: /tmp/x', 'failures of scrapes are in the log and on /targets'],
  ['series_limit: 5', 'there is no limit of series over time'],
  ["metric_relabel_configs: [{ action: drop, source_labels: [a], regex: '(' }]", 'missing closing )'],
  ['http_sd_configs: [{ url: sd }]', 'expected a URL that begins with http:// or https://'],
  ['dns_sd_configs: [{ names: [a], type: a }]', 'records of type A have no port: it needs one'],
  ['file_sd_configs: [{ files: [a.txt] }]', 'the name must end with .json, .yml or .yaml'],
  ['consul_sd_configs: [{ server: a }]', 'this discovery is not there: file_sd_configs or http_sd_configs'],
  ['basic_auth: { username: u }\n    authorization: { credentials: c }', 'basic_auth'],
])('a job with %s is refused with its place', async (option, message) => {
  const [mistake, ...others] = await mistakesIn(`config:\n  scrape_configs:\n  - job_name: j\n    ${option}`)
  expect(others).toEqual([])
  expect(mistake).toMatch(/^error [45]: /)
  expect(mistake).toContain(message)
})

test('all mistakes are told in one run', async () => {
  const mistakes = await mistakesIn(`config:
  tracing: {}
  scrape_configs:
    - { job_name: a, scrape_timeout: 2m }
    - { job_name: a }
    - { job_name: b, relabel_configs: [{ action: sing }], http_sd_configs: [{ url: x }] }
trim_metric_suffixes: true
target_allocator: {}`)
  expect(mistakes.map((each) => each.slice(0, 8))).toEqual([
    'error 2:',
    'error 4:',
    'error 5:',
    'error 6:',
    'error 6:',
    'error 7:',
    'error 8:',
  ])
})
