/** How many sets of scratch are kept for later: about as many as bodies arrive at the same time and differ. */
const kept = 8

/**
 * What a scan needs once a line was not the predicted one, by row and as long as the number of rows. Leased for one
 * body, since bodies of several targets arrive interleaved.
 */
export class ScanScratch {
  /** The rows of the body in order. */
  next = new Int32Array(0)
  /** 1 for a row that the body has. */
  seen = new Uint8Array(0)
  /** Where a row stood in the order of the body before; -1 where it did not. */
  position = new Int32Array(0)

  /** Makes room for so many rows, and keeps what is there. */
  grow(rows: number): void {
    if (rows <= this.seen.length) return
    const length = Math.max(1024, rows + (rows >> 1))
    const { next, seen, position } = this
    this.next = new Int32Array(length)
    this.next.set(next)
    this.seen = new Uint8Array(length)
    this.seen.set(seen)
    this.position = new Int32Array(length)
    this.position.set(position)
  }
}

const free: ScanScratch[] = []

/** Scratch for so many rows, as new; to be given back. */
export function leaseScratch(rows: number): ScanScratch {
  const scratch = free.pop() ?? new ScanScratch()
  scratch.grow(rows)
  // What lies behind is set when its row comes to be: scratch may have served a target a thousand times as large.
  scratch.seen.fill(0, 0, rows)
  scratch.position.fill(-1, 0, rows)
  return scratch
}

/** Gives scratch back. */
export function returnScratch(scratch: ScanScratch): void {
  if (free.length < kept) free.push(scratch)
}
