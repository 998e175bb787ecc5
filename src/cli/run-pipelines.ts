import { readConfiguration } from '#src/config/read-configuration.ts'
import { startSurroundings } from '#src/extensions/surroundings.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import type { Reread } from '#src/pipeline/reloadable-service.ts'
import { runService } from '#src/pipeline/service.ts'
import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
import { announcement } from './announcement.ts'
import type { Invocation } from './command-line.ts'
import type { Console } from './console.ts'
import { explain, mistakesIn, tellWarnings } from './explanation.ts'
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
    if (reading.configuration === undefined) return { mistakes: mistakesIn(reading.findings) }
    tellWarnings(reading.findings, logger)
    return { configuration: reading.configuration }
  }

  const status = await runService({
    configuration,
    version,
    logger,
    writeLine: (line) => console.err(line),
    reread,
    explain: (error) => explain(error, reading),
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
