import { FakeClock } from './fake-clock.ts'
import type { Batch } from '#src/model/batch.ts'
import { PrometheusLabels, type LabelSettings } from '#src/naming/prometheus-labels.ts'
import { translationOf } from '#src/naming/prometheus-names.ts'
import { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { Relabeling } from '#src/relabel/relabeling.ts'
import { BatchEncoder } from '#src/remote/batch-encoder.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import type { PointForms } from '#src/remote/point-series.ts'
import { RequestBuilder, type RequestLimits } from '#src/remote/request-builder.ts'
import { SeriesNaming } from '#src/remote/series-naming.ts'
import { LabelTable } from '#src/remote/v1/label-table.ts'
import { LabelSeriesWriter } from '#src/remote/v1/series-writer.ts'
import { RequestSymbols } from '#src/remote/v2/request-symbols.ts'
import { SymbolSeriesWriter } from '#src/remote/v2/series-writer.ts'
import { SymbolTable } from '#src/remote/v2/symbol-table.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { readRequest, unsnap, type ReadRequest, type ReadSeries } from './remote-write.ts'

/** How a test encodes; what is absent is the exporter's default. */
export interface EncodingOptions {
  readonly version?: '1.0' | '2.0'
  readonly shards?: number
  readonly limits?: Partial<RequestLimits>
  readonly relabeling?: Relabeling
  readonly settings?: Partial<LabelSettings>
  readonly forms?: Partial<PointForms>
  readonly targetInfo?: boolean
  readonly describes?: boolean
}

/** Encodes batches as the exporter does, and reads the requests back with a decoder of its own. */
export class EncodedBatches {
  readonly ledger = new Ledger()
  readonly encoder: BatchEncoder
  readonly requests: (EncodedRequest & { readonly read: ReadRequest })[] = []
  /** Points left out, by reason. */
  readonly dropped: Record<string, number> = {}
  /** How many series were written so far, and not taken from a template. */
  written = 0
  /** The number of labels that the encoder holds; of version 2.0, of their texts too. */
  readonly labels: () => number
  readonly #builders: readonly RequestBuilder[]

  constructor({
    version = '1.0',
    shards = 1,
    limits,
    relabeling,
    settings,
    forms,
    ...flags
  }: EncodingOptions = {}) {
    const symbols = version === '2.0' ? new SymbolTable() : undefined
    const table = new LabelTable()
    const pool = new BufferPool(1 << 20)
    const clock = new FakeClock()
    this.labels = () => (symbols === undefined ? table.size : symbols.size + symbols.textCount - 1)
    this.#builders = Array.from(
      { length: shards },
      (_, shard) =>
        new RequestBuilder({
          shard,
          format: version,
          limits: { maxBytes: 3_000_000, maxSamples: 10_000, ...limits },
          pool,
          symbols: symbols && new RequestSymbols(symbols),
          now: () => clock.monotonic(),
          done: (request) => this.#take(request),
        }),
    )
    const writer =
      symbols === undefined
        ? new LabelSeriesWriter(table)
        : new SymbolSeriesWriter(symbols, flags.describes ?? true)
    const finish = writer.finish.bind(writer)
    writer.finish = () => {
      this.written += writer.series
      finish()
    }
    this.encoder = new BatchEncoder({
      naming: new SeriesNaming(
        new PrometheusLabels({
          translation: translationOf('UnderscoreEscapingWithSuffixes'),
          constLabels: {},
          scopeInfo: false,
          promotes: () => false,
          ...settings,
        }),
        relabeling,
      ),
      writer,
      builders: this.#builders,
      forms: { exponentialIsNative: true, explicitIsNative: false, keepsClassic: false, ...forms },
      sendExemplars: true,
      targetInfo: flags.targetInfo ?? false,
      encoded: () => undefined,
      dropped: (intake, points, reason) => {
        this.dropped[reason] = (this.dropped[reason] ?? 0) + points
        intake.drop(points, reason)
      },
    })
  }

  /** Encodes batches into requests, and reads the series that came out, in order. Holds that all points are settled. */
  encode(...batches: Batch[]): ReadSeries[] {
    const before = this.requests.length
    for (const batch of batches) {
      this.ledger.accepted += batch.size
      if (batch.size === 0) continue
      for (const _ of this.encoder.encode(batch, new Intake(batch.size, this.ledger, undefined)));
    }
    this.flush()
    if (this.ledger.queued !== 0 || this.ledger.imbalance !== 0)
      throw new Error(`${this.ledger.queued} points are not settled, ${this.ledger.imbalance} lost`)
    return this.requests.slice(before).flatMap(({ read }) => [...read.series])
  }

  flush(): void {
    for (const builder of this.#builders) builder.flush()
  }

  #take(request: EncodedRequest): void {
    this.requests.push({
      ...request,
      body: Buffer.from(request.body),
      read: readRequest(unsnap(request.body)),
    })
    for (const { intake, points } of request.shares) intake.deliver(points)
    request.release()
  }
}
