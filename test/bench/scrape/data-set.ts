import {
  applicationTarget,
  cadvisorTarget,
  makeTargets,
  nodeTarget,
  stateTarget,
  type BenchTarget,
} from '../scrape-bodies.ts'

/** A target with the labels that an agent is to give its series. */
export interface NamedTarget {
  readonly job: string
  readonly instance: string
  readonly target: BenchTarget
}

/** One entry of a scrape configuration. */
export interface ScrapedTarget {
  readonly job: string
  readonly instance: string
  readonly path: string
}

export type DataSetName = keyof typeof makers

/** How many series the data set `small` has. */
export const smallSeries = 10_000

const makers = {
  /** 37 targets, 228,144 series. */
  standard: makeTargets,
  /** 10,000 series: what a process needs before it has many. */
  small: () => {
    const targets = [nodeTarget(64), cadvisorTarget(50)]
    const others = targets.reduce((sum, { series }) => sum + series, 0)
    return [...targets, trimmed(stateTarget(300), smallSeries - others)]
  },
  /** 10,000 targets, 160,000 series. */
  targets: () => Array.from({ length: 10_000 }, (_, index) => applicationTarget(index)),
  /** One target, 1,000,000 series. */
  million: () => [trimmed(stateTarget(26_000), 1_000_000)],
}

function trimmed(target: BenchTarget, series: number): BenchTarget {
  target.keep(series)
  return target
}

/** The targets of a data set: the same for every process that asks, since there is one seed. */
export function makeDataSet(name: DataSetName): NamedTarget[] {
  return makers[name]().map((target, index) => ({
    job: `kind-${index % 3}`,
    instance: `host-${index}.example.com:9100`,
    target,
  }))
}

/** Where the targets of a data set are found, without making them. */
export function scrapedTargets(targets: readonly NamedTarget[]): ScrapedTarget[] {
  return targets.map(({ job, instance }, index) => ({ job, instance, path: `/target/${index}` }))
}
