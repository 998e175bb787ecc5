/**
 * Who produced a batch: one scraper of a host, one scraped target, one peer. It is stable across layouts, and every
 * processor keeps it. Consumers that remember (exposition, staleness, state) key by source and slot.
 */
export class Source {
  /** The receiver's id and what it reads: `hostmetrics/cpu`, `prometheus/job/10.0.0.7:9100`. */
  readonly id: string
  /** The component id of the receiver. */
  readonly receiver: string
  /** What the receiver reads, unique among its sources; empty where it has but one. */
  readonly part: string
  /** Under what name its collections are shown: its part, unless several sources are one to the operator. */
  readonly collection: string

  constructor(receiver: string, part: string, collection = part) {
    this.receiver = receiver
    this.part = part
    this.collection = collection
    this.id = part === '' ? receiver : `${receiver}/${part}`
  }
}
