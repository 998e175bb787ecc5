import { stableHash, type AttributeValue } from '#src/model/attribute-set.ts'
import { hashTexts } from '#src/model/hash.ts'
import type { Resource } from '#src/model/resource.ts'

/**
 * The shard that the data of a resource goes through, the same after a restart. That of a scraped one follows from its job and
 * instance alone, since the rest of it may change while its series stay.
 */
export function shardOf({ derived, attributes }: Resource, shards: number): number {
  if (shards === 1) return 0
  if (!derived) return stableHash(attributes) % shards
  const { low } = hashTexts([text(attributes.get('job')), text(attributes.get('instance'))])
  return (low >>> 0) % shards
}

function text(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
