import type { Configuration } from '#src/config/configuration.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import { planThreads } from '#src/pipeline/workers/thread-plan.ts'
import { checkConfiguration } from './checked-configuration.ts'
import type { Invocation } from './command-line.ts'
import type { Console } from './console.ts'
import { verdict } from './verdict.ts'

/** Finds every mistake of a configuration: reads it, and makes every component without starting it. */
export async function validate(invocation: Invocation, console: Console): Promise<number> {
  const { configuration, findings, good } = await checkConfiguration(invocation, console)
  if (configuration !== undefined) tellThreads(configuration, console)
  console.out(verdict(findings))
  return good ? exitStatus.done : exitStatus.failed
}

/** Says of each pipeline in which threads it runs, where workers are asked for. */
function tellThreads(configuration: Configuration, console: Console): void {
  const { workers, pipelines } = configuration
  if (workers === 0) return
  const { staying } = planThreads(configuration)
  for (const id of pipelines.keys()) {
    const reason = staying.get(id)
    const where =
      reason === undefined
        ? `runs in ${workers} worker thread${workers === 1 ? '' : 's'}`
        : `stays on the main thread: ${reason}`
    console.out(`note: ${id} ${where}\n`)
  }
}
