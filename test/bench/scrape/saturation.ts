import { measure, type Measurement } from './measurement.ts'
import type { StageOptions } from './stage.ts'

const intervalsMs = [5000, 2000, 1000, 500, 200, 100]
const windowMs = 8000
/** Who delivers less of what is due lags. */
const keepsUp = 0.9

/** Shortens the interval of an agent that runs alone until it lags, and gives the window in which it delivered most. */
export async function measureSaturation(options: StageOptions): Promise<Measurement | undefined> {
  let best: Measurement | undefined
  for (const intervalMs of intervalsMs) {
    const row = { ...options.row, intervalMs, warmUp: Math.max(3, Math.ceil(4000 / intervalMs)) }
    const [measurement] = await measure({ ...options, row }, windowMs)
    if (measurement === undefined) break
    if (measurement.failure === undefined && measurement.rate > (best?.rate ?? 0)) best = measurement
    if (!(measurement.delivered * measurement.punctual >= keepsUp)) break
  }
  return best
}
