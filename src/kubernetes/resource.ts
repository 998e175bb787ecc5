/** A kind of object that an API server has, as its URLs name it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  /** The plural, as in URLs and in RBAC rules: `pods`. */
  readonly name: string
  /** Whether its objects are in namespaces. */
  readonly namespaced: boolean
}

/**
 * How much of objects is told: no more than their metadata, or that and what `kubectl get` shows of them in columns. The API
 * server then reads the rest of a config map or a secret, and sends none of it.
 */
export type ObjectForm = 'metadata' | 'table'

/** Which objects of a resource are wanted. */
export interface Scope {
  readonly resource: Resource
  /** All namespaces where absent. */
  readonly namespace?: string | undefined
  /** As `kubectl --selector` has it. */
  readonly labelSelector?: string | undefined
  /** As `kubectl --field-selector` has it: `spec.nodeName=n1`. */
  readonly fieldSelector?: string | undefined
  /** How much of them; all where absent. */
  readonly form?: ObjectForm | undefined
}

/** The path of the objects of a resource, below that of the server. */
export function pathOf({ group, version, name, namespaced }: Resource, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const place = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${place}/${name}`
}

/** Equal for scopes of the same objects, told as fully. */
export function scopeKey({ resource, namespace, labelSelector, fieldSelector, form }: Scope): string {
  return JSON.stringify([pathOf(resource, namespace), labelSelector ?? '', fieldSelector ?? '', form ?? ''])
}

/** The resource as people name it: `deployments.apps`. */
export function resourceName({ group, name }: Resource): string {
  return group === '' ? name : `${name}.${group}`
}

/**
 * The rule of RBAC that lets one do something with a resource, in one line of YAML: ready to be put under `rules` of a Role
 * or ClusterRole.
 */
export function ruleFor({ group, name }: Resource, verbs: readonly string[]): string {
  return `{apiGroups: ["${group}"], resources: ["${name}"], verbs: [${verbs.map((verb) => `"${verb}"`).join(', ')}]}`
}
