import type { ReceiverContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import type { Facts, Subject } from '#src/naming/facts.ts'

/** What one row of the summary is about: a node, a pod, a container, a volume. */
interface Tracked {
  readonly recorder: Recorder
  readonly source: Source
  subject: Subject
  /** What the subject was made of beside its key. */
  made: string
  cycle: number
}

/** A row of this cycle. */
export interface Row {
  /** Tells it from all others, and stays the same. */
  readonly key: string
  /** What its subject is made of beside the key; with another one it is made anew. */
  readonly made?: string
  readonly subject: () => Subject
  /** Since when it counts; null is not known. */
  readonly since: Date | null
  readonly write: () => void
}

/**
 * The rows of summaries, from the one in which each is first seen to the one in which it is gone. Each is a source, so that its
 * cumulative values have a start of their own.
 */
export class TrackedRows {
  readonly #context: ReceiverContext
  readonly #facts: Facts
  readonly #tracked = new Map<string, Tracked>()
  /** Those whose markers are on their way. */
  #ended: Tracked[] = []
  #cycle = 0

  constructor(facts: Facts, context: ReceiverContext) {
    this.#facts = facts
    this.#context = context
  }

  /**
   * Writes the rows of one cycle; those that were there before and are not any more end with stale markers.
   *
   * @param time of the samples, Unix milliseconds
   */
  write(rows: Iterable<Row>, time: number): Batch[] {
    this.#cycle++
    const batches: Batch[] = []
    for (const row of rows) {
      const tracked = this.#trackedOf(row)
      // The API lists no row twice; a body that does is answered by its first.
      if (tracked.cycle === this.#cycle) continue
      tracked.cycle = this.#cycle
      batches.push(...this.#record(tracked, row, time))
    }
    for (const [key, tracked] of this.#tracked) {
      if (tracked.cycle !== this.#cycle) batches.push(...this.#end(key, tracked, time))
    }
    return batches
  }

  /** Tells the pipelines that rows of the last cycle are no more, once their markers are on their way. */
  forgetEnded(): void {
    for (const { recorder, source } of this.#ended) {
      recorder.dispose()
      this.#context.forget(source)
    }
    this.#ended = []
  }

  /** Forgets everything, at the end of the receiver. */
  dispose(): void {
    for (const { recorder } of this.#tracked.values()) recorder.dispose()
    this.#tracked.clear()
  }

  #trackedOf({ key, made = '', subject }: Row): Tracked {
    let tracked = this.#tracked.get(key)
    if (tracked === undefined) {
      const source = new Source(this.#context.id, key)
      tracked = { recorder: new Recorder(source), source, subject: subject(), made, cycle: 0 }
      this.#tracked.set(key, tracked)
    } else if (tracked.made !== made) {
      tracked.subject = subject()
      tracked.made = made
    }
    return tracked
  }

  #record({ recorder, subject }: Tracked, { write, since }: Row, time: number): Batch[] {
    this.#facts.turnTo(recorder, subject)
    this.#facts.begin()
    write()
    const batches = this.#facts.end(time, since?.getTime())
    this.#context.ledger.dropped.add('duplicate_series', recorder.duplicates)
    return batches
  }

  #end(key: string, tracked: Tracked, time: number): Batch[] {
    this.#tracked.delete(key)
    this.#ended.push(tracked)
    this.#facts.turnTo(tracked.recorder, tracked.subject)
    this.#facts.begin()
    return this.#facts.end(time)
  }
}
