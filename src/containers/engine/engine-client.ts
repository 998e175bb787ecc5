import { request, type IncomingMessage } from 'node:http'

/** A list of thousands of containers. */
const maxAnswerBytes = 16 * 1024 * 1024

const callMs = 10_000

/** Why an engine did not answer. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  /** The status of HTTP; undefined where there was none. */
  readonly status: number | undefined

  constructor(message: string, status?: number, options?: { readonly cause: unknown }) {
    super(message, options)
    this.status = status
  }
}

/** Asks Docker or podman, which speak HTTP with JSON over a unix socket. */
export class EngineClient {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  /**
   * The parsed answer to a path of the API.
   *
   * @throws EngineError, or the signal's reason
   */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
    const { status, body } = await this.#answer(path, until)
    if (status !== 200)
      throw new EngineError(`${this.#socket} answered ${path} with the status ${status}`, status)
    try {
      return JSON.parse(body)
    } catch (error) {
      throw new EngineError(`${this.#socket} answered ${path} with what is no JSON`, status, { cause: error })
    }
  }

  async #answer(path: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { host: 'localhost', accept: 'application/json' }
    const asked = request({ socketPath: this.#socket, path, headers, signal, agent: false }, resolve)
    asked.on('error', reject).end()
    try {
      const answer = await promise
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > maxAnswerBytes)
          throw new EngineError(`${this.#socket} answered ${path} with more than ${maxAnswerBytes} bytes`)
        chunks.push(chunk)
      }
      return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
    } catch (error) {
      asked.destroy()
      if (error instanceof EngineError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new EngineError(`${this.#socket} did not answer ${path}: ${why}`, undefined, { cause: error })
    }
  }
}
