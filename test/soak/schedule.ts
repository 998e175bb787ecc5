import type { SeededRandom } from '#src/testing/random.ts'
import type { Mood } from './destination.ts'

/** One fault: what happens, to which destination where it is one, after how long and for how long, in milliseconds. */
export type Fault =
  | {
      readonly kind: 'mood'
      readonly mood: Mood
      readonly of: number
      readonly forMs: number
      readonly afterMs: number
    }
  | { readonly kind: 'kill' | 'terminate' | 'reload' | 'garbage'; readonly afterMs: number }
  | { readonly kind: 'suspend'; readonly forMs: number; readonly afterMs: number }

/** The kinds that the process outlives, the commonest more than once. */
const lasting = ['mood', 'mood', 'mood', 'suspend', 'reload', 'garbage'] as const
const all = [...lasting, 'kill', 'terminate'] as const
const moods = ['busy', 'hang_up', 'lose_answers', 'silent', 'slow'] as const

/**
 * The next fault. Faults come every few seconds; those that end the process only while it may be ended, since memory is watched
 * over one life.
 */
export function nextFault(random: SeededRandom, mayEnd: boolean): Fault {
  const afterMs = 500 + random.below(4000)
  const kind = random.pick(mayEnd ? all : lasting)
  if (kind === 'mood') {
    return { kind, mood: random.pick(moods), of: random.below(2), forMs: 500 + random.below(10_000), afterMs }
  }
  return kind === 'suspend' ? { kind, forMs: 200 + random.below(4000), afterMs } : { kind, afterMs }
}
