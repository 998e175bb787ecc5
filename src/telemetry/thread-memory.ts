/** What a thread uses of memory, in bytes: its heap, and what lives outside of it, such as buffers. */
export function memoryOfThisThread(): number {
  // `external` has the array buffers in it already.
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

let others = 0

/** Notes what all other threads of the process use together: what limits the memory of the process counts it. */
export function noteOtherThreads(bytes: number): void {
  others = bytes
}

/** What all other threads of the process used when they last told; 0 where there are none. */
export function memoryOfOtherThreads(): number {
  return others
}
