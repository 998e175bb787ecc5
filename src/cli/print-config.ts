import { readConfiguration } from '#src/config/read-configuration.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import type { Invocation } from './command-line.ts'
import type { Console } from './console.ts'
import { printFindings, verdict } from './verdict.ts'

/** Prints the configuration that would run: merged, expanded, with every default filled in. */
export async function printConfig(invocation: Invocation, console: Console): Promise<number> {
  const { files, sets, strict, format, reveal } = invocation
  const reading = await readConfiguration({ files, sets, strict, environment: console.environment })
  printFindings(reading.findings, console)
  if (reading.configuration === undefined) {
    console.err(verdict(reading.findings))
    return exitStatus.failed
  }
  const text = reading.print({ format, reveal })
  console.out(text.endsWith('\n') ? text : `${text}\n`)
  return exitStatus.done
}
