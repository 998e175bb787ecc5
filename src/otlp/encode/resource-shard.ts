import type { AttributeValue } from '#src/model/attribute-set.ts'
import { hashTexts } from '#src/model/hash.ts'
import type { Resource } from '#src/model/resource.ts'

/** The shard that the data of a resource goes through; that of a scraped one follows from its job and instance alone. */
export function shardOf({ derived, attributes, hash }: Resource, shards: number): number {
  if (shards === 1) return 0
  const { low } = derived ? hashTexts([text(attributes.get('job')), text(attributes.get('instance'))]) : hash
  return (low >>> 0) % shards
}

function text(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
