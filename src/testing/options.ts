import { convertData } from '#src/config/conversion.ts'
import { checkData } from '#src/config/schema-check.ts'
import { viewOf } from '#src/config/schema-view.ts'
import type { Static, TSchema } from '#src/config/schema.ts'

/**
 * The options that a component gets for what a file has: defaults filled in, durations in milliseconds.
 *
 * @throws {Error} where the options do not hold to the schema
 */
export function optionsOf<Schema extends TSchema>(schema: Schema, written: object): Static<Schema> {
  const { data, errors, conversions } = checkData(viewOf(schema), structuredClone(written))
  if (errors.length > 0) throw new Error(`the options are wrong: ${JSON.stringify(errors)}`)
  return convertData(data, conversions) as Static<Schema>
}
