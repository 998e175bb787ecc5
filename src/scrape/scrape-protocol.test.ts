import { describe, expect, test } from 'vitest'
import {
  acceptHeader,
  defaultProtocols,
  formatOfContentType,
  scrapeProtocolNames,
} from './scrape-protocol.ts'

describe('what is asked for', () => {
  test('is what Prometheus 3 asks for', () => {
    expect(acceptHeader(defaultProtocols, 'allow-utf-8')).toBe(
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    )
  })

  test('has protobuf first where native histograms are wanted', () => {
    expect(acceptHeader(scrapeProtocolNames, 'underscores')).toBe(
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=underscores;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    )
  })
})

test.each([
  ['text/plain', 'text-0.0.4'],
  ['text/plain; version=0.0.4; charset=utf-8; escaping=underscores', 'text-0.0.4'],
  ['Text/Plain;version="1.0.0";escaping=allow-utf-8', 'text-1.0.0'],
  ['text/plain; version=9', 'text-0.0.4'],
  ['text/plain;', 'text-0.0.4'],
  ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics-1.0.0'],
  ['application/openmetrics-text', 'openmetrics-1.0.0'],
  ['application/openmetrics-text; version=0.0.1', 'openmetrics-0.0.1'],
  [
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
    'protobuf',
  ],
  [undefined, undefined],
  ['', undefined],
  ['text/html; charset=utf-8', undefined],
  ['text', undefined],
  ['text/plain; charset=utf-8; charset=utf-16', undefined],
  ['text/plain; version=0.0.4; nonsense', undefined],
])('the content type %j stands for %s', (header, format) => {
  expect(formatOfContentType(header)).toBe(format)
})
