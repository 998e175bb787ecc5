import { ClientError } from './client-error.ts'
import { hostOf } from './origin.ts'

/** Whether an answer that points elsewhere is followed. */
export type RedirectPolicy = 'never' | 'same_host' | 'any_host'

/** How many answers in a row may point elsewhere. */
export const redirectLimit = 10

const statuses = new Set([301, 302, 303, 307, 308])
/** Those that tell to send the same request again, body included (RFC 9110, 15.4). */
const repeating = new Set([307, 308])

/**
 * Where an answer points to, if it is to be followed. A request with a body is followed only where it is to be repeated
 * as it is.
 *
 * @param from the URL that was asked
 * @throws {ClientError} `redirect_refused` where it leads to another host, away from TLS, or to no URL
 */
export function followedRedirect(
  policy: RedirectPolicy,
  from: URL,
  method: string,
  { status, location }: { readonly status: number; readonly location: string | undefined },
): URL | undefined {
  if (policy === 'never' || !statuses.has(status) || location === undefined) return undefined
  if (method !== 'GET' && !repeating.has(status)) return undefined
  // Locations are bytes; whatever is beyond ASCII is meant as UTF-8.
  const to = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), from)
  if (to === null) throw refused('to something that is no URL')
  to.username = ''
  to.password = ''
  to.hash = ''
  const place = `to ${to.protocol}//${to.host}`
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw refused(`to a URL of another kind (${to.protocol})`)
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused(`${place}, away from TLS`)
  if (policy === 'same_host' && hostOf(to) !== hostOf(from)) throw refused(`${place}, another host`)
  return to
}

function refused(where: string): ClientError {
  return new ClientError('redirect_refused', `the server redirects ${where}: not followed`)
}
