import { systemClock, type Clock } from '#src/component/clock.ts'
import { HttpClient, type HttpClientSettings } from '#src/http/client/http-client.ts'
import { ApiClient } from '#src/kubernetes/api-client.ts'
import { ApiStatistics } from '#src/kubernetes/api-statistics.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource, Scope } from '#src/kubernetes/resource.ts'
import type { Trouble } from '#src/kubernetes/retry.ts'
import { Watches, type Subscribed } from '#src/kubernetes/watches.ts'
import { CapturedLog } from './captured-log.ts'

export const pods: Resource = { group: '', version: 'v1', name: 'pods', namespaced: true }
export const nodes: Resource = { group: '', version: 'v1', name: 'nodes', namespaced: false }

/** A client of a server, for tests. */
export function apiClient(
  server: URL,
  { clock = systemClock, ...settings }: Partial<HttpClientSettings> & { clock?: Clock } = {},
): ApiClient {
  const client = new HttpClient({ clock, redirects: 'never', ...settings })
  return new ApiClient({ server, client, clock, statistics: new ApiStatistics() })
}

/** All versions of what a test watches: `namespace/name` and version. */
export function versionOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name} ${metadata.resourceVersion}`
}

/** One who watches, and keeps what he is told. */
export class Watcher implements Disposable {
  readonly log = new CapturedLog()
  readonly events: string[] = []
  readonly troubles: Trouble[] = []
  recoveries = 0
  readonly api: ApiClient
  readonly watches: Watches
  readonly #subscribed: Subscribed<string>

  /** @param random 0 has it wait as short as may be */
  constructor(api: ApiClient, scope: Scope, random: () => number = () => 0) {
    this.api = api
    this.watches = new Watches(api, this.log, random)
    this.#subscribed = this.watches.subscribe<string>({
      scope,
      projection: versionOf,
      set: (kept, before) => this.events.push(before === undefined ? `+ ${kept}` : `~ ${kept}`),
      deleted: (kept) => this.events.push(`- ${kept}`),
      synced: () => this.events.push('synced'),
      trouble: (trouble) => this.troubles.push(trouble),
      recovered: () => this.recoveries++,
    })
  }

  /** What it knows now, sorted. */
  get objects(): string[] {
    return [...this.#subscribed.objects()].toSorted()
  }

  get synced(): boolean {
    return this.#subscribed.synced
  }

  get failingSince(): number | undefined {
    return this.#subscribed.failingSince
  }

  /** How often it began anew, by reason. */
  get restarts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.api.statistics.watches].flatMap(({ restarts }) => [...restarts]))
  }

  /** Lists begun. */
  get lists(): number {
    return [...this.api.statistics.watches].reduce((sum, { lists }) => sum + lists, 0)
  }

  [Symbol.dispose](): void {
    this.#subscribed.close()
    this.api.close()
  }
}
