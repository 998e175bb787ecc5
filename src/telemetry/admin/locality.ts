import type { IncomingMessage } from 'node:http'

/**
 * Whether an address or name is this machine's own. Of a request's `Host` it tells whether the client meant this
 * machine: a page that had its name resolved to 127.0.0.1 shows its own name.
 */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i.test(host)
}

/** Whether no page of another site is behind the request: browsers say so in `Origin` and `Sec-Fetch-Site`. */
export function isSameSite({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  const site = headers['sec-fetch-site'] ?? 'none'
  if (site !== 'none' && site !== 'same-origin') return false
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
