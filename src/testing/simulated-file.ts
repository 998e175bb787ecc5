import type { SeededRandom } from './random.ts'

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number }

const sectorBytes = 512

/** A file of a simulated disk: what programs see, and what is durable. */
export class SimulatedFile {
  content: Buffer
  #durable: Buffer
  /** Changes that are not synced. */
  #changes: Change[] = []
  /** Those that a failed sync left behind: the system takes them for synced, and the disk may have them or not. */
  #doubtful: Change[] = []

  constructor(content: Buffer = Buffer.alloc(0)) {
    this.content = content
    this.#durable = content
  }

  read(into: Buffer, position: number): number {
    return this.content.copy(into, 0, Math.min(position, this.content.length))
  }

  write(bytes: Buffer, position: number): void {
    this.#change({ kind: 'write', position, bytes: Buffer.from(bytes) })
  }

  truncate(length: number): void {
    this.#change({ kind: 'truncate', length })
  }

  sync(): void {
    for (const change of this.#changes) this.#durable = applied(change, this.#durable)
    this.#changes = []
  }

  failSync(): void {
    this.#doubtful.push(...this.#changes)
    this.#changes = []
  }

  /** Of what was not synced, a part is there, in an order or in none, and the last of it may be torn. */
  losePower(random: SeededRandom): void {
    let content = this.#durable
    const isOrdered = random.chance(0.5)
    for (const change of [...this.#doubtful, ...this.#changes]) {
      if (random.chance(0.4)) content = applied(change, content)
      else if (change.kind === 'write' && random.chance(0.5)) content = torn(change, content, random)
      else if (isOrdered) break
    }
    this.content = content
    this.#durable = content
    this.#changes = []
    this.#doubtful = []
  }

  #change(change: Change): void {
    this.content = applied(change, this.content)
    this.#changes.push(change)
  }
}

function applied(change: Change, content: Buffer): Buffer {
  if (change.kind === 'truncate') {
    const result = Buffer.alloc(change.length)
    content.copy(result)
    return result
  }
  const result = Buffer.alloc(Math.max(content.length, change.position + change.bytes.length))
  content.copy(result)
  change.bytes.copy(result, change.position)
  return result
}

/** Some sectors of a write are there; the others have what was there before, or zeros. */
function torn(
  { position, bytes }: Extract<Change, { kind: 'write' }>,
  content: Buffer,
  random: SeededRandom,
): Buffer {
  let result = content
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + sectorBytes - ((position + at) % sectorBytes))
    if (random.chance(0.5)) {
      result = applied({ kind: 'write', position: position + at, bytes: bytes.subarray(at, end) }, result)
    }
    at = end
  }
  return result
}
