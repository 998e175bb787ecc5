/** How many sentences are told to a sender. */
const mostSentences = 3

/** Data points of one request that are not taken though the request is, and why. */
export class Rejections {
  /** By reason, one word each, as they are counted. */
  readonly byReason = new Map<string, number>()
  readonly #sentences = new Set<string>()
  /** How many there are. */
  points = 0

  /** @param sentence for the sender; the first few that differ are told */
  add(reason: string, points: number, sentence: string): void {
    if (points === 0) return
    this.points += points
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + points)
    if (this.#sentences.size < mostSentences) this.#sentences.add(sentence)
  }

  /** Why, for the sender; empty where there are none. */
  get message(): string {
    return [...this.#sentences].join('; ')
  }
}
