import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestsOf, withoutDefaults } from '#src/testing/otlp-json.ts'
import { batchOverArbitrary, layoutArbitrary } from '#src/testing/otlp-batches.ts'
import { OtlpProtobuf } from '#src/testing/otlp-protobuf.ts'

test('any batch becomes the request that its JSON is', () => {
  fc.assert(
    fc.property(layoutArbitrary.chain(batchOverArbitrary), (batch) => {
      expect(new OtlpProtobuf().read([batch])).toEqual(requestsOf([batch]).map(withoutDefaults))
    }),
  )
})
