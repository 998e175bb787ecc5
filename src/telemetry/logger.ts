/** What a line of the log is about, beside its message. Values that are objects are written as JSON; a `Secret` never shows. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly [notHeldBack]?: true }

/**
 * A mark among the fields of a line that answers what a person did, such as a reload: it is written however often it
 * comes. `logger.error('the new configuration was refused', { mistakes, [notHeldBack]: true })`
 */
export const notHeldBack: unique symbol = Symbol('not held back')

/**
 * A structured log. The message is a constant sentence and names the cause; what varies goes into the fields. Of one
 * cause (component and message) one line a minute is written; the next one says how many were held back.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines all bear these fields too. */
  child(fields: LogFields): Logger
}
