import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkData } from './schema-check.ts'
import type { SchemaView } from './schema-view.ts'

const keys = ['a', 'b', 'x1', 'x2']
const small = fc.integer({ min: -2, max: 4 })
const plain = fc.oneof(
  small,
  fc.constantFrom('', 'a', 'ab', 'abc', '\u{1f600}'),
  fc.boolean(),
  fc.constant(null),
  fc.constant(1.5),
)
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    plain,
    fc.array(tie('data'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('data'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

const text = fc.record(
  {
    type: fc.constant('string'),
    minLength: fc.nat(2),
    maxLength: fc.nat(2),
    pattern: fc.constantFrom('^a', 'b$', '^.$'),
  },
  { requiredKeys: ['type'] },
)
const number = fc.record(
  {
    type: fc.constantFrom('integer', 'number'),
    minimum: small,
    maximum: small,
    exclusiveMinimum: small,
    exclusiveMaximum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
  },
  { requiredKeys: ['type'] },
)
const leaf = fc.oneof(
  text,
  number,
  fc.record({ type: fc.constantFrom('boolean', 'null', ['string', 'null'], ['boolean', 'integer']) }),
  fc.record({ const: data }),
  fc.record({ enum: fc.uniqueArray(plain, { minLength: 1, maxLength: 3 }) }),
  fc.constant({}),
)

/** Schemas; with defaults, but not within unions, where ajv knows none. */
function schemas(withDefaults: boolean): fc.Arbitrary<SchemaView> {
  const { schema } = fc.letrec<{ schema: SchemaView; list: SchemaView; mapping: SchemaView }>((tie) => {
    const property = withDefaults
      ? fc.tuple(tie('schema'), fc.option(data, { nil: undefined })).map(([inner, standard]) => ({
          ...inner,
          ...(standard === undefined ? {} : { default: standard }),
        }))
      : tie('schema')
    return {
      schema: fc.oneof(
        { depthSize: 'small' },
        leaf,
        tie('list'),
        tie('mapping'),
        ...(withDefaults
          ? [
              fc.record({ anyOf: fc.array(schemas(false), { minLength: 1, maxLength: 3 }) }),
              fc.record({ allOf: fc.array(schemas(false), { minLength: 1, maxLength: 2 }) }),
            ]
          : []),
      ),
      list: fc.record(
        {
          type: fc.constant('array'),
          items: tie('schema'),
          minItems: fc.nat(2),
          maxItems: fc.nat(2),
          uniqueItems: fc.boolean(),
        },
        { requiredKeys: ['type'] },
      ),
      mapping: fc.record(
        {
          type: fc.constant('object'),
          properties: fc.dictionary(fc.constantFrom('a', 'b'), property, { noNullPrototype: true }),
          required: fc.uniqueArray(fc.constantFrom(...keys)),
          patternProperties: fc.record({ '^x1': tie('schema') }, { noNullPrototype: true }),
          additionalProperties: fc.oneof(fc.constant(false), tie('schema')),
          minProperties: fc.nat(2),
          maxProperties: fc.nat(3),
        },
        { requiredKeys: ['type'] },
      ),
    }
  })
  return schema
}

test('what holds to a schema, and what its defaults are, is as ajv has it', () => {
  let holding = 0
  fc.assert(
    fc.property(schemas(true), fc.array(data, { minLength: 20, maxLength: 20 }), (schema, values) => {
      const ajv = new Ajv({ useDefaults: true, strict: false, logger: false })
      const validate = ajv.compile({ properties: { value: schema } })
      for (const value of values) {
        const holder = { value: structuredClone(value) }
        const holds = validate(holder)
        const outcome = checkData(schema, structuredClone(value))
        expect(outcome.errors.length === 0).toBe(holds)
        if (!holds) continue
        holding++
        expect(structuredClone(outcome.data)).toEqual(structuredClone(holder.value))
      }
    }),
  )
  expect(holding).toBeGreaterThan(50)
})

test('a default is a copy: what one component changes, no other sees', () => {
  const schema: SchemaView = { type: 'object', properties: { list: { type: 'array', default: [1] } } }
  const first = checkData(schema, {}).data as { list: number[] }
  first.list.push(2)
  expect(checkData(schema, {}).data).toEqual({ list: [1] })
})

describe('a schema that says what would not be held to is refused', () => {
  test.each([
    [{ type: 'nonsense' }, 'its schema has the type "nonsense"; there is string, integer,'],
    [{ type: 'string', format: 'email' }, 'its schema has the word format, which options do not have'],
    [{ properties: { a: { items: { not: {} } } } }, 'its schema has the word not,'],
    [{ patternProperties: { a: { $ref: '#' } } }, 'its schema has the word $ref,'],
    [{ anyOf: [{ additionalProperties: { if: {} } }] }, 'its schema has the word if,'],
  ])('%j', (schema, message) => {
    expect(() => checkData(schema as SchemaView, {})).toThrow(message)
  })
})
