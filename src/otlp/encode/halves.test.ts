import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOverArbitrary, layoutArbitrary } from '#src/testing/otlp-batches.ts'
import { contentOf, pointsOf, type RequestJson } from '#src/testing/otlp-json.ts'
import { OtlpRequests, readProtobufRequest } from '#src/testing/otlp-protobuf.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { ProtobufRequests } from '../protobuf-request.ts'
import { JsonEncoding } from './json-encoding.ts'
import { jsonHalves } from './json-halves.ts'
import { protobufHalves } from './protobuf-halves.ts'

/** Zero has no sign here, for that is written as a text in JSON. */
function unsigned(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"-0"', '0'))
}

const cases = [
  { format: 'protobuf', make: ProtobufRequests, cut: protobufHalves, read: readProtobufRequest },
  {
    format: 'JSON',
    make: JsonEncoding,
    cut: jsonHalves,
    read: (body: Buffer) => JSON.parse(body.toString()) as RequestJson,
  },
]

test.each(cases)(
  'a request in $format is cut into halves that hold its points, with all that says whose they are',
  ({ make, cut, read }) => {
    fc.assert(
      fc.property(layoutArbitrary.chain(batchOverArbitrary), (batch) => {
        for (const { body, samples } of new OtlpRequests(make).requests([batch])) {
          const halves = cut(body)
          if (samples < 2) continue
          const first = read(halves?.first ?? body)
          const second = read(halves?.second ?? body)
          expect(halves).toMatchObject({ points: samples, inFirst: samples >> 1 })
          expect(pointsOf([first]).length).toBe(samples >> 1)
          expect(unsigned(contentOf([first, second]))).toEqual(unsigned(contentOf([read(body)])))
        }
      }),
      { numRuns: 60 },
    )
  },
)

test('a message that is none cannot be cut', () => {
  expect(() => protobufHalves(Buffer.from([0x0a, 0x7f]))).toThrow('a field ends behind its message')
  const [request] = new OtlpRequests(ProtobufRequests).requests([batchOf([[series('a'), 1]])])
  expect(protobufHalves(request?.body ?? Buffer.alloc(0))).toBeUndefined()
})
