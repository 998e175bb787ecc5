import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'

/** What a cluster says of its custom resources. */
export const customResourceDefinitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  name: 'customresourcedefinitions',
  namespaced: false,
}

/** A version of a custom resource that the API server serves. */
export interface ServedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

/** A custom resource of a cluster. */
export interface CustomDefinition {
  /** Of the definition: the plural and the group. */
  readonly name: string
  readonly served: readonly ServedKind[]
}

interface DefinitionSpec {
  readonly group?: string
  readonly scope?: string
  readonly names?: { readonly kind?: string; readonly plural?: string }
  readonly versions?: readonly { readonly name?: string; readonly served?: boolean }[]
}

interface DefinitionStatus {
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[]
}

/** What is kept of a CustomResourceDefinition. One function, so that all who ask share a watch. */
export function definitionOf(object: KubernetesObject): CustomDefinition {
  const { group = '', scope, names = {}, versions = [] } = (object['spec'] ?? {}) as DefinitionSpec
  const { kind = '', plural = '' } = names
  const { conditions = [] } = (object['status'] ?? {}) as DefinitionStatus
  // Before, the server answers that there is no such resource.
  const isEstablished = conditions.some(({ type, status }) => type === 'Established' && status === 'True')
  return {
    name: object.metadata.name,
    served: versions
      .filter(({ served, name }) => isEstablished && served === true && name !== undefined)
      .map(({ name: version = '' }) => ({
        group,
        version,
        kind,
        plural,
        namespaced: scope === 'Namespaced',
      })),
  }
}
