import { ActionOptions } from '#src/attributes/action-options.ts'
import { WantedAttribute } from '#src/attributes/attribute-matcher.ts'
import { selectionOptions } from '#src/attributes/series-matcher.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'

const Library = Options({
  name: Type.String({ description: 'The name of the instrumentation scope.' }),
  version: Type.Optional(
    Type.String({ description: 'Its version; an empty text is one without. Any, where not given.' }),
  ),
})

const Selection = (description: string) =>
  Type.Optional(
    Options(
      {
        ...selectionOptions,
        resources: Type.Array(WantedAttribute, {
          description: 'Attributes of the resource, all of which must match.',
          default: [],
        }),
        libraries: Type.Array(Library, {
          description: 'Instrumentation scopes, of which one must match.',
          default: [],
        }),
      },
      { description },
    ),
  )

/** The options of `attributes`, in the Collector's names. */
export const Config = Options({
  actions: Type.Array(ActionOptions, {
    description: 'What is done to the attributes, in order.',
    minItems: 1,
  }),
  include: Selection('The series that are edited: all of what is given must match. All, where not given.'),
  exclude: Selection('Of these, the series that are left alone: all of what is given must match.'),
})

export type AttributesConfig = Static<typeof Config>
export type SelectionConfig = NonNullable<AttributesConfig['include']>
