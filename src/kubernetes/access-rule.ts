import type { Scope } from './resource.ts'

/** What somebody must be allowed to do with objects of an API server, as RBAC divides it. */
export interface AccessRule {
  /** The group of the resource; empty for the core group. */
  readonly group: string
  /** The plural, with a subresource where that is meant: `pods`, `nodes/stats`. */
  readonly resource: string
  readonly verbs: readonly string[]
  /** Where; in all namespaces, or outside of any, where absent. */
  readonly namespace?: string | undefined
  /** The one object that is meant; any where absent. */
  readonly name?: string | undefined
}

/** Who will do what rules allow. */
export interface Account {
  readonly namespace: string
  readonly name: string
}

/** What one does to know the objects of a scope. */
export const watchVerbs = ['list', 'watch'] as const

/** What must be allowed to watch the objects of a scope. */
export function watchAccess({ resource, namespace, fieldSelector }: Scope): AccessRule {
  const [, name] = /^metadata\.name=([^,]+)$/.exec(fieldSelector ?? '') ?? []
  return { group: resource.group, resource: resource.name, verbs: watchVerbs, namespace, name }
}
