import type { Scope } from '#src/kubernetes/resource.ts'
import { watchedFor } from './attached.ts'
import type { KubernetesConfig } from './options.ts'
import type { Attached, Role, Watched } from './role.ts'
import { roles } from './roles.ts'

/** What is watched for the targets of a role: its own objects, and what they are made from beside. */
export function watchedObjects({ objects, others, attachable }: Role, attached: Attached): Set<Watched> {
  const beside = attachable.filter((what) => attached[what]).map((what) => watchedFor[what])
  return new Set([objects, ...others, ...beside].filter((watched) => watched !== undefined))
}

/**
 * The namespaces whose objects are discovered. Undefined stands for all; nodes are in none.
 *
 * @param own that of the pod that this runs in
 * @throws {Error} where that is wanted and not known
 */
export function watchedNamespaces(
  { role, namespaces }: KubernetesConfig,
  own: string | undefined,
): (string | undefined)[] {
  const { names, own_namespace: wantsOwn } = namespaces
  if (wantsOwn && own === undefined)
    throw new Error('the namespace of this pod is not known: there is no file that names it')
  if (!roles[role].objects.resource.namespaced || (names.length === 0 && !wantsOwn)) return [undefined]
  return [...new Set(wantsOwn ? [...names, own] : names)]
}

/** Which of those objects are watched, in one of those namespaces. */
export function watchedScope(
  { selectors }: KubernetesConfig,
  { resource }: Watched,
  namespace: string | undefined,
): Scope {
  const selector = selectors.find(({ role }) => roles[role].objects.resource === resource)
  return {
    resource,
    namespace: resource.namespaced ? namespace : undefined,
    labelSelector: selector?.label,
    fieldSelector: selector?.field,
  }
}
