import { expect, test } from 'vitest'
import { negotiate } from './representation.ts'

const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

const text = 'text/plain; version=0.0.4; charset=utf-8'
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

test.each<[accept: string | undefined, enabled: boolean, contentType: string, scheme: string | undefined]>([
  [undefined, true, text, 'underscores'],
  ['', true, text, 'underscores'],
  ['*/*', true, text, 'underscores'],
  ['text/html', true, text, 'underscores'],
  [prometheus3, true, `${openMetrics}; escaping=allow-utf-8`, undefined],
  [prometheus3, false, 'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8', undefined],
  [prometheus2, true, openMetrics, 'underscores'],
  [prometheus2, false, text, 'underscores'],
  ['text/plain;version=0.0.4;q=1,*/*;q=0.1', true, text, 'underscores'],
  [
    'application/openmetrics-text',
    true,
    'application/openmetrics-text; version=0.0.1; charset=utf-8',
    'underscores',
  ],
  ['application/openmetrics-text;version=2.0.0', true, text, 'underscores'],
  ['application/openmetrics-text;version=1.0.0;q=0.1,text/plain;q=0.9', true, text, 'underscores'],
  ['application/openmetrics-text;version=1.0.0;q=0,text/plain;version=3', true, text, 'underscores'],
  ['text/plain;escaping=values', true, `${text}; escaping=values`, 'values'],
  ['text/plain;escaping=dots', true, `${text}; escaping=dots`, 'dots'],
  ['text/plain;escaping="allow-utf-8"', true, `${text}; escaping=allow-utf-8`, undefined],
  ['text/plain;escaping=what', true, text, 'underscores'],
  [
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
    true,
    text,
    'underscores',
  ],
])('%s, OpenMetrics %s', (accept, enabled, contentType, scheme) => {
  const chosen = negotiate(accept, enabled)
  expect([chosen.contentType, chosen.scheme, chosen.openMetrics]).toEqual([
    contentType,
    scheme,
    contentType.startsWith('application'),
  ])
})
