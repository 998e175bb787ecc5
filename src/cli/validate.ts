import { readConfiguration } from '#src/config/read-configuration.ts'
import { dryRun } from '#src/pipeline/dry-run.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
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
  console.out(verdict(findings))
  return findings.some(({ severity }) => severity === 'error') ? exitStatus.failed : exitStatus.done
}
