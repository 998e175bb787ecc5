/**
 * Answers that are kept, bounded: by default 1,000 of texts up to 256 characters, at most half a megabyte. Names and
 * label values repeat over the series of a cycle and seldom over 1,000 at a time; a longer text is computed each time, so
 * that no hostile one is held. A full memo is emptied: what is still in use comes back at once, and there is no order to
 * keep on a hit.
 */
export class Memo<Answer> {
  readonly #answers = new Map<string, Answer>()
  readonly #bound: number
  readonly #longest: number

  constructor(bound = 1000, longest = 256) {
    this.#bound = bound
    this.#longest = longest
  }

  get size(): number {
    return this.#answers.size
  }

  /** The answer for a text: the kept one, else the one that is computed now. */
  of(text: string, compute: (text: string) => Answer): Answer {
    const known = this.#answers.get(text)
    if (known !== undefined || this.#answers.has(text)) return known as Answer
    const answer = compute(text)
    if (text.length > this.#longest) return answer
    if (this.#answers.size >= this.#bound) this.#answers.clear()
    this.#answers.set(text, answer)
    return answer
  }
}
