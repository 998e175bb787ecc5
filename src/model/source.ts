/**
 * Who produced a batch: one scraper of a host, one scraped target, one peer. It is stable across layouts, and every
 * processor keeps it. Consumers that remember (exposition, staleness, state) key by source and slot.
 */
export class Source {
  /** The receiver's id and what it reads: `hostmetrics/cpu`, `prometheus/job/10.0.0.7:9100`. */
  readonly id: string
  /** The component id of the receiver. */
  readonly receiver: string

  constructor(receiver: string, part: string) {
    this.receiver = receiver
    this.id = part === '' ? receiver : `${receiver}/${part}`
  }
}
