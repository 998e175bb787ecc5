import { ActionOptions } from '#src/attributes/action-options.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'

/** The options of `resource`, in the Collector's names. */
export const Config = Options({
  attributes: Type.Array(ActionOptions, {
    description: 'What is done to the resource, in order.',
    minItems: 1,
  }),
})

export type ResourceConfig = Static<typeof Config>
