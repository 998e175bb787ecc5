import type { ConfigError } from '#src/config/config-error.ts'
import type { ComponentConfig } from '#src/config/configuration.ts'

/** A mistake that a component found in its options, with the component it is about. */
export interface ComponentMistake {
  readonly component: ComponentConfig
  readonly error: ConfigError
}

/** Thrown where components refuse their options: when they are made, or when they start. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly mistakes: readonly ComponentMistake[]

  constructor(mistakes: readonly ComponentMistake[]) {
    super(`${mistakes.length} of the configured components refuse their options`)
    this.mistakes = mistakes
  }
}
