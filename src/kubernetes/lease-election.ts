import type { Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { AccessRule } from './access-rule.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import type { KubernetesObject } from './object.ts'
import { ruleFor, type Resource } from './resource.ts'

/** Leases, by which Kubernetes' own controllers elect who acts. */
export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  name: 'leases',
  namespaced: true,
}

const leaseVerbs = ['get', 'create', 'update']

/** What must be allowed to take part in an election. What is yet to be made has no name that a rule could be about. */
export function leaseAccess(namespace: string, name: string): AccessRule[] {
  const { group, name: resource } = leases
  return [
    { group, resource, verbs: leaseVerbs.filter((verb) => verb !== 'create'), namespace, name },
    { group, resource, verbs: ['create'], namespace },
  ]
}

/** Those of Kubernetes' own controllers, in milliseconds. */
export const leaseTimings = {
  /** How long others leave alone a lease that is not renewed. */
  leaseMs: 15_000,
  /** How long after its last renewal a leader acts. */
  renewDeadlineMs: 10_000,
  /** From one attempt to the next. */
  retryMs: 2000,
} as const

/** What an election is about. */
export interface ElectionSettings {
  readonly api: ApiClient
  readonly namespace: string
  /** Of the lease. Whoever names the same one is elected among. */
  readonly name: string
  /** Differs from that of all others: the name of the pod, and something at random. */
  readonly identity: string
  readonly logger: Logger
  readonly random?: () => number
  /** Told when it begins or ceases to lead. Ask `leading` before each act all the same. */
  onChange?(leading: boolean): void
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

/**
 * Takes part in the election of one among many by a Lease, as Kubernetes' own controllers do. It relies on no clock but the
 * monotonic one of this process: it leads only for as long after its last renewal as nobody else can have taken over, so
 * that a process that was stopped in between does not act when it goes on.
 */
export class LeaseElection {
  readonly #settings: ElectionSettings
  readonly #clock: Clock
  readonly #random: () => number
  readonly #stop = new AbortController()
  /** The lease as it was last seen, and since when it is so. */
  #seen: { readonly lease: KubernetesObject; readonly since: number } | undefined
  /** When the last renewal was sent that the server has taken. */
  #renewed: number | undefined
  #told = false
  #failing = false
  #cancelTimer: (() => void) | undefined
  #attempt: Promise<void> | undefined

  constructor(settings: ElectionSettings) {
    this.#settings = settings
    this.#clock = settings.api.clock
    this.#random = settings.random ?? Math.random
  }

  /** Whether this one may act, now. */
  get leading(): boolean {
    if (this.#renewed === undefined) return false
    return this.#clock.monotonic() - this.#renewed < leaseTimings.renewDeadlineMs
  }

  start(): void {
    this.#attempt ??= this.#try()
  }

  /** Ends it. A leader lets go of the lease, so that another need not wait until it has run out. */
  async stop(): Promise<void> {
    const led = this.leading
    this.#stop.abort(new Error('the election was stopped'))
    this.#cancelTimer?.()
    await this.#attempt
    this.#renewed = undefined
    this.#tell()
    if (led) await this.#letGo()
  }

  async #try(): Promise<void> {
    const { renewDeadlineMs } = leaseTimings
    const { signal } = this.#stop
    const limit = new AbortController()
    const giveUp = (): void => limit.abort(new Error('the API server did not answer in time'))
    const cancel = this.#clock.after(renewDeadlineMs / 2, giveUp)
    try {
      await this.#claim(AbortSignal.any([signal, limit.signal]))
      if (this.#failing) this.#settings.logger.info('the lease can be asked for again', this.#fields())
      this.#failing = false
    } catch (error) {
      if (!signal.aborted) this.#failed(error)
    } finally {
      cancel()
    }
    if (signal.aborted) return
    this.#tell()
    this.#cancelTimer = this.#clock.after(this.#waitMs(), () => {
      this.#tell()
      this.#attempt = this.#try()
    })
  }

