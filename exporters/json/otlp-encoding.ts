import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { JsonRequests } from '#src/otlp/json-request.ts'
import { MetricsWalk } from '#src/otlp/metrics-walk.ts'
import { JsonWriter } from '#src/text/json-writer.ts'
import { pointsPerSlice, type Encoding, type Slice } from './encoding.ts'

/** An OTLP request (ExportMetricsServiceRequest) in JSON a line. */
export class OtlpEncoding implements Encoding {
  readonly #walk = new MetricsWalk()
  readonly #requests = new JsonRequests()
  readonly #writer = new JsonWriter()

  forget(source: Source): void {
    this.#walk.forget(source)
    this.#requests.forget(source)
  }

  *encode(batches: readonly Batch[]): Generator<Slice> {
    for (const { portions, points, malformed } of this.#walk.requests(batches, pointsPerSlice)) {
      // A call that failed may have left a part of a line.
      this.#writer.clear()
      if (portions.length > 0) {
        this.#requests.write(this.#writer, portions)
        this.#writer.raw('\n')
      }
      yield { bytes: this.#writer.take(), points, malformed }
    }
  }
}
