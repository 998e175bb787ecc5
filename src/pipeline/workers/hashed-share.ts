import type { TargetShare } from '#src/component/define.ts'
import { hashTexts } from '#src/model/hash.ts'

/** The targets whose hash falls to one of so many threads. */
export class HashedShare implements TargetShare {
  readonly #index: number
  readonly #count: number

  /** @param index from 0 to below `count` */
  constructor(index: number, count: number) {
    this.#index = index
    this.#count = count
  }

  takes(key: string): boolean {
    return (hashTexts([key]).low >>> 0) % this.#count === this.#index
  }
}
