/** A step into a configuration: a key of a mapping, or an index of a list. */
export type Path = readonly (string | number)[]

/**
 * A mistake in the configuration. Thrown by whoever finds it, with the path from the options it was given; the
 * configuration's reader adds the path of those options, and shows file, line, column and the line itself.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly path: Path
  /** More mistakes found in the same go. */
  readonly others: readonly ConfigError[]

  constructor(
    message: string,
    path: Path = [],
    options: { cause?: unknown; others?: readonly ConfigError[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.path = path
    this.others = options.others ?? []
  }

  /** The same mistake, seen from further out. */
  under(...outer: Path): ConfigError {
    return new ConfigError(this.message, [...outer, ...this.path], {
      cause: this.cause,
      others: this.others.map((other) => other.under(...outer)),
    })
  }
}

/** Throws all mistakes at once, if there are any: as one error whose `others` are all the rest. */
export function throwAll(errors: readonly ConfigError[]): void {
  const [first, ...others] = errors.flatMap((error) => [
    new ConfigError(error.message, error.path, { cause: error.cause }),
    ...error.others,
  ])
  if (first !== undefined) throw new ConfigError(first.message, first.path, { cause: first.cause, others })
}

/** Maps the items of a list, and throws the mistakes of all of them at once. */
export function mapItems<Item, Result>(
  list: readonly Item[],
  map: (item: Item, index: number) => Result,
): Result[] {
  const errors: ConfigError[] = []
  const results: Result[] = []
  for (const [index, item] of list.entries()) {
    try {
      results.push(map(item, index))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      errors.push(error)
    }
  }
  throwAll(errors)
  return results
}

/** Makes several things in order, and throws the mistakes of all of them at once. */
export function makeAll<Made extends readonly unknown[]>(
  ...makers: { readonly [Index in keyof Made]: () => Made[Index] }
): Made {
  const made: readonly unknown[] = mapItems(makers as readonly (() => unknown)[], (make) => make())
  return made as Made
}
