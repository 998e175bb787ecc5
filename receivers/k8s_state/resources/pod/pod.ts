import type { V1Pod } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { family } from '../../state-resource.ts'

export type Pod = ApiObject<V1Pod>

/** Declares a fact of pods. */
export const of = family<Pod>()