  /**
   * A little less than others wait, at random, so that not all come at once; and no longer than the lease of another lasts, so
   * that whoever waits has it at most 17 s after its holder is gone: 2 s until the last renewal is seen, and 15 s.
   */
  #waitMs(): number {
    const waitMs = leaseTimings.retryMs * (1 - 0.2 * this.#random())
    const { lease, since } = this.#seen ?? {}
    if (this.leading || lease === undefined || since === undefined || this.#failing) return waitMs
    const leftMs = since + durationMs(lease) - this.#clock.monotonic()
    return leftMs > 0 ? Math.min(waitMs, leftMs) : waitMs
  }

  /** Renews the lease, takes it where it is free, or sees who has it. */
  async #claim(signal: AbortSignal): Promise<void> {
    const { api, namespace, identity, name } = this.#settings
    // Whoever holds it knows how it is: one request is enough.
    const held = this.#seen !== undefined && specOf(this.#seen.lease).holderIdentity === identity
    const lease = held ? this.#seen?.lease : await this.#read(signal)
    const from = this.#clock.monotonic()
    try {
      if (lease === undefined) {
        const wish = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } }
        this.#taken(await api.create(leases, namespace, { ...wish, spec: this.#spec({}) }, signal), from)
      } else if (this.#isFree(lease)) {
        const claimed = { ...lease, spec: this.#spec(specOf(lease)) }
        this.#taken(await api.replace(leases, namespace, claimed, signal), from)
      } else this.#renewed = undefined
    } catch (error) {
      if (!(error instanceof ApiError) || ![404, 409].includes(error.code)) throw error
      // Somebody else was faster, or the lease was removed.
      this.#renewed = undefined
      this.#seen = undefined
    }
  }

  async #read(signal: AbortSignal): Promise<KubernetesObject | undefined> {
    const { api, namespace, name } = this.#settings
    try {
      const lease = await api.read(leases, namespace, name, signal)
      if (lease.metadata.resourceVersion !== this.#seen?.lease.metadata.resourceVersion)
        this.#seen = { lease, since: this.#clock.monotonic() }
      return lease
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    }
  }

  /** Nobody's, one's own, or not renewed for as long as its holder said, by this process's own clock. */
  #isFree(lease: KubernetesObject): boolean {
    const { holderIdentity = '' } = specOf(lease)
    if (holderIdentity === '' || holderIdentity === this.#settings.identity) return true
    const since = this.#seen?.since ?? this.#clock.monotonic()
    return this.#clock.monotonic() - since >= durationMs(lease)
  }

  #spec({ holderIdentity, acquireTime, leaseTransitions = 0 }: LeaseSpec): LeaseSpec {
    const { identity } = this.#settings
    const now = microTime(this.#clock.now())
    const isMine = holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseTimings.leaseMs / 1000,
      acquireTime: isMine ? (acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isMine || holderIdentity === undefined ? leaseTransitions : leaseTransitions + 1,
    }
  }

  #taken(lease: KubernetesObject, from: number): void {
    this.#seen = { lease, since: this.#clock.monotonic() }
    this.#renewed = from
  }

  async #letGo(): Promise<void> {
    const { api, namespace, logger } = this.#settings
    const lease = this.#seen?.lease
    if (lease === undefined) return
    const spec = { ...specOf(lease), holderIdentity: '', leaseDurationSeconds: 1 }
    try {
      await api.replace(leases, namespace, { ...lease, spec }, AbortSignal.timeout(2000))
    } catch (error) {
      logger.debug('the lease was not let go of: it runs out', {
        ...this.#fields(),
        error: describeError(error),
      })
    }
  }

  #tell(): void {
    const { leading } = this
    if (leading === this.#told) return
    this.#told = leading
    this.#settings.logger.info(leading ? 'this one leads now' : 'this one leads no more', this.#fields())
    this.#settings.onChange?.(leading)
  }

  #failed(error: unknown): void {
    const { logger } = this.#settings
    const forbidden = error instanceof ApiError && error.code === 403
    const advice = forbidden ? `; add the rule ${ruleFor(leases, leaseVerbs)} to its Role` : ''
    if (!this.#failing)
      logger.warn('the lease cannot be asked for', {
        ...this.#fields(),
        error: `${describeError(error)}${advice}`,
      })
    this.#failing = true
  }

  #fields() {
    const { namespace, name, identity } = this.#settings
    return { lease: `${namespace}/${name}`, identity }
  }
}

function specOf(lease: KubernetesObject): LeaseSpec {
  return lease['spec'] ?? {}
}

/** How long a lease lasts after its last renewal, as its holder said. */
function durationMs(lease: KubernetesObject): number {
  const { leaseDurationSeconds } = specOf(lease)
  return leaseDurationSeconds === undefined ? leaseTimings.leaseMs : leaseDurationSeconds * 1000
}

/** As Kubernetes writes `MicroTime`. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
