/** What every object of Kubernetes says of itself. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  /** Unique for all time: an object that was deleted and made again has another. */
  readonly uid: string
  /** Differs after each change. */
  readonly resourceVersion: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** An object as the API server writes it. What else it has depends on its resource. */
export interface KubernetesObject {
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/**
 * Checks that JSON is an object of Kubernetes.
 *
 * @throws {Error} that says what it lacks
 */
export function asObject(value: unknown): KubernetesObject {
  const { metadata } = (value ?? {}) as { readonly metadata?: unknown }
  const { name, uid, resourceVersion } = (metadata ?? {}) as Readonly<Record<string, unknown>>
  if (typeof uid !== 'string' || typeof name !== 'string' || typeof resourceVersion !== 'string')
    throw new Error('an object from the API server lacks a name, a uid or a resourceVersion')
  return value as KubernetesObject
}

const decimal = /^[1-9]\d{0,19}$/

/**
 * Whether a resourceVersion is older than another of the same resource. Kubernetes has them as growing decimal numbers; others
 * cannot be compared, and none of them is older.
 */
export function isOlder(version: string, than: string): boolean {
  if (!decimal.test(version) || !decimal.test(than)) return false
  return version.length === than.length ? version < than : version.length < than.length
}
