import { expect, test } from 'vitest'
import { QueueModel } from '#src/testing/queue-model.ts'
import { SeededRandom } from '#src/testing/random.ts'

/** More are tried by `WEIR_MODEL_SEEDS=100000 npm test -- model`, others by `WEIR_MODEL_FIRST_SEED`. */
const seeds = Number(process.env['WEIR_MODEL_SEEDS'] ?? 10_000)
const first = Number(process.env['WEIR_MODEL_FIRST_SEED'] ?? 0)
const steps = 60

/** What went wrong, with all that was done before. */
async function failureOf(seed: number): Promise<string | undefined> {
  const model = new QueueModel(new SeededRandom(seed))
  try {
    await model.run(steps)
    return undefined
  } catch (error) {
    return `seed ${seed}: ${String(error)}\n${model.history.join('\n')}`
  }
}

test(
  'crashes, losses of power and failing disks lose nothing acknowledged, invent nothing, keep the order, and stop no start',
  { timeout: 600_000 },
  async () => {
    for (let seed = first; seed < first + seeds; seed++) expect(await failureOf(seed)).toBeUndefined()
  },
)
