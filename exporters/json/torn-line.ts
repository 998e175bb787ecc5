import type { FileHandle } from 'node:fs/promises'

const blockBytes = 64 * 1024
const lineFeed = 0x0a

/**
 * Where the last whole line of a file ends: its end, unless the process that wrote it was killed in the middle of a
 * line. A file without any line feed has none: 0.
 */
export async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.allocUnsafe(blockBytes)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    const last = block.subarray(0, bytesRead).lastIndexOf(lineFeed)
    if (last >= 0) return start + last + 1
    end = start
  }
  return 0
}
