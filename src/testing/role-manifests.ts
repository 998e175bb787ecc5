import { parseAllDocuments } from 'yaml'

/** A manifest that `weir rbac` prints, so far as tests look at it. */
export interface RoleManifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** The manifests of a text, in their order. */
export function manifestsIn(text: string): RoleManifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as RoleManifest)
}
