/** One of several instances that divide the objects of a cluster among them. */
export interface Shard {
  /** From 0. */
  readonly ordinal: number
  readonly total: number
}

/**
 * Whether an object belongs to a shard. Objects are divided as kube-state-metrics does it, so that the shards of both have the
 * same: a jump consistent hash of the FNV-1a hash of the uid. When their number grows by one, only what the new one gets moves.
 */
export function isInShard(uid: string, { ordinal, total }: Shard): boolean {
  return total <= 1 || jumpHash(fnv64a(uid), total) === ordinal
}

const lowBits = 2 ** 32

/** FNV-1a of 64 bits over ASCII, in halves of 32: its prime is 2^40 + 0x1b3. */
export function fnv64a(text: string): bigint {
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (let at = 0; at < text.length; at++) {
    low = (low ^ text.charCodeAt(at)) >>> 0
    const product = low * 0x1b3
    high = (high * 0x1b3 + Math.floor(product / lowBits) + ((low << 8) >>> 0)) >>> 0
    low = product >>> 0
  }
  return (BigInt(high) << 32n) | BigInt(low)
}

/** Lamping and Veach: A Fast, Minimal Memory, Consistent Hash Algorithm (arXiv:1406.2294). */
export function jumpHash(key: bigint, buckets: number): number {
  let state = key
  let bucket = -1
  let next = 0
  while (next < buckets) {
    bucket = next
    state = BigInt.asUintN(64, state * 2_862_933_555_777_941_757n + 1n)
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)))
  }
  return bucket
}
