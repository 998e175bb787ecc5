import type { KubeletClient } from '#src/kubelet/client.ts'

/** The pods that a kubelet has, as its own `/pods` tells them. */
export class KubeletPods {
  readonly #client: Pick<KubeletClient, 'getText' | 'close'>
  readonly #timeoutMs: number
  #running: Promise<string> | undefined

  constructor(client: Pick<KubeletClient, 'getText' | 'close'>, timeoutMs: number) {
    this.#client = client
    this.#timeoutMs = timeoutMs
  }

  /**
   * The list as JSON; those who ask at the same time share one answer.
   *
   * @throws what the client throws
   */
  async list(): Promise<string> {
    this.#running ??= this.#client
      .getText('/pods', this.#timeoutMs)
      .finally(() => (this.#running = undefined))
    return await this.#running
  }

  close(): void {
    this.#client.close()
  }
}
