import { fileErrorText, readBoundedFile } from '#src/config/bounded-file.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { isFilePattern, matchingFiles } from '#src/config/file-pattern.ts'
import { located } from '#src/config/located.ts'
import { OptionsText } from '#src/config/options-text.ts'
import { Options, Type } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { discardPlan, planJobs, type PlannedJob } from '#src/scrape/plan.ts'
import { ScrapeOptions, type GlobalConfig } from '#src/scrape/scrape-options.ts'

const FileOptions = Options({
  scrape_configs: Type.Array(ScrapeOptions, { description: 'The jobs.', default: [] }),
})

/** Bytes of such a file at most. */
const largest = 16 * 1_048_576

/**
 * The jobs of the files that patterns match.
 *
 * @param taken names of jobs that are in the configuration itself
 * @throws {ConfigError} for a path that is no pattern, and with everything that is wrong with the files
 */
export function planFiles(
  patterns: readonly string[],
  global: GlobalConfig,
  surroundings: ClientSurroundings,
  taken: ReadonlySet<string>,
): PlannedJob[] {
  for (const [index, pattern] of patterns.entries()) {
    if (!isFilePattern(pattern))
      throw new ConfigError('only the last name may have a *', ['scrape_config_files', index])
  }
  const names = new Set(taken)
  const planned: PlannedJob[] = []
  const mistakes: string[] = []
  for (const file of matchingFiles(patterns)) {
    try {
      const jobs = planFile(file, global, surroundings, names)
      for (const { job } of jobs) names.add(job.name)
      planned.push(...jobs)
    } catch (error) {
      mistakes.push(error instanceof ConfigError ? error.message : `${file}: ${fileErrorText(error)}`)
    }
  }
  if (mistakes.length === 0) return planned
  discardPlan(planned)
  throw new ConfigError(mistakes.join('\n'), ['scrape_config_files'])
}

/** @throws {ConfigError} whose message tells all mistakes, each with its place in the file */
function planFile(
  file: string,
  global: GlobalConfig,
  surroundings: ClientSurroundings,
  taken: ReadonlySet<string>,
): PlannedJob[] {
  const text = new OptionsText(file, readBoundedFile(file, { limit: largest }), FileOptions)
  const { options } = text
  if (options !== undefined) {
    try {
      return located(['scrape_configs'], () => planJobs(options.scrape_configs, global, surroundings, taken))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      text.add(error)
    }
  }
  throw new ConfigError(text.findings.map((finding) => finding.text).join('\n'))
}
