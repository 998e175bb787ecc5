import { inspect } from 'node:util'

/** What is shown in place of a secret. */
export const hiddenText = '[REDACTED]'

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
    return hiddenText
  }

  toJSON(): string {
    return hiddenText
  }

  [inspect.custom](): string {
    return hiddenText
  }
}
