import type { Clock } from '#src/component/clock.ts'
import { labelSettings } from '#src/naming/label-options.ts'
import { PrometheusLabels, type LabelSettings } from '#src/naming/prometheus-labels.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { Encoding, EncodingEvents } from '#src/push/encoding.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import type { Intake } from '#src/queue/intake.ts'
import { BatchEncoder, type EncodingDrop } from '#src/remote/batch-encoder.ts'
import { RequestBuilder } from '#src/remote/request-builder.ts'
import { SeriesNaming } from '#src/remote/series-naming.ts'
import type { SeriesWriter } from '#src/remote/series-writer.ts'
import { compress } from '#src/remote/snappy.ts'
import { LabelTable } from '#src/remote/v1/label-table.ts'
import { metadataMessages } from '#src/remote/v1/metadata.ts'
import { LabelSeriesWriter } from '#src/remote/v1/series-writer.ts'
import { RequestSymbols } from '#src/remote/v2/request-symbols.ts'
import { SymbolSeriesWriter } from '#src/remote/v2/series-writer.ts'
import { SymbolTable } from '#src/remote/v2/symbol-table.ts'
import { compileRules, type RemoteWriteConfig } from './config.ts'
import type { ProtocolVersion } from './protocol.ts'

/** How much memory of requests that were sent is kept for later ones. */
const maxIdleBytes = 1 << 25

/** All that turns batches into requests of one version of remote write. */
export class RemoteWriteEncoding implements Encoding {
  readonly format: ProtocolVersion
  readonly #encoder: BatchEncoder
  readonly #builders: readonly RequestBuilder[]
  readonly #settings: LabelSettings
  readonly #clock: Clock
  readonly #events: EncodingEvents<EncodingDrop>

  constructor(
    version: ProtocolVersion,
    config: RemoteWriteConfig,
    clock: Clock,
    events: EncodingEvents<EncodingDrop>,
  ) {
    this.format = version
    this.#clock = clock
    this.#events = events
    this.#settings = labelSettings(config, {
      constLabels: config.external_labels,
      scopeInfo: !config.disable_scope_info,
    })
    const pool = new BufferPool(maxIdleBytes)
    const symbols = version === '2.0' ? new SymbolTable() : undefined
    const writer: SeriesWriter =
      symbols === undefined
        ? new LabelSeriesWriter(new LabelTable())
        : new SymbolSeriesWriter(symbols, config.send_metadata ?? true)
    const limits = { maxBytes: config.max_batch_size_bytes, maxSamples: config.max_samples_per_send }
    this.#builders = Array.from(
      { length: config.remote_write_queue.num_consumers },
      (_, shard) =>
        new RequestBuilder({
          shard,
          format: version,
          limits,
          pool,
          symbols: symbols === undefined ? undefined : new RequestSymbols(symbols),
          now: () => clock.monotonic(),
          done: (request) => events.done(request),
        }),
    )
    this.#encoder = new BatchEncoder({
      naming: new SeriesNaming(new PrometheusLabels(this.#settings), compileRules(config)),
      writer,
      builders: this.#builders,
      forms: {
        exponentialIsNative: config.send_native_histograms,
        explicitIsNative: config.convert_explicit_histograms_to_nhcb,
        keepsClassic: config.keep_classic_histograms,
      },
      sendExemplars: config.send_exemplars,
      targetInfo: config.target_info.enabled,
      encoded: (points, bytes) => events.encoded(points, bytes),
      dropped: (intake, points, reason) => events.dropped(intake, points, reason),
    })
  }

  get bytes(): number {
    let bytes = 0
    for (const builder of this.#builders) bytes += builder.bytes
    return bytes
  }

  *encode(batches: readonly Batch[], intake: Intake): Generator<void, void> {
    for (const batch of batches) yield* this.#encoder.encode(batch, intake)
  }

  forget(source: Source): void {
    this.#encoder.forget(source)
  }

  flush(): void {
    for (const builder of this.#builders) builder.flush()
  }

  /** Sends what is said of families, in requests of their own; version 2.0 says it with each series. */
  sendMetadata(): void {
    if (this.format === '2.0') return
    for (const message of metadataMessages(this.#series(), this.#settings.translation)) {
      this.#events.done({
        shard: 0,
        format: '1.0',
        body: compress(message),
        shares: [],
        samples: 0,
        queuedAt: this.#clock.monotonic(),
        release: () => undefined,
      })
    }
  }

  *#series(): Generator<Series> {
    for (const { layout } of this.#encoder.sources())
      for (const series of layout.series) if (series !== undefined) yield series
  }
}
