import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { DropAnswer, Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'

/** What is done about data points that an encoding leaves out for a reason. */
export interface Omission {
  /** What who brought them is told. */
  readonly answer: Exclude<DropAnswer, 'resend'>
  /** What is said of them in the log, once a minute. */
  readonly message?: string
}

/** Told what an encoding does. Each data point of an intake is told once: encoded, or dropped. */
export interface EncodingEvents<Drop extends string = string> {
  /** So many points were put into a request, and took so many bytes. */
  encoded(points: number, bytes: number): void
  /** So many points are left out, and would be if they came again. */
  dropped(intake: Intake, points: number, reason: Drop): void
  /** Takes each request that is full. */
  done(request: EncodedRequest): void
}

/** All that turns batches into requests of one format. */
export interface Encoding {
  /** The format of its requests, as `EncodedRequest` has it. */
  readonly format: string
  /** Bytes that wait in requests that are not full. */
  readonly bytes: number
  /**
   * Encodes batches that came together. After each small piece of work it yields, so that other work gets its turn; when it is
   * not asked to go on, what it did not tell of is left out.
   */
  encode(batches: readonly Batch[], intake: Intake): Iterable<unknown>
  /** Forgets a source; it may come again, as if it were new. */
  forget(source: Source): void
  /** Finishes all requests. */
  flush(): void
}
