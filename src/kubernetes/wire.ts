import type { V1ObjectMeta } from '@kubernetes/client-node'
import type { ObjectMeta } from './object.ts'

/**
 * What a type of @kubernetes/client-node looks like on the wire: its dates are texts there. Only types are taken from that
 * package, which costs nothing when the program runs.
 */
export type Wire<Type> = Type extends Date
  ? string
  : Type extends object
    ? { readonly [Key in keyof Type]: Wire<Type[Key]> }
    : Type

/** An object that an API server told: what every object has is there. */
export type ApiObject<Type> = Omit<Wire<Type>, 'metadata'> & {
  readonly metadata: Pick<ObjectMeta, 'name' | 'uid' | 'resourceVersion'> & Wire<V1ObjectMeta>
}
