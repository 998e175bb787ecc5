import type { LogFields, Logger } from '#src/telemetry/logger.ts'

/** One line that a component logged. */
export interface CapturedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

/** A logger that keeps its lines. */
export class CapturedLog implements Logger {
  readonly lines: CapturedLine[]
  readonly #fields: LogFields

  constructor(lines: CapturedLine[] = [], fields: LogFields = {}) {
    this.lines = lines
    this.#fields = fields
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields)
  }

  child(fields: LogFields): CapturedLog {
    return new CapturedLog(this.lines, { ...this.#fields, ...fields })
  }

  #add(level: CapturedLine['level'], message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } })
  }
}
