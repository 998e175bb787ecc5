import { describe, expect, test } from 'vitest'
import { unsnap } from '#src/testing/remote-write.ts'
import { mixed, now, one, openMetrics, sampleOf, send, type Level } from './scenario.ts'

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** What each header of a request is. */
async function header(name: string): Promise<string[]> {
  const { requests } = await send({ bodies: [mixed] })
  expect(requests.length).toBeGreaterThan(0)
  return requests.map(({ headers }) => String(headers[name]))
}

/** The value that is sent for one that is exposed, as its bits. */
async function bitsOf(exposed: string): Promise<string> {
  const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', `v ${exposed}`)] })
  return sampleOf(series, 'v').bits
}

function doubleBits(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

function valueCase(name: string, level: Level, exposed: string, value = Number(exposed)): void {
  test.concurrent(`TestSampleEncoding/${name} (${level})`, async () => {
    expect(await bitsOf(exposed)).toBe(doubleBits(value))
  })
}

/** The labels of a series that is exposed with these; those of the target aside. */
async function labelsOf(exposed: string): Promise<Record<string, string>> {
  const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', `v{${exposed}} 1`)] })
  const { __name__: name, job, instance, ...others } = one(series, 'v').labels
  expect([name, job, instance]).toEqual(['v', 'test', '127.0.0.1:9100'])
  return others
}

const awkward = openMetrics('# TYPE v gauge', 'v{Zone="Z",_x="u",a="1",z="2",B="3",b="4"} 1', 'v{a="b"} 2')

/** Declares the tests of these groups. */
export function wireCases(): void {
  describe('protocol', () => {
    test.concurrent('TestProtocolCompliance/content_type_protobuf (MUST)', async () => {
      for (const each of await header('content-type'))
        expect(each.split(';')[0]).toBe('application/x-protobuf')
    })

    test.concurrent('TestProtocolCompliance/content_type_with_proto_param (SHOULD)', async () => {
      for (const each of await header('content-type'))
        expect(each).toBe('application/x-protobuf;proto=io.prometheus.write.v2.Request')
    })

    test.concurrent('TestProtocolCompliance/content_encoding_snappy (MUST)', async () => {
      for (const each of await header('content-encoding')) expect(each).toBe('snappy')
    })

    test.concurrent('TestProtocolCompliance/version_header_present (MUST)', async () => {
      for (const each of await header('x-prometheus-remote-write-version'))
        expect(each).toMatch(/^\d+\.\d+\.\d+$/)
    })

    test.concurrent('TestProtocolCompliance/version_header_value (SHOULD)', async () => {
      for (const each of await header('x-prometheus-remote-write-version')) expect(each).toBe('2.0.0')
    })

    test.concurrent('TestProtocolCompliance/user_agent_present (MUST)', async () => {
      for (const each of await header('user-agent')) expect(each).toMatch(/^weir\/\d+\.\d+\.\d+/)
    })

    test.concurrent('TestProtocolCompliance/snappy_block_format (MUST)', async () => {
      const { requests } = await send({ bodies: [mixed] })
      for (const { body } of requests) {
        // The framed format begins with a chunk of ten bytes that says sNaPpY.
        expect(body.subarray(0, 10).toString('latin1')).not.toBe('\xff\x06\x00\x00sNaPpY')
        expect(unsnap(body).length).toBeGreaterThan(0)
      }
    })

    test.concurrent('TestProtocolCompliance/protobuf_parseable (MUST)', async () => {
      const { read } = await send({ bodies: [mixed] })
      for (const { series, symbols, hasFirstVersion } of read) {
        expect(series.length).toBeGreaterThan(0)
        expect(symbols.length).toBeGreaterThan(1)
        expect(hasFirstVersion).toBe(false)
      }
    })

    test.concurrent('TestHTTPMethod (MUST)', async () => {
      const { requests } = await send({ bodies: [mixed, mixed] })
      expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['POST']))
    })
  })

  describe('symbols', () => {
    test.concurrent('TestSymbolTable/empty_string_at_index_zero (MUST)', async () => {
      const { read } = await send({ bodies: [mixed, mixed] })
      for (const { symbols } of read) expect(symbols[0]).toBe('')
    })

    test.concurrent('TestSymbolTable/string_deduplication (RECOMMENDED)', async () => {
      const { read } = await send({ bodies: [mixed, mixed] })
      for (const { symbols } of read) expect(new Set(symbols).size).toBe(symbols.length)
    })

    test.concurrent('TestSymbolTable/labels_refs_valid_indices (MUST)', async () => {
      // The decoder refuses a reference that has no symbol, of labels, metadata and exemplars.
      const { series } = await send({ bodies: [mixed, mixed] })
      expect(series.length).toBe(20)
    })

    test.concurrent('TestSymbolTable/labels_refs_even_length (MUST)', async () => {
      const { series } = await send({ bodies: [mixed] })
      for (const { pairs } of series) expect(pairs.length % 2).toBe(0)
    })

    test.concurrent('TestSymbolTableEfficiency (RECOMMENDED)', async () => {
      const { read } = await send({
        bodies: [
          openMetrics('# TYPE a gauge', ...Array.from({ length: 5 }, (_, index) => `a{n="${index}"} 1`)),
        ],
      })
      // "", __name__, a, instance, its value, job, test, n and five values.
      expect(read[0]?.symbols.length).toBe(13)
    })
  })

  describe('samples', () => {
    valueCase('float_value_encoding', 'MUST', '123.45')
    valueCase('integer_value_encoding', 'MUST', '42')
    valueCase('zero_value_encoding', 'MUST', '0')
    valueCase('negative_value_encoding', 'MUST', '-15.5')
    valueCase('positive_infinity_encoding', 'MUST', '+Inf', Infinity)
    valueCase('negative_infinity_encoding', 'MUST', '-Inf', -Infinity)
    test.concurrent('TestSampleEncoding/nan_encoding (MUST)', async () => {
      // Prometheus' ordinary NaN, which is not its staleness marker.
      expect(await bitsOf('NaN')).toBe('7ff8000000000001')
    })

    test.concurrent('TestSampleEncoding/timestamp_milliseconds_format (MUST)', async () => {
      const { series } = await send({ bodies: [mixed], time: 1_700_000_000_123 })
      for (const { samples } of series) expect(samples.map(({ time }) => time)).toEqual([1_700_000_000_123])
    })

    test.concurrent('TestSampleEncoding/timestamp_recent (SHOULD)', async () => {
      const { series } = await send({ bodies: [mixed] })
      for (const { samples } of series) expect(samples.map(({ time }) => time)).toEqual([now])
    })

    test.concurrent('TestSampleEncoding/multiple_samples_same_series (MAY)', async () => {
      const { series } = await send({ bodies: [mixed, mixed, mixed] })
      const times = series
        .filter(({ labels }) => labels['__name__'] === 'temperature_celsius')
        .flatMap(({ samples }) => samples.map(({ time }) => time))
      expect(times).toEqual([now, now + 1000, now + 2000])
    })

    valueCase('large_float_values', 'MUST', '1.7976931348623157e308')
    valueCase('small_float_values', 'MUST', '5e-324')
    valueCase('scientific_notation', 'MUST', '1.23e-4', 0.000123)
    valueCase('precision_preservation', 'SHOULD', '0.1234567890123456789')
    test.concurrent('TestSampleEncoding/job_instance_labels_present (SHOULD)', async () => {
      const { series } = await send({ bodies: [mixed] })
      for (const { labels } of series)
        expect([labels['job'], labels['instance']]).toEqual(['test', '127.0.0.1:9100'])
    })

    test.concurrent('TestSampleOrdering (MUST)', async () => {
      const bodies = Array.from({ length: 20 }, (_, index) => openMetrics('# TYPE v gauge', `v ${index}`))
      const { series } = await send({ bodies })
      expect(series.map(({ samples: [sample] }) => [sample?.time, sample?.value])).toEqual(
        bodies.map((_, index) => [now + 1000 * index, index]),
      )
    })
  })

  describe('labels', () => {
    test.concurrent('TestLabelValidation/label_lexicographic_ordering (MUST)', async () => {
      const { series } = await send({ bodies: [mixed, awkward] })
      for (const { pairs } of series) {
        const names = pairs.filter((_, index) => index % 2 === 0)
        expect(names).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }
    })

    test.concurrent('TestLabelValidation/metric_name_label_present (MUST)', async () => {
      const { series } = await send({ bodies: [mixed, awkward] })
      for (const { labels } of series) expect(labels['__name__']).not.toBe(undefined)
    })

    test.concurrent('TestLabelValidation/metric_name_format_valid (MUST)', async () => {
      const { series } = await send({ bodies: [mixed, openMetrics('# TYPE "a.b c" gauge', '{"a.b c"} 1')] })
      for (const { labels } of series) expect(labels['__name__']).toMatch(metricName)
      expect(one(series, 'a_b_c').samples).toHaveLength(1)
    })

    test.concurrent('TestLabelValidation/label_name_format_valid (MUST)', async () => {
      const { series } = await send({
        bodies: [mixed, openMetrics('# TYPE v gauge', 'v{"a.b"="1","0"="2"} 1')],
      })
      for (const { labels } of series) for (const name of Object.keys(labels)) expect(name).toMatch(labelName)
      expect(one(series, 'v').labels).toMatchObject({ a_b: '1', key_0: '2' })
    })

    test.concurrent('TestLabelValidation/no_duplicate_label_names (MUST)', async () => {
      // Two names that become one by translation have their values joined.
      const { series } = await send({
        bodies: [mixed, openMetrics('# TYPE v gauge', 'v{"a.b"="1","a-b"="2",a_b="3"} 1')],
      })
      for (const { pairs, labels } of series) expect(pairs.length).toBe(2 * Object.keys(labels).length)
      expect(one(series, 'v').labels['a_b']).toBe('2;1;3')
    })

    test.concurrent('TestLabelValidation/label_names_not_empty (MUST)', async () => {
      const { series } = await send({ bodies: [mixed, awkward] })
      for (const { labels } of series) expect(Object.keys(labels)).not.toContain('')
    })

    test.concurrent('TestLabelValidation/label_values_may_be_empty (MAY)', async () => {
      // A label without a value is no label, and is not sent.
      expect(await labelsOf('empty="",full="x"')).toEqual({ full: 'x' })
    })

    test.concurrent('TestLabelValidation/reserved_label_prefix (SHOULD)', async () => {
      const { series } = await send({
        bodies: [mixed, awkward],
        options: { write_relabel_configs: [{ target_label: '__tmp', replacement: 'x' }] },
      })
      for (const { labels } of series)
        expect(Object.keys(labels).filter((name) => name.startsWith('__'))).toEqual(['__name__'])
    })

    test.concurrent('TestLabelValidation/unicode_in_label_values (MUST)', async () => {
      expect(await labelsOf('city="Zürich 東京 🚀"')).toEqual({ city: 'Zürich 東京 🚀' })
    })

    test.concurrent('TestLabelValidation/special_chars_in_label_values (MUST)', async () => {
      expect(await labelsOf('path="C:\\\\dir\\n\\"quoted\\"\t{},="')).toEqual({
        path: 'C:\\dir\n"quoted"\t{},=',
      })
    })

    test.concurrent('TestLabelValidation/very_long_label_names (SHOULD)', async () => {
      const name = `n${'x'.repeat(300)}`
      expect(await labelsOf(`${name}="v"`)).toEqual({ [name]: 'v' })
    })

    test.concurrent('TestLabelValidation/very_long_label_values (SHOULD)', async () => {
      const value = 'x'.repeat(70_000)
      expect(await labelsOf(`v="${value}"`)).toEqual({ v: value })
    })

    test.concurrent('TestLabelValidation/many_labels_per_series (SHOULD)', async () => {
      const labels = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`l${index}`, `v${index}`]))
      expect(
        await labelsOf(
          Object.entries(labels)
            .map(([name, value]) => `${name}="${value}"`)
            .join(','),
        ),
      ).toEqual(labels)
    })
  })
}
