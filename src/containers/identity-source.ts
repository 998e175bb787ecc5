import type { KnownIdentity, PodIdentity } from './container-identity.ts'

/** What a source knows. */
export interface KnownContainers {
  readonly containers: readonly KnownIdentity[]
  /** Pods of which it knows more than their containers tell. */
  readonly pods: readonly PodIdentity[]
}

/** Tells of containers: a runtime, or the files that one leaves. */
export interface IdentitySource {
  /** For messages: the path of the socket or the folder. */
  readonly address: string
  /**
   * All that it knows of now.
   *
   * @throws Error where it does not answer
   */
  list(signal: AbortSignal): Promise<KnownContainers>
  close(): void
}
