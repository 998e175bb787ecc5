import { systemClock, type Clock } from '#src/component/clock.ts'
import { CauseLimit } from './cause-limit.ts'
import { encodings, type LogEncoding } from './log-line.ts'
import { describeError, errorCode, plainValue, shorten, type PlainValue } from './log-value.ts'
import { notHeldBack, type LogFields, type Logger } from './logger.ts'

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** The levels of the log, least first. */
export type LogLevel = keyof typeof levels

/** How lines look, and which are written: what a reload may change. */
export interface LogStyle {
  /** Lines below it are not written. */
  readonly level: LogLevel
  readonly encoding: keyof typeof encodings
  /** Fields that every line bears. */
  readonly initialFields?: LogFields
}

/** How the log is written. */
export interface LogSettings extends LogStyle {
  readonly clock?: Clock
  /** Takes whole lines, line feed included; standard error unless given. */
  readonly write?: (line: string) => void
}

/** What all loggers of one log share. */
interface Log {
  level: LogLevel
  encode: LogEncoding
  initialFields: LogFields
  readonly clock: Clock
  readonly write: (line: string) => void
  readonly limit: CauseLimit<Cause>
}

/** What is repeated: the line without what varies. */
interface Cause {
  readonly level: LogLevel
  readonly message: string
  /** The fields that tell the component. */
  readonly component: LogFields
}

/**
 * A log of lines in JSON, or in text for people. Control characters are escaped in both, secrets never show, a line is
 * at most 8192 bytes long. An error is written as its message with those of its causes, and its code in a field beside
 * it; its stack only at level debug.
 */
export class StructuredLogger implements Logger {
  readonly #log: Log
  readonly #fields: LogFields
  readonly #component: LogFields
  readonly #componentKey: string

  private constructor(log: Log, fields: LogFields) {
    this.#log = log
    this.#fields = fields
    this.#component = componentOf(fields)
    this.#componentKey = JSON.stringify(Object.values(this.#component).map((value) => plainValue(value)))
  }

  /** Opens a log. */
  static open(settings: LogSettings): StructuredLogger {
    const { clock = systemClock, write = writeToStandardError } = settings
    return new StructuredLogger({ ...styled(settings), clock, write, limit: new CauseLimit() }, {})
  }

  /** Changes how this log, with all loggers that were made from it, is written from now on. */
  restyle(style: LogStyle): void {
    Object.assign(this.#log, styled(style))
  }

  debug(message: string, fields?: LogFields): void {
    this.#take('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#take('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#take('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#take('error', message, fields)
  }

  child(fields: LogFields): StructuredLogger {
    return new StructuredLogger(this.#log, { ...this.#fields, ...fields })
  }

  /** Tells how many lines of each cause are still held back: before the process ends. */
  flush(): void {
    for (const held of this.#log.limit.drain()) this.#tellHeld(held)
  }

  #take(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { limit, clock } = this.#log
    if (levels[level] < levels[this.#log.level]) return
    if (fields[notHeldBack] === true) {
      this.#write(level, message, { ...this.#fields, ...fields })
      return
    }
    const cause = { level, message, component: this.#component }
    const answer = limit.take(`${this.#componentKey}${message}`, cause, clock.monotonic())
    for (const held of answer.evicted) this.#tellHeld(held)
    if (answer.suppressed === undefined) return
    this.#write(level, message, { ...this.#fields, ...fields, ...counted(answer.suppressed) })
  }

  #tellHeld({ cause, suppressed }: { readonly cause: Cause; readonly suppressed: number }): void {
    this.#write(cause.level, cause.message, { ...cause.component, ...counted(suppressed) })
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    const { encode, initialFields, clock, write } = this.#log
    const all = this.#plain({ ...initialFields, ...fields })
    write(encode({ time: clock.now(), level, message: shorten(message), fields: all }))
  }

  *#plain(fields: LogFields): Generator<readonly [key: string, value: PlainValue]> {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue
      const key = shorten(reserved.has(name) ? `${name}_` : name, longestName)
      if (!(value instanceof Error)) {
        yield [key, plainValue(value)]
        continue
      }
      yield [key, plainValue(describeError(value))]
      const code = errorCode(value)
      if (code !== undefined) yield [`${key}_code`, plainValue(code)]
      if (this.#log.level === 'debug') yield [`${key}_stack`, plainValue(value.stack)]
    }
  }
}

function styled({
  level,
  encoding,
  initialFields = {},
}: LogStyle): Pick<Log, 'level' | 'encode' | 'initialFields'> {
  return { level, encode: encodings[encoding], initialFields }
}

const longestName = 128

/** The fields of the line itself. */
const reserved: ReadonlySet<string> = new Set(['level', 'ts', 'msg'])

function counted(suppressed: number): LogFields {
  return suppressed === 0 ? {} : { suppressed }
}

/** The fields by which the engine tells components apart. */
function componentOf({ kind, component, pipeline }: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries({ kind, component, pipeline }).filter(([, value]) => value !== undefined),
  )
}

let watched = false

function writeToStandardError(line: string): void {
  if (!watched) {
    // A log that nobody reads any more must not end the process.
    process.stderr.on('error', () => undefined)
    watched = true
  }
  process.stderr.write(line)
}
