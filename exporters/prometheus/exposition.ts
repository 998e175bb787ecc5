import { setImmediate } from 'node:timers/promises'
import type { PipelineContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { labelSettings } from '#src/naming/label-options.ts'
import type { EscapingScheme } from '#src/naming/prometheus-escaping.ts'
import { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import type { NameTranslation } from '#src/naming/prometheus-names.ts'
import { capture } from './capture.ts'
import type { ChunkPool } from './chunk-pool.ts'
import type { PrometheusConfig } from './config.ts'
import { ExpositionWriter } from './exposition-writer.ts'
import type { WriteOptions } from './line-writer.ts'
import { FamilyIndex } from './family-index.ts'
import { LatestSamples } from './latest-samples.ts'
import type { Representation } from './representation.ts'
import { SeriesText } from './series-text.ts'
import { settle } from './settlement.ts'
import { Constants, constantsNumber } from './target-info.ts'

/** Sorting gives way to other work after so many milliseconds. */
const sliceMs = 10

const sweepIntervalMs = 60_000

/** An index for clients of some escaping scheme is given up when none came for so long. */
const unusedMs = 600_000

/** What is known of a source. */
interface Known {
  readonly samples: LatestSamples
  /** Slots whose rows were taken out because their samples were too old. */
  readonly expired: Set<number>
}

/** All that scrapes see: the latest samples of every source, and how their series are named. */
export class Exposition {
  readonly #context: PipelineContext
  readonly #config: PrometheusConfig
  readonly #labels: PrometheusLabels
  readonly #translation: NameTranslation
  readonly #sources = new Map<Source, Known>()
  /** Numbers of sources that have gone. */
  readonly #freeNumbers: number[] = []
  readonly #constants = new Constants()
  /** With the names as they are: what it shows is what is delivered. */
  readonly #index: FamilyIndex
  /** For clients that do not take all names as they are; made when the first of them comes. */
  readonly #escaped = new Map<EscapingScheme, { readonly index: FamilyIndex; lastUse: number }>()
  #sweep: Schedule | undefined

  constructor(config: PrometheusConfig, context: PipelineContext) {
    this.#config = config
    this.#context = context
    const settings = labelSettings(config, {
      constLabels: config.const_labels,
      scopeInfo: !config.without_scope_info,
    })
    this.#labels = new PrometheusLabels(settings)
    this.#translation = settings.translation
    this.#index = this.#makeIndex(undefined)
  }

  /** Begins to drop what is too old also when nobody scrapes. */
  start(): void {
    const { clock, logger } = this.#context
    this.#sweep = every(clock, sweepIntervalMs, () => this.#expire(), {
      onError: (error) => logger.error('old samples could not be dropped', { error }),
    })
  }

  async stop(): Promise<void> {
    await this.#sweep?.stop()
  }

  /** Takes a batch, and settles its points. */
  take(batch: Batch): void {
    const { layout } = batch
    const { samples, expired } = this.#knownOf(layout.source)
    if (layout !== samples.layout) {
      const before = samples.layout.series
      const changed = [...layout.changedSince(samples.layout)].filter(
        (slot) => layout.series[slot] !== before[slot],
      )
      for (const index of this.#indexes()) index.follow(samples, layout, changed)
      samples.follow(layout, changed)
      for (const slot of changed) expired.delete(slot)
    }
    if (expired.size > 0) {
      const back = batch.walk.filter((slot) => expired.delete(slot))
      for (const index of this.#indexes()) index.restore(samples, back)
    }
    const refused = samples.take(batch, this.#context.clock.monotonic())
    settle(batch, { samples, refused, index: this.#index }, this.#context)
  }

  /** Forgets a source and all its series. */
  forget(source: Source): void {
    const known = this.#sources.get(source)
    if (known === undefined) return
    for (const index of this.#indexes()) index.forget(known.samples)
    this.#sources.delete(source)
    this.#freeNumbers.push(known.samples.number)
  }

  /** Writes what there is when the first chunk is asked for; it yields to other work between chunks. */
  async *write(representation: Representation, pool: ChunkPool): AsyncGenerator<Buffer, void> {
    this.#expire()
    const index = this.#indexFor(representation.scheme)
    await sortInSlices(index)
    const all = [this.#constants.samples, ...[...this.#sources.values()].map(({ samples }) => samples)]
    const options: WriteOptions = {
      openMetrics: representation.openMetrics,
      timestamps: this.#config.send_timestamps,
      createdSamples: this.#config.created_samples,
    }
    for (const chunk of new ExpositionWriter(capture(index, all), options, pool).chunks()) {
      yield chunk
      await setImmediate()
    }
  }

  #knownOf(source: Source): Known {
    let known = this.#sources.get(source)
    if (known === undefined) {
      const number = this.#freeNumbers.pop() ?? constantsNumber + 1 + this.#sources.size
      known = { samples: new LatestSamples(source, number), expired: new Set() }
      this.#sources.set(source, known)
    }
    return known
  }

  *#indexes(): Generator<FamilyIndex> {
    yield this.#index
    for (const { index } of this.#escaped.values()) yield index
  }

  #makeIndex(scheme: EscapingScheme | undefined): FamilyIndex {
    const constants = this.#config.target_info.enabled ? this.#constants : undefined
    return new FamilyIndex(new SeriesText(this.#labels, this.#translation, scheme), constants)
  }

  #indexFor(scheme: EscapingScheme | undefined): FamilyIndex {
    // Where all names are classic ones, only `dots` writes them in another way.
    if (scheme === undefined || (scheme !== 'dots' && !this.#translation.utf8)) return this.#index
    const now = this.#context.clock.monotonic()
    const known = this.#escaped.get(scheme)
    if (known !== undefined) {
      known.lastUse = now
      return known.index
    }
    const index = this.#makeIndex(scheme)
    for (const { samples, expired } of this.#sources.values())
      index.restore(
        samples,
        samples.layout.live.filter((slot) => !expired.has(slot)),
      )
    this.#escaped.set(scheme, { index, lastUse: now })
    return index
  }

  #expire(): void {
    const now = this.#context.clock.monotonic()
    for (const [scheme, { lastUse }] of this.#escaped) {
      if (now - lastUse > unusedMs) this.#escaped.delete(scheme)
    }
    const { metric_expiration: expirationMs } = this.#config
    if (expirationMs === 0) return
    for (const { samples, expired } of this.#sources.values()) {
      const slots = samples.expire(now - expirationMs)
      for (const slot of slots) expired.add(slot)
      if (slots.length > 0) for (const index of this.#indexes()) index.remove(samples, slots)
    }
  }
}

async function sortInSlices(index: FamilyIndex): Promise<void> {
  let since = performance.now()
  for (const family of index.families()) {
    if (!family.rows.unordered) continue
    family.sort()
    if (performance.now() - since < sliceMs) continue
    await setImmediate()
    since = performance.now()
  }
}
