/** Blocks of one size lie in a piece of memory of about so many bytes. */
const slabBytes = 1 << 16
/** The fewest blocks of a piece. */
const leastBlocks = 4
/** The smallest block. */
const leastBytes = 256

/** Memory for blocks of one size, since a Buffer of its own costs each 500 bytes. */
export class Slab {
  readonly bytes: Buffer
  readonly view: DataView
  /** Bytes of a block. */
  readonly size: number
  /** Where blocks begin that nobody has. */
  readonly free: number[]

  constructor(size: number) {
    const blocks = Math.max(leastBlocks, Math.floor(slabBytes / size))
    this.size = size
    this.bytes = Buffer.allocUnsafeSlow(blocks * size)
    this.view = new DataView(this.bytes.buffer)
    this.free = Array.from({ length: blocks }, (_, index) => (blocks - 1 - index) * size)
  }

  get isEmpty(): boolean {
    return this.free.length * this.size === this.bytes.length
  }
}

/** A piece of memory that somebody took. */
export interface Block {
  readonly slab: Slab
  /** Where it begins in the slab. */
  readonly offset: number
}

/**
 * Memory of templates, which are many, small, and stay. Sizes are rounded up by an eighth in the mean; memory whose
 * blocks have all been given back goes, but for one of each size.
 */
export class TemplateMemory {
  /** By size: slabs with blocks that nobody has; the last one is taken from. */
  readonly #slabs = new Map<number, Slab[]>()

  /** A block of at least so many bytes, a multiple of four, with anything in it. */
  take(bytes: number): Block {
    const size = sizeFor(bytes)
    let slabs = this.#slabs.get(size)
    if (slabs === undefined) {
      slabs = []
      this.#slabs.set(size, slabs)
    }
    let slab = slabs.at(-1)
    if (slab === undefined) {
      slab = new Slab(size)
      slabs.push(slab)
    }
    const offset = slab.free.pop() ?? 0
    if (slab.free.length === 0) slabs.pop()
    return { slab, offset }
  }

  /** Gives a block back. */
  give({ slab, offset }: Block): void {
    const slabs = this.#slabs.get(slab.size) ?? []
    if (slab.free.length === 0) slabs.push(slab)
    slab.free.push(offset)
    if (slab.isEmpty && slabs.length > 1) slabs.splice(slabs.indexOf(slab), 1)
  }
}

/** The next multiple of an eighth to a quarter of it. */
function sizeFor(bytes: number): number {
  if (bytes <= leastBytes) return leastBytes
  const step = 2 ** (31 - Math.clz32(bytes - 1) - 2)
  return Math.ceil(bytes / step) * step
}
