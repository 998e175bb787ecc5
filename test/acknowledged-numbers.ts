import { expect } from 'vitest'
import type { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'

/** The numbers that the receiver `acknowledged` said are safe, by what it wrote; a line that was cut off does not count. */
export function acknowledgedBy(stdout: string): number[] {
  return Array.from(stdout.matchAll(/^ack (\d+)\n/gm), ([, number]) => Number(number))
}

/** The numbers that arrived in all series. */
export function numbersIn(receiver: RemoteWriteReceiver, series = 10): Set<number> {
  const counts = new Map<number, Set<string>>()
  for (const { labels, samples } of receiver.series()) {
    if (labels['__name__'] !== 'number') continue
    for (const { value } of samples) {
      const seen = counts.get(value) ?? new Set()
      counts.set(value, seen.add(labels['of'] ?? ''))
    }
  }
  return new Set([...counts].flatMap(([number, seen]) => (seen.size === series ? number : [])))
}

/** Expects that each series came in its order; what was sent again does not count. */
export function risesPerSeries(receiver: RemoteWriteReceiver): void {
  const seen = new Map<string, number[]>()
  for (const { labels, samples } of receiver.series()) {
    const key = labels['of'] ?? ''
    const values = seen.get(key) ?? []
    seen.set(key, values)
    for (const { value } of samples) if (!values.includes(value)) values.push(value)
  }
  for (const values of seen.values()) expect(values).toEqual(values.toSorted((a, b) => a - b))
}
