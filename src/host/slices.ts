import { closeSync, openSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HostError, reasonOf } from './host-error.ts'

const sliceBytes = 64 * 1024

/** A line that is longer is no line of the kernel. */
const longestLine = 4096

/**
 * Reads a file that may be very long (the sockets of a busy host) line by line, in slices between which the event loop
 * turns. It may have grown or shrunk meanwhile; the kernel keeps the lines whole.
 *
 * @throws HostError, with the reason `timeout` where the signal aborts first
 */
export async function readLines(
  file: string,
  signal: AbortSignal,
  onLine: (line: string, number: number) => void,
): Promise<void> {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const buffer = Buffer.allocUnsafe(sliceBytes)
    let rest = ''
    let number = 0
    for (;;) {
      const length = readSync(descriptor, buffer, 0, sliceBytes, null)
      if (length === 0) break
      const lines = (rest + buffer.toString('latin1', 0, length)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line, ++number)
      if (rest.length > longestLine)
        throw new HostError('malformed', file, 'the line has no end', { line: number + 1 })
      await nextTurn()
      if (signal.aborted) throw new HostError('timeout', file, 'the file is too long to be read in time')
    }
    if (rest !== '') throw new HostError('malformed', file, 'the text is cut off', { line: number + 1 })
  } catch (error) {
    if (error instanceof HostError) throw error
    throw new HostError(reasonOf(error), file, error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
