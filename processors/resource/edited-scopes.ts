import type { AttributeEdit } from '#src/attributes/actions.ts'
import { makeScope, type Resource, type Scope } from '#src/model/resource.ts'
import { resourceSet, withResourceAttributes } from '#src/otlp/derived-resource.ts'

/**
 * Scopes with edited resources. All series of a scope share one edited scope, all scopes of a resource one edited
 * resource; both go when the scope goes that they were made of.
 */
export class EditedScopes {
  readonly #edit: AttributeEdit
  readonly #scopes = new WeakMap<Scope, Scope>()
  readonly #resources = new WeakMap<Resource, Resource>()

  constructor(edit: AttributeEdit) {
    this.#edit = edit
  }

  /** The scope that takes the place of this one; the same where its resource stays as it is. */
  of(scope: Scope): Scope {
    let edited = this.#scopes.get(scope)
    if (edited === undefined) {
      const resource = this.#editedResource(scope.resource)
      edited = resource === scope.resource ? scope : makeScope(resource, scope)
      this.#scopes.set(scope, edited)
    }
    return edited
  }

  #editedResource(resource: Resource): Resource {
    let edited = this.#resources.get(resource)
    if (edited === undefined) {
      const attributes = this.#edit(resourceSet(resource))
      edited = attributes === undefined ? resource : withResourceAttributes(resource, attributes)
      this.#resources.set(resource, edited)
    }
    return edited
  }
}
