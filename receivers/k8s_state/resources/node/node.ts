import type { V1Node } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { family } from '../../state-resource.ts'

export type Node = ApiObject<V1Node>

/** Declares a fact of nodes. */
export const of = family<Node>()
