import { hashTexts } from '#src/model/hash.ts'
import type { Scope } from '#src/model/resource.ts'
import type { LabelSets } from './label-sets.ts'
import type { LabelDictionary } from './label-dictionary.ts'
import type { SeriesNaming } from './series-naming.ts'

/** The series that lists a resource; sources that say the same of themselves share it. */
export interface TargetInfo {
  readonly shard: number
  readonly name: number
  readonly set: number
  readonly key: string
  sources: number
  /** Unix time in milliseconds of its last sample; -Infinity before the first. */
  lastTime: number
}

/** A sample is written so often at most: joins look back five minutes. */
const intervalMs = 60_000

/** The resources of all sources, as series `target_info`. */
export class TargetInfos {
  readonly sets: LabelSets
  readonly #naming: SeriesNaming
  readonly #dictionary: LabelDictionary
  readonly #shards: number
  readonly #byKey = new Map<string, TargetInfo>()

  constructor(naming: SeriesNaming, dictionary: LabelDictionary, sets: LabelSets, shards: number) {
    this.#naming = naming
    this.#dictionary = dictionary
    this.#shards = shards
    this.sets = sets
  }

  /** The series of the resource of a scope, which one source more has; undefined where there is none. */
  retain(scope: Scope): TargetInfo | undefined {
    const named = this.#naming.targetInfo(scope)
    if (named === undefined) return undefined
    const key = JSON.stringify([named.name, named.pairs])
    let info = this.#byKey.get(key)
    if (info === undefined) {
      info = {
        // One shard for each, so that its samples keep their order whichever source they come with.
        shard: (hashTexts([key]).low >>> 0) % this.#shards,
        name: this.#dictionary.retain('__name__', named.name),
        set: this.sets.retain(named.pairs),
        key,
        sources: 0,
        lastTime: -Infinity,
      }
      this.#byKey.set(key, info)
    }
    info.sources++
    return info
  }

  /** One source less has it. @returns whether none has it any more: then it ends, and is disposed of */
  release(info: TargetInfo): boolean {
    return --info.sources === 0
  }

  /** Gives the labels of a series back that no source has. */
  dispose({ key, name, set }: TargetInfo): void {
    this.#byKey.delete(key)
    this.#dictionary.release(name)
    this.sets.release(set)
  }

  /** Whether a sample is due at this time, which is then the time of the last one. */
  isDue(info: TargetInfo, time: number): boolean {
    if (time < info.lastTime + intervalMs) return false
    info.lastTime = time
    return true
  }
}
