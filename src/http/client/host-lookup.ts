import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ClientError } from './client-error.ts'

/** Gives the addresses of a name, best first. Rejects with the codes of node:dns. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** The system's resolver: /etc/hosts and search domains included. */
export const lookupBySystem: Lookup = async (host) => {
  const found = await systemLookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

const notFound = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])

/**
 * Looks names up, each once at a time: whoever gave up on a slow lookup finds it still running, so that a name that
 * hangs takes one of libuv's few threads, not all.
 */
export class HostLookup {
  readonly #lookup: Lookup
  readonly #running = new Map<string, Promise<readonly string[]>>()

  constructor(lookup: Lookup = lookupBySystem) {
    this.#lookup = lookup
  }

  /**
   * The addresses of a host, which may be one.
   *
   * @throws {ClientError} `dns_not_found`, `dns_failed`, or the signal's reason
   */
  async addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host]
    let running = this.#running.get(host)
    if (running === undefined) {
      running = this.#lookup(host).finally(() => this.#running.delete(host))
      this.#running.set(host, running)
    }
    try {
      const found = await untilAborted(running, signal)
      if (found.length > 0) return found
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      if (!notFound.has(code)) {
        throw new ClientError('dns_failed', `the name ${host} could not be looked up: ${code}`, {
          cause: error,
        })
      }
    }
    throw new ClientError('dns_not_found', `the name ${host} is not known`)
  }
}

/** What is promised, unless the signal comes first. */
export async function untilAborted<Result>(promised: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return await new Promise<Result>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
    // Also where nobody waits any more: a rejection that nobody takes would end the process.
    promised.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  })
}
