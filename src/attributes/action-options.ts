import { Options, Type, type Static } from '#src/config/schema.ts'

const forWriting = 'insert, update, upsert:'

/** One action on attributes, in the Collector's names. */
export const ActionOptions = Options({
  action: Type.Union(
    [
      Type.Literal('insert'),
      Type.Literal('update'),
      Type.Literal('upsert'),
      Type.Literal('delete'),
      Type.Literal('hash'),
      Type.Literal('extract'),
      Type.Literal('convert'),
    ],
    { description: 'What is done; upper case will do as well.', anyCase: true },
  ),
  key: Type.Optional(Type.String({ description: 'The attribute that is acted upon.' })),
  value: Type.Optional(
    Type.Unknown({ description: `${forWriting} what is written, with the type that it has here.` }),
  ),
  from_attribute: Type.Optional(
    Type.String({ description: `${forWriting} the attribute whose value is written, where there is one.` }),
  ),
  default_value: Type.Optional(
    Type.Unknown({ description: `${forWriting} what is written where the other source has nothing.` }),
  ),
  from_context: Type.Optional(
    Type.String({ description: 'Refused: Weir keeps no metadata of clients that it could be read from.' }),
  ),
  pattern: Type.Optional(
    Type.String({
      description:
        'delete, hash: an RE2 expression for the names of further attributes. extract: one for the value of `key`, ' +
        'each group of which has a name and is written to the attribute of that name.',
    }),
  ),
  converted_type: Type.Optional(
    Type.Union([Type.Literal('int'), Type.Literal('double'), Type.Literal('string'), Type.Literal('bool')], {
      description: 'convert: the new type. What cannot be converted stays as it is.',
    }),
  ),
})

export type ActionConfig = Static<typeof ActionOptions>
export type ActionName = ActionConfig['action']

/** What an action is told beside its name. */
export type ActionOption = Exclude<keyof ActionConfig, 'action'>

/** The options that an action was given. As in the Collector an empty text is none, unless it is a value. */
export function givenOptions(config: ActionConfig): ActionOption[] {
  const given: ActionOption[] = []
  for (const [option, value] of Object.entries(config) as [keyof ActionConfig, unknown][]) {
    if (option === 'action' || value === undefined || value === null) continue
    if (value !== '' || option === 'value' || option === 'default_value') given.push(option)
  }
  return given
}
