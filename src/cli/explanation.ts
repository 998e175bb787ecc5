import { pathText, type Finding } from '#src/config/finding.ts'
import type { ConfigurationReading } from '#src/config/read-configuration.ts'
import { GraphError } from '#src/pipeline/graph-error.ts'
import type { Mistake } from '#src/pipeline/mistake.ts'
import { StartError } from '#src/pipeline/start-error.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'

/** What keeps a configuration that was read from running: what a start or a reload threw, with its places. */
export function explain(error: unknown, reading: Pick<ConfigurationReading, 'locate'>): Mistake[] {
  if (error instanceof GraphError) {
    return mistakesIn(error.mistakes.flatMap((each) => reading.locate(each.component, each.error)))
  }
  // The error of a start says all that its causes say, in better words.
  const message = error instanceof StartError ? error.message : describeError(error)
  return [{ message, text: message }]
}

/** The mistakes among findings. */
export function mistakesIn(findings: readonly Finding[]): Mistake[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map((finding) => ({ message: statement(finding), place: placeOf(finding), text: finding.text }))
}

/** Logs the warnings among findings. */
export function tellWarnings(findings: readonly Finding[], logger: Logger): void {
  for (const finding of findings) {
    if (finding.severity !== 'warning') continue
    logger.warn('a warning about the configuration', {
      place: placeOf(finding),
      warning: statement(finding),
      [notHeldBack]: true,
    })
  }
}

function statement({ path, message }: Finding): string {
  const where = pathText(path)
  return where === '' ? message : `${where}: ${message}`
}

function placeOf({ file, line, column }: Finding): string | undefined {
  if (file === '') return undefined
  return line === 0 ? file : `${file}:${line}:${column}`
}
