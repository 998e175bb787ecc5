import { pathText, type Finding } from '#src/config/finding.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { startSurroundings } from '#src/extensions/surroundings.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import type { Mistake } from '#src/pipeline/mistake.ts'
import { GraphError } from '#src/pipeline/graph-error.ts'
import type { Reread } from '#src/pipeline/reloadable-service.ts'
import { StartError } from '#src/pipeline/start-error.ts'
import { runService } from '#src/pipeline/service.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'
import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
import type { Invocation } from './command-line.ts'
import { announcement } from './announcement.ts'
import type { Console } from './console.ts'
import { printFindings, verdict } from './verdict.ts'
import { version } from './version.ts'

/** Runs the pipelines of a configuration until the process is told to stop; returns the exit status. */
export async function runPipelines({ files, sets, strict }: Invocation, console: Console): Promise<number> {
  const input = { files, sets, strict, environment: console.environment }
  let reading = await readConfiguration(input)
  const { configuration } = reading
  if (configuration === undefined) {
    printFindings(reading.findings, console)
    console.err(verdict(reading.findings))
    return exitStatus.failed
  }
  const logger = StructuredLogger.open({
    ...configuration.telemetry.logs,
    write: (line) => console.err(line),
  })
  logger.info('starting', { version, node: process.versions.node, pid: process.pid, config: files })
  tellWarnings(reading.findings, logger)

  async function reread(): Promise<Reread> {
    reading = await readConfiguration(input)
    if (reading.configuration === undefined) {
      return { mistakes: reading.findings.filter(({ severity }) => severity === 'error').map(mistakeOf) }
    }
    tellWarnings(reading.findings, logger)
    return { configuration: reading.configuration }
  }

  const status = await runService({
    configuration,
    version,
    logger,
    reread,
    explain(error) {
      if (!(error instanceof GraphError)) {
        const message = error instanceof StartError ? error.message : describeError(error)
        return [{ message, text: message }]
      }
      return error.mistakes.flatMap((each) => reading.locate(each.component, each.error)).map(mistakeOf)
    },
    announce(locations) {
      if (console.interactive) console.err(announcement(locations))
    },
    async surround(renewed, service) {
      logger.restyle(renewed.telemetry.logs)
      return await startSurroundings(renewed, service, logger)
    },
  })
  logger.flush()
  return status
}

function tellWarnings(findings: readonly Finding[], logger: Logger): void {
  for (const finding of findings) {
    if (finding.severity !== 'warning') continue
    logger.warn('a warning about the configuration', {
      place: placeOf(finding),
      warning: statement(finding),
      [notHeldBack]: true,
    })
  }
}

function mistakeOf(finding: Finding): Mistake {
  return { message: statement(finding), place: placeOf(finding), text: finding.text }
}

function statement({ path, message }: Finding): string {
  const where = pathText(path)
  return where === '' ? message : `${where}: ${message}`
}

function placeOf({ file, line, column }: Finding): string | undefined {
  return line === 0 ? undefined : `${file}:${line}:${column}`
}
