import { staleBatch, type Batch } from '#src/model/batch.ts'
import { emptyLayout, endedSlots, Layout } from '#src/model/layout.ts'
import { Source } from '#src/model/source.ts'
import type { Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'

/** What a link knows of one source. */
interface Track {
  /** The source as the pipeline names it. */
  readonly upstream: Source
  /** The source as the exporter knows it: this pipeline's alone. */
  readonly own: Source
  /** Which chain it came by. */
  readonly generation: number
  seen: Layout | undefined
  layout: Layout
}

/**
 * The way from one pipeline to one exporter. It gives the exporter a source of its own for each source of the
 * pipeline, since two pipelines may bring the same source in different shapes. It outlives a reload: when a source
 * comes back by a new chain, or from a new instance of its receiver, the series that it no longer has get stale
 * markers, and the exporter forgets the old source for the new one without a gap.
 */
export class Link implements Consumer {
  readonly #exporter: Consumer
  readonly #tracks = new Map<string, Track>()
  #generation = 0
  #reloading = false
  /** The sources that took over from an older one since the last reload. */
  readonly #spoken = new Set<string>()

  constructor(exporter: Consumer) {
    this.#exporter = exporter
  }

  /** The number of sources it knows. */
  get sources(): number {
    return this.#tracks.size
  }

  /** Empty batches end here: they were only needed to see that a source still speaks. */
  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const handed: Batch[] = []
    for (const batch of batches) {
      const track = this.#trackOf(batch)
      if (batch.layout !== track.seen) follow(track, batch.layout)
      if (batch.size > 0) handed.push(batch.withLayout(track.layout))
    }
    return handed.length === 0 || this.#exporter.consume(handed, receipt)
  }

  forget(source: Source): void {
    const track = this.#tracks.get(source.id)
    if (track?.upstream !== source || this.#reloading) return
    this.#tracks.delete(source.id)
    this.#exporter.forget(track.own)
  }

  /** A reload begins: sources that are forgotten from now on may come back, by a new chain or a new receiver. */
  beginReload(): void {
    this.#reloading = true
    this.#spoken.clear()
  }

  /** The reload is over. Where the chain was replaced, what comes by the new one takes over from what came by the old. */
  endReload(chainReplaced: boolean): void {
    this.#reloading = false
    if (chainReplaced) this.#generation++
  }

  /**
   * Ends sources with stale markers: those that `gone` picks, of the generation before or not.
   *
   * @param time Unix time in milliseconds
   */
  end(gone: (source: Source) => boolean, time: number): void {
    for (const [id, track] of this.#tracks) {
      if (!gone(track.upstream)) continue
      this.#tracks.delete(id)
      this.#leave(track, emptyLayout(track.own), time)
    }
  }

  /**
   * Ends the sources that have been silent since the last reload: those of an older chain, and those of receivers
   * that were replaced and whose new instance did not bring them.
   */
  endSilent(replacedReceivers: ReadonlySet<string>, time: number): void {
    this.end(({ id, receiver }) => {
      if (this.#spoken.has(id)) return false
      return this.#tracks.get(id)?.generation !== this.#generation || replacedReceivers.has(receiver)
    }, time)
  }

  #trackOf(batch: Batch): Track {
    const upstream = batch.layout.source
    const known = this.#tracks.get(upstream.id)
    if (known !== undefined && known.upstream === upstream && known.generation === this.#generation)
      return known
    const own = new Source(upstream.receiver, upstream.part)
    const track = { upstream, own, generation: this.#generation, seen: undefined, layout: emptyLayout(own) }
    this.#tracks.set(upstream.id, track)
    this.#spoken.add(upstream.id)
    if (known !== undefined) this.#leave(known, batch.layout, batch.time)
    return track
  }

  #leave(track: Track, successor: Layout, time: number): void {
    const ended = endedSlots(track.layout, successor)
    if (ended.length > 0) this.#exporter.consume([staleBatch(track.layout, ended, time)])
    this.#exporter.forget(track.own)
  }
}

function follow(track: Track, layout: Layout): void {
  const follows = track.seen !== undefined && layout.previous === track.seen.id
  track.layout = new Layout(
    track.own,
    layout.series,
    layout.size,
    follows ? track.layout : undefined,
    follows ? layout.edits : [],
  )
  track.seen = layout
}
