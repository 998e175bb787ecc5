import { ConfigError, type Path } from './config-error.ts'

/** Makes something of an option; a mistake in it is then found at the option's place. */
export function located<Made>(path: Path, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error
  }
}
