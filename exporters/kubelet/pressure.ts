/** The windows over which the kernel averages pressure, in seconds. */
const windows = { avg10: 10, avg60: 60, avg300: 300 } as const

/** Shares of time that were lost to waiting lately, in percent. */
export type PressureAverages = Readonly<Record<keyof typeof windows, number>>

const none: PressureAverages = { avg10: 0, avg60: 0, avg300: 0 }

/**
 * Averages of pressure, of which metrics have the total alone: what was averaged so far is forgotten exponentially and the share of
 * the time since takes its place, as the kernel does it every 2 s (Documentation/accounting/psi.rst, kernel/sched/psi.c).
 *
 * @param before undefined at the first sample, as of a cgroup that was just made
 * @param lost the seconds that were lost since then
 * @param passed the seconds since then
 */
export function averagePressure(
  before: PressureAverages = none,
  lost: number,
  passed: number,
): PressureAverages {
  const share = Math.min((lost / passed) * 100, 100)
  const average = (window: keyof typeof windows): number => {
    const kept = Math.exp(-passed / windows[window])
    return before[window] * kept + share * (1 - kept)
  }
  return { avg10: average('avg10'), avg60: average('avg60'), avg300: average('avg300') }
}
