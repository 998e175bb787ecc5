import type { Configuration } from '#src/config/configuration.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { dryRun } from '#src/pipeline/dry-run.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import { planThreads } from '#src/pipeline/workers/thread-plan.ts'
import type { Invocation } from './command-line.ts'
import type { Console } from './console.ts'
import { printFindings, verdict } from './verdict.ts'

/** Finds every mistake of a configuration: reads it, and makes every component without starting it. */
export async function validate({ files, sets, strict }: Invocation, console: Console): Promise<number> {
  const reading = await readConfiguration({ files, sets, strict, environment: console.environment })
  const { configuration } = reading
  const findings = [...reading.findings]
  if (configuration !== undefined) {
    for (const { component, error } of dryRun(configuration))
      findings.push(...reading.locate(component, error))
  }
  printFindings(findings, console)
  if (configuration !== undefined) tellThreads(configuration, console)
  console.out(verdict(findings))
  return findings.some(({ severity }) => severity === 'error') ? exitStatus.failed : exitStatus.done
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
