import type { V1OwnerReference } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { numberFact } from './number-fact.ts'
import { family, type AddSample, type StateFamily } from './state-resource.ts'
import { bool, seconds } from './values.ts'

type AnyObject = ApiObject<object>
type ObservedObject = ApiObject<{ status?: { observedGeneration?: number } }>

/** When an object was made. */
export function created(prefix: string): StateFamily<AnyObject> {
  return family<AnyObject>()(
    numberFact({
      fact: 'when the object was made, in Unix seconds',
      source: 'metadata.creationTimestamp',
      prometheus: `${prefix}_created`,
    }),
    ({ metadata }) => seconds(metadata.creationTimestamp),
  )
}

/** The version of what is wanted of an object. */
export function generation(prefix: string): StateFamily<AnyObject> {
  return family<AnyObject>()(
    numberFact({
      fact: 'the version of its specification',
      source: 'metadata.generation',
      prometheus: `${prefix}_metadata_generation`,
    }),
    ({ metadata }) => metadata.generation ?? 0,
  )
}

/** The version of what is wanted that the controller of an object has acted on. */
export function observedGeneration(prefix: string): StateFamily<ObservedObject> {
  return family<ObservedObject>()(
    numberFact({
      fact: 'the version of its specification that its controller has acted on',
      source: 'status.observedGeneration',
      prometheus: `${prefix}_status_observed_generation`,
    }),
    ({ status }) => status?.observedGeneration ?? 0,
  )
}

/** That an object is there: 1. */
export function info(prefix: string): StateFamily<AnyObject> {
  return family<AnyObject>()(
    numberFact({ fact: 'that it is there', source: 'metadata', prometheus: `${prefix}_info` }),
    () => 1,
  )
}

/** The version of all that is stored of an object; none where the server has versions that are no numbers. */
export function resourceVersion(prefix: string): StateFamily<AnyObject> {
  return family<AnyObject>()(
    numberFact({
      fact: 'the version in which it is stored',
      source: 'metadata.resourceVersion',
      prometheus: `${prefix}_metadata_resource_version`,
    }),
    ({ metadata }) => (/^\d+$/.test(metadata.resourceVersion) ? Number(metadata.resourceVersion) : undefined),
  )
}

/** When an object was asked to go; only while it goes. */
export function deletion(prefix: string): StateFamily<AnyObject> {
  return family<AnyObject>()(
    numberFact({
      fact: 'when it is to be gone, in Unix seconds; only while it is being deleted',
      source: 'metadata.deletionTimestamp',
      prometheus: `${prefix}_deletion_timestamp`,
    }),
    ({ metadata }) => seconds(metadata.deletionTimestamp),
  )
}

/**
 * Whose an object is: a row for each owner, and one that says nobody where there is none.
 *
 * @param options whether a row says that the owner controls the object
 */
export function owners(
  prefix: string,
  { controls = true }: { readonly controls?: boolean } = {},
): StateFamily<AnyObject> {
  return family<AnyObject>()(
    {
      fact: 'whose it is',
      source: 'metadata.ownerReferences',
      by: ['owner_kind', 'owner_name', 'owner_is_controller'],
      prometheus: {
        name: `${prefix}_owner`,
        kind: 'gauge',
        description: 'Whose it is.',
        owner_kind: 'owner_kind',
        owner_name: 'owner_name',
        ...(controls ? { owner_is_controller: 'owner_is_controller' } : {}),
      },
    },
    ({ metadata }, add) => {
      const references: readonly Wire<V1OwnerReference>[] = metadata.ownerReferences ?? []
      for (const { kind, name, controller } of references)
        add(1, { owner_kind: kind, owner_name: name, owner_is_controller: String(controller === true) })
      if (references.length === 0) add(1, { owner_kind: '', owner_name: '', owner_is_controller: '' })
    },
  )
}

/** The three words in which the API tells whether something is so. */
export const conditionStatuses = ['true', 'false', 'unknown'] as const

/** A condition as three rows, of which one is 1. */
export function addCondition<Dimension extends string>(
  add: AddSample<Dimension>,
  status: string | undefined,
  dimensionsOf: (status: string) => Parameters<AddSample<Dimension>>[1],
): void {
  const said = status?.toLowerCase()
  for (const each of conditionStatuses) add(bool(each === said), dimensionsOf(each))
}
