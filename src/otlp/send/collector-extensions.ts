import { ConfigError } from '#src/config/config-error.ts'
import { Type } from '#src/config/schema.ts'

/** The Collector's options that name extensions which Weir does not have. */
export const extensionProperties = {
  auth: Type.Optional(
    Type.Unknown({
      description: 'Refused: `basic_auth`, `authorization` and `oauth2` say it without an extension.',
    }),
  ),
  middlewares: Type.Optional(Type.Unknown({ description: 'Refused: there are no such extensions.' })),
}

/**
 * Refuses them in words that help.
 *
 * @throws {ConfigError} where one is there
 */
export function refuseExtensions({
  auth,
  middlewares,
}: {
  readonly auth?: unknown
  readonly middlewares?: unknown
}): void {
  if (auth !== undefined)
    throw new ConfigError(
      'authenticators of the Collector are extensions, which Weir does not have: use basic_auth, authorization (a bearer token, also from a file) or oauth2 beside it',
      ['auth'],
    )
  if (middlewares !== undefined)
    throw new ConfigError('middlewares of the Collector are extensions, which Weir does not have', [
      'middlewares',
    ])
}
