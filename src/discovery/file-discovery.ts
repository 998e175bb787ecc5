import { hash } from 'node:crypto'
import { extname } from 'node:path'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { Clock } from '#src/component/clock.ts'
import { fileErrorText, readBoundedFile } from '#src/config/bounded-file.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { isFilePattern, matchingFiles } from '#src/config/file-pattern.ts'
import { watchFiles, type FileWatch } from '#src/config/file-watch.ts'
import { OptionsText } from '#src/config/options-text.ts'
import { Options, PrometheusDuration, Type, type Static } from '#src/config/schema.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { DiscoveredLabels, Discovery } from './discovery.ts'
import { labelsOfGroup, parseTargetGroups, TargetGroupOptions, type TargetGroup } from './target-group.ts'

/** Bytes of a file of targets at most. */
const largest = 16 * 1_048_576

/** One item of `file_sd_configs`. */
export const FileOptions = Options({
  files: Type.Array(Type.String(), {
    description:
      'JSON (.json) or YAML (.yml, .yaml) files that list groups of targets. `*` stands for any part of a name. Relative paths are relative to where the process was started.',
    minItems: 1,
  }),
  refresh_interval: PrometheusDuration({
    description: 'How often they are read again, beside when they change.',
    default: '5m',
    minimum: '1s',
  }),
})

const Groups = Type.Array(TargetGroupOptions)

/** What a file held when it could last be read. */
interface Listed {
  readonly digest: string
  readonly targets: readonly DiscoveredLabels[]
}

/** Tells the targets that files list, and tells them anew when the files change. A file that is bad keeps what it had. */
export class FileDiscovery implements Discovery {
  readonly #options: Static<typeof FileOptions>
  readonly #clock: Clock
  readonly #logger: Logger
  #listed = new Map<string, Listed>()
  /** Why files could not be read, by file: told once. */
  readonly #problems = new Map<string, string>()
  #watch: FileWatch | undefined
  #schedule: Schedule | undefined

  /** @throws {ConfigError} for a path that is no pattern, or of another kind of file */
  constructor(
    options: Static<typeof FileOptions>,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    for (const [index, file] of options.files.entries()) {
      if (!/\.(?:json|ya?ml)$/i.test(file))
        throw new ConfigError('the name must end with .json, .yml or .yaml', ['files', index])
      if (!isFilePattern(file)) throw new ConfigError('only the last name may have a *', ['files', index])
    }
    this.#options = options
    this.#clock = clock
    this.#logger = logger
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    const { files, refresh_interval: intervalMs } = this.#options
    const look = (): void => {
      if (this.#read()) onTargets([...this.#listed.values()].flatMap(({ targets }) => targets))
    }
    this.#read()
    onTargets([...this.#listed.values()].flatMap(({ targets }) => targets))
    // A pattern is no file; its directory is watched for it.
    this.#watch = watchFiles(
      () => [...files, ...matchingFiles(files)],
      this.#clock,
      look,
      (directory, error) =>
        this.#logger.warn('changes of files with targets show late: their directory cannot be watched', {
          directory,
          error,
        }),
    )
    this.#schedule = every(this.#clock, intervalMs, look, {
      initialDelayMs: intervalMs,
      onError: (error) => this.#logger.error('files with targets cannot be looked at', { error }),
    })
  }

  stop(): void {
    this.#watch?.close()
    void this.#schedule?.stop()
  }

  /** @returns whether anything is different */
  #read(): boolean {
    const before = this.#listed
    this.#listed = new Map()
    for (const file of matchingFiles(this.#options.files)) {
      const known = before.get(file)
      const read = this.#readFile(file, known)
      if (read !== undefined) this.#listed.set(file, read)
    }
    for (const file of this.#problems.keys()) if (!this.#listed.has(file)) this.#problems.delete(file)
    return (
      before.size !== this.#listed.size || [...this.#listed].some(([file, each]) => before.get(file) !== each)
    )
  }

  #readFile(file: string, known: Listed | undefined): Listed | undefined {
    let problem: string
    try {
      const text = readBoundedFile(file, { limit: largest })
      const digest = hash('sha256', text, 'base64')
      if (digest === known?.digest) return known
      const groups = groupsOf(file, text)
      this.#problems.delete(file)
      return { digest, targets: groups.flatMap((group) => labelsOfGroup(group, ['__meta_filepath', file])) }
    } catch (error) {
      problem = fileErrorText(error)
    }
    if (this.#problems.get(file) !== problem) {
      this.#problems.set(file, problem)
      this.#logger.error(`${file} lists no targets: those that it had stay`, { error: problem })
    }
    return known
  }
}

/** @throws {Error} that says what is wrong, with its place in YAML */
function groupsOf(file: string, text: string): readonly TargetGroup[] {
  if (extname(file).toLowerCase() === '.json') return parseTargetGroups(text)
  const read = new OptionsText(file, text, Groups)
  if (read.options !== undefined) return read.options
  throw new Error(read.findings.map((finding) => finding.text).join('\n'))
}
