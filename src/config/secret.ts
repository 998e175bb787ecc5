import { inspect } from 'node:util'

const hidden = '[REDACTED]'

/** A text that never prints: not in logs, errors, JSON, string concatenation or `console.log`. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself: for the one place that sends or compares it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}
