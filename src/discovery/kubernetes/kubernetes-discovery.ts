import { fingerprintOf } from '#src/config/fingerprint.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { watchAccess, type AccessRule, type Account } from '#src/kubernetes/access-rule.ts'
import type { DiscoveredLabels, Discovery } from '../discovery.ts'
import { checkKubernetesOptions, type KubernetesConfig } from './options.ts'
import { roles } from './roles.ts'
import { TargetFinder } from './target-finder.ts'
import { watchedNamespaces, watchedObjects, watchedScope } from './watched-scopes.ts'

/** Those that run in this thread, by what they find. */
const running = new Map<string, TargetFinder>()

/**
 * Tells the targets that a cluster of Kubernetes has. Jobs with the same options share one finder: its labels are made once,
 * and there once in memory.
 */
export class KubernetesDiscovery implements Discovery {
  readonly #config: KubernetesConfig
  readonly #surroundings: ClientSurroundings
  #leave: (() => void) | undefined

  /** @throws {ConfigError} for options that do not go together */
  constructor(config: KubernetesConfig, surroundings: ClientSurroundings) {
    checkKubernetesOptions(config, surroundings)
    this.#config = config
    this.#surroundings = surroundings
  }

  access({ namespace: own }: Account): AccessRule[] {
    const { role, attach_metadata: attached } = this.#config
    const watched = [...watchedObjects(roles[role], attached)]
    return watchedNamespaces(this.#config, own).flatMap((namespace) =>
      watched.map((each) => watchAccess(watchedScope(this.#config, each, namespace))),
    )
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    const key = fingerprintOf(this.#config)
    const finder = running.get(key) ?? new TargetFinder(this.#config, this.#surroundings)
    running.set(key, finder)
    finder.join(onTargets)
    this.#leave = () => {
      finder.leave(onTargets)
      if (!finder.used && running.get(key) === finder) running.delete(key)
    }
  }

  stop(): void {
    this.#leave?.()
    this.#leave = undefined
  }
}
