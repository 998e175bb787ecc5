/** Encoded data points of a unit, with all that is around them, and where everything is. Offsets count from its beginning. */
export interface Image {
  readonly bytes: Buffer
  readonly view: DataView
  /** It may be shorter than `bytes`. */
  readonly length: number
  /** By position: the series of each data point. */
  readonly slots: Int32Array
  /** By position: where the data point begins, its tag included. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** By position: where its time is, eight bytes that may be patched. */
  readonly holes: Int32Array
  /** By position: what is in it, as bits of `shape`. */
  readonly shapes: Uint8Array
  /** By position: the bounds of a histogram, where it has any that are in it. */
  readonly bounds: (readonly number[] | undefined)[]
  /** By position: whether it must be written anew. */
  readonly dirty: Uint8Array
}

/** What an encoded data point holds beside its attributes and its time. Data points of one shape have their values in the same places. */
export const shape = {
  start: 1,
  stale: 2,
  sum: 4,
  min: 8,
  max: 16,
  /** It holds what is not patched: exemplars, buckets of any number. */
  fixed: 32,
} as const

/** An image of nothing. */
export const emptyImage: Image = makeImage(Buffer.alloc(0), 0, 0)

/** An image with room for so many data points. */
export function makeImage(bytes: Buffer, length: number, points: number): Image {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    length,
    slots: new Int32Array(points),
    starts: new Int32Array(points),
    ends: new Int32Array(points),
    holes: new Int32Array(points),
    shapes: new Uint8Array(points),
    bounds: [],
    dirty: new Uint8Array(points),
  }
}
