import type { AttributeSet } from '#src/model/attribute-set.ts'
import type { Scope } from '#src/model/resource.ts'
import type { Metric, Role } from '#src/model/series.ts'

/** What is remembered during one pass over the series of a source; it does not outlive the pass, so nothing is given back. */
export class NamingMemo {
  readonly #sets = new Map<Scope, Map<AttributeSet, number>>()
  readonly #names = new Map<Metric, Map<Role, number>>()

  /** The numbers of label sets of a scope, by the attributes that they come from. */
  setsOf(scope: Scope): Map<AttributeSet, number> {
    return inner(this.#sets, scope)
  }

  /** The numbers of names of a metric's series, by role. */
  namesOf(metric: Metric): Map<Role, number> {
    return inner(this.#names, metric)
  }
}

function inner<Outer, Key>(maps: Map<Outer, Map<Key, number>>, key: Outer): Map<Key, number> {
  let map = maps.get(key)
  if (map === undefined) {
    map = new Map()
    maps.set(key, map)
  }
  return map
}
