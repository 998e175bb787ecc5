import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/** AT_PAGESZ of getauxval(3). */
const pageSizeKey = 6n

let known: number | undefined

/** The bytes of a page of memory, which Node does not tell; undefined where the kernel does not either. */
export function systemPageSize(): number | undefined {
  if (known !== undefined) return known
  let vector: Buffer
  try {
    vector = readFileSync('/proc/self/auxv')
  } catch {
    // Not every sandbox shows it; the metric is then absent.
    return undefined
  }
  // Pairs of 64-bit words on every architecture that Node runs on.
  const wordAt = (offset: number): bigint =>
    endianness() === 'LE' ? vector.readBigUInt64LE(offset) : vector.readBigUInt64BE(offset)
  for (let offset = 0; offset + 16 <= vector.length; offset += 16) {
    if (wordAt(offset) === pageSizeKey) known = Number(wordAt(offset + 8))
  }
  return known
}
