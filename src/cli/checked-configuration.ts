import type { Configuration } from '#src/config/configuration.ts'
import { readConfiguration, type Finding } from '#src/config/read-configuration.ts'
import { dryRun } from '#src/pipeline/dry-run.ts'
import type { Invocation } from './command-line.ts'
import { printFindings } from './verdict.ts'
import type { Console } from './console.ts'

/** A configuration, and all that was found in it. */
export interface Checked {
  /** Undefined where it cannot be read. */
  readonly configuration: Configuration | undefined
  readonly findings: readonly Finding[]
  /** Whether it would run. */
  readonly good: boolean
}

/** Finds every mistake of a configuration, and prints it: reads it, and makes every component without starting it. */
export async function checkConfiguration(
  { files, sets, strict }: Invocation,
  console: Console,
): Promise<Checked> {
  const reading = await readConfiguration({ files, sets, strict, environment: console.environment })
  const { configuration } = reading
  const findings = [...reading.findings]
  if (configuration !== undefined) {
    for (const { component, error } of dryRun(configuration))
      findings.push(...reading.locate(component, error))
  }
  printFindings(findings, console)
  return { configuration, findings, good: findings.every(({ severity }) => severity !== 'error') }
}
