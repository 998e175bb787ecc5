import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import type { Path } from './config-error.ts'
import { copyOf } from './data-copy.ts'
import { schemaNotes, type Converted } from './schema.ts'
import { alternativesOf, jsonType, typesOf, type SchemaView } from './schema-view.ts'
import { textFormOf } from './text-form.ts'

/** A value that does not hold to its schema. */
export interface SchemaError {
  /** The word of JSON Schema that does not hold, or `union`: none of several alternatives does. */
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  /** Where, from the options. */
  readonly path: Path
  /** The schema that has the word. */
  readonly schema: SchemaView
}

/** A text that the component gets as something else. */
export interface Conversion {
  readonly path: Path
  readonly to: Converted
}

/** What came of a check. */
export interface CheckOutcome {
  /** The data with defaults filled in; only without errors does it hold to the schema. */
  readonly data: unknown
  readonly errors: readonly SchemaError[]
  readonly conversions: readonly Conversion[]
}

/** What a validator tells while it runs; it is `this` of our own words. */
interface Run {
  readonly path: Path
  readonly errors: SchemaError[]
  readonly conversions: Conversion[]
}

/** What ajv has compiled, by schema. */
interface Compiled {
  readonly ajv: Ajv
  readonly validators: WeakMap<object, ValidateFunction>
}

let compiled: Compiled | undefined

/**
 * Checks data against a schema: all errors, defaults filled in. The data is changed.
 *
 * A union is decided by its first alternative that holds. Where none does, the errors are those of the alternative that
 * was most likely meant.
 *
 * @throws Error where the schema itself is wrong
 */
export function checkData(schema: SchemaView, data: unknown, path: Path = []): CheckOutcome {
  const run: Run = { path, errors: [], conversions: [] }
  const holder = { value: data }
  const validate = validatorOf(schema)
  const ok = validate.call(run, holder)
  const errors = ok
    ? run.errors
    : [...run.errors, ...(validate.errors ?? []).map((error) => ofAjv(error, path))]
  return { data: holder.value, errors, conversions: run.conversions }
}

/** Lets go of the compiled schemas: a configuration is read once, and those of ten components hold 15 MB. */
export function releaseCompiledSchemas(): void {
  compiled = undefined
}

function validatorOf(schema: SchemaView): ValidateFunction {
  compiled ??= { ajv: makeAjv(), validators: new WeakMap() }
  const { ajv, validators } = compiled
  const known = validators.get(schema)
  if (known !== undefined) return known
  // In a holder, so that a union at the outermost can replace its value as well.
  const validator = ajv.compile({ type: 'object', properties: { value: schema } })
  validators.set(schema, validator)
  return validator
}

function ofAjv({ keyword, params, instancePath, parentSchema }: ErrorObject, path: Path): SchemaError {
  return {
    keyword,
    params,
    path: [...path, ...stepsOf(instancePath)],
    schema: (parentSchema ?? {}) as SchemaView,
  }
}

/** The steps of a JSON pointer below `/value`. */
function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(2)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function makeAjv(): Ajv {
  const made = new Ajv({
    allErrors: true,
    useDefaults: true,
    passContext: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    allowUnionTypes: true,
    logger: false,
    // A validator runs once or twice: making it shorter took a quarter of the time that making it takes.
    code: { optimize: false },
  })
  // Schemas are checked by the words as they were; those below are ours.
  void made.validateSchema({})
  made.addVocabulary(schemaNotes.filter((note) => note !== 'weir'))
  made.addKeyword({
    keyword: 'weir',
    type: 'string',
    compile(to: Converted, schema: AnySchemaObject) {
      return function noteConversion(this: unknown, data: unknown, at?: DataValidationCxt) {
        if (at !== undefined) checkConverted(this as Run, to, schema as SchemaView, data, at)
        return true
      }
    },
  })
  for (const keyword of ['anyOf', 'oneOf']) {
    made.removeKeyword(keyword)
    made.addKeyword({
      keyword,
      schemaType: 'array',
      modifying: true,
      compile(alternatives: readonly SchemaView[], parent: AnySchemaObject) {
        return function checkAlternatives(this: unknown, data: unknown, at?: DataValidationCxt) {
          if (at !== undefined) checkUnion(this as Run, alternatives, parent as SchemaView, data, at)
          return true
        }
      },
    })
  }
  return made
}

function checkConverted(
  run: Run,
  to: Converted,
  schema: SchemaView,
  data: unknown,
  { instancePath }: DataValidationCxt,
): void {
  const path = [...run.path, ...stepsOf(instancePath)]
  const form = textFormOf(to)
  if (form !== undefined) {
    const parsed = form.parse(String(data))
    const least = form.parse(schema.minimumDuration ?? '0')
    if (parsed === undefined || (least !== undefined && parsed < least)) {
      run.errors.push({ keyword: to, params: { parsed }, path, schema })
    }
  }
  run.conversions.push({ path, to })
}

function checkUnion(
  run: Run,
  alternatives: readonly SchemaView[],
  parent: SchemaView,
  data: unknown,
  { instancePath, parentData, parentDataProperty }: DataValidationCxt,
): void {
  const path = [...run.path, ...stepsOf(instancePath)]
  const meant = alternatives.filter((alternative) => mayBe(alternative, data))
  const outcomes: CheckOutcome[] = []
  for (const alternative of meant) {
    const outcome = checkData(alternative, copyOf(data), path)
    if (outcome.errors.length === 0) {
      parentData[parentDataProperty] = outcome.data
      run.conversions.push(...outcome.conversions)
      return
    }
    outcomes.push(outcome)
  }
  const [nearest] = outcomes.toSorted((a, b) => penalty(a) - penalty(b))
  const isPlain = typeof data !== 'object' || data === null
  const clear = nearest?.errors.every(({ keyword }) => keyword !== 'const' && keyword !== 'enum') ?? false
  if (nearest === undefined || (isPlain && !(clear && meant.length === 1))) {
    run.errors.push({ keyword: 'union', params: {}, path, schema: parent })
  } else run.errors.push(...nearest.errors)
}

/** How far an alternative is from what was written; another constant means that another one was meant. */
function penalty({ errors }: CheckOutcome): number {
  const weights: Readonly<Record<string, number>> = {
    const: 100,
    enum: 10,
    additionalProperties: 2,
    required: 2,
  }
  return errors.reduce((sum, { keyword }) => sum + (weights[keyword] ?? 1), 0)
}

/** Whether an alternative takes values of this type at all. */
function mayBe(alternative: SchemaView, data: unknown): boolean {
  const types = alternativesOf([alternative]).flatMap(typesOf)
  const type = jsonType(data)
  return types.length === 0 || types.includes(type) || (type === 'number' && types.includes('integer'))
}
