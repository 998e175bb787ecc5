import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOverArbitrary, layoutArbitrary } from '#src/testing/otlp-batches.ts'
import { requestsOf, withoutDefaults } from '#src/testing/otlp-json.ts'
import { OtlpRequests } from '#src/testing/otlp-protobuf.ts'
import { ProtobufRequests } from './protobuf-request.ts'

test('any batch becomes the request that its JSON is', () => {
  fc.assert(
    fc.property(layoutArbitrary.chain(batchOverArbitrary), (batch) => {
      const protobuf = new OtlpRequests(ProtobufRequests)
      expect(protobuf.read([batch])).toEqual(requestsOf([batch]).map(withoutDefaults))
    }),
  )
})
