import { hashTexts } from '#src/model/hash.ts'

/** How the scrapes of a target lie on the time line. */
export interface GridOptions {
  readonly intervalMs: number
  /** Scrapes begin at multiples of this, and not at the target's own offset; 0 for no. */
  readonly alignMs: number
  /** Scrapes begin so long after the multiples of the interval, or of `alignMs`; undefined for the target's own offset. */
  readonly offsetMs: number | undefined
}

/**
 * The step of the targets' own offsets in milliseconds: targets that share a place are scraped in one go. A thread that wakes
 * up for each of 10,000 targets takes twice the CPU time (measured, scraping each every 10 s: 204 µs a scrape by steps of
 * 1 ms, 91 µs by steps of 20 ms).
 */
const offsetStepMs = 20
/** Places that an interval has at least: short ones have shorter steps. */
const fewestPlaces = 100

/**
 * When the first scrape of a target is due: milliseconds from now. Each target has an offset of its own in the interval,
 * by the hash of what it is, so that targets spread, and a restart goes on at the same times.
 *
 * @param identity what the target is, and who scrapes it: replicas spread too
 * @param now Unix milliseconds
 */
export function firstDelay(identity: readonly string[], options: GridOptions, now: number): number {
  const { intervalMs, alignMs, offsetMs } = options
  const period = alignMs > 0 ? alignMs : intervalMs
  const own = alignMs > 0 ? 0 : ownOffset(identity, intervalMs)
  const phase = (offsetMs ?? own) % period
  return (((phase - now) % period) + period) % period
}

function ownOffset(identity: readonly string[], intervalMs: number): number {
  const step = Math.max(1, Math.min(offsetStepMs, Math.floor(intervalMs / fewestPlaces)))
  const places = Math.floor(intervalMs / step)
  return ((hashTexts(identity).low >>> 0) % places) * step
}
