import type { Clock } from '#src/component/clock.ts'
import { fileErrorText, readBoundedFile } from '#src/config/bounded-file.ts'
import { stampsOf } from '#src/config/file-watch.ts'
import type { Secret } from '#src/config/secret.ts'
import { ClientError } from './client-error.ts'

/** A file is looked at this often while it is used, so that what replaced it is in use within seconds. */
const lookMs = 2000

/** A text that may change while it is used. */
export interface Text {
  /**
   * The text as it is now, without white space around it.
   *
   * @throws {ClientError} `credentials_unavailable`, naming the option, never the text
   */
  read(): string
  /** Looks anew the next time, however short ago it looked. */
  renew(): void
}

/** The text that stands in the configuration itself. */
export function fixedText(text: string | Secret): Text {
  return { read: () => (typeof text === 'string' ? text : text.reveal()), renew: () => undefined }
}

/**
 * The text of a file, which is read again when it was written, replaced, or a link to it was swapped. It is read when it
 * is needed, synchronously: secrets are small files of a memory file system.
 */
export class FileText implements Text {
  readonly #option: string
  readonly #file: string
  readonly #clock: Clock
  #looked = -Infinity
  #stamp = ''
  #text: string | undefined

  /** @param option what to call it in messages: `basic_auth.password_file` */
  constructor(option: string, file: string, clock: Clock) {
    this.#option = option
    this.#file = file
    this.#clock = clock
  }

  read(): string {
    const now = this.#clock.monotonic()
    if (this.#text !== undefined && now - this.#looked < lookMs) return this.#text
    this.#looked = now
    // Taken before the file is read, so that a change meanwhile is seen.
    const stamp = stampsOf([this.#file])
    if (this.#text !== undefined && stamp === this.#stamp) return this.#text
    try {
      this.#text = readBoundedFile(this.#file).trim()
      this.#stamp = stamp
      return this.#text
    } catch (error) {
      this.#text = undefined
      throw new ClientError(
        'credentials_unavailable',
        `cannot read ${this.#option}: ${fileErrorText(error)}`,
        {
          cause: error,
        },
      )
    }
  }

  renew(): void {
    this.#looked = -Infinity
    this.#stamp = ''
  }
}

/** The text of an option that may stand in the file or in another one; undefined where neither is given. */
export function configuredText(
  option: string,
  text: string | Secret | undefined,
  file: string | undefined,
  clock: Clock,
): Text | undefined {
  if (file !== undefined && file !== '') return new FileText(`${option}_file`, file, clock)
  return text === undefined ? undefined : fixedText(text)
}
