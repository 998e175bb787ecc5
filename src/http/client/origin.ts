import type { Endpoint } from '../endpoint.ts'

/** The host of a URL as sockets take it: IPv6 addresses without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

/** The port of a URL, also where it is the scheme's own. */
export function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

/** Where a URL leads. */
export function endpointOf(url: URL): Endpoint {
  return { host: hostOf(url), port: portOf(url) }
}

/** The user in a URL, if there is one. */
export function userOf(url: URL): { readonly username: string; readonly password: string } | undefined {
  if (url.username === '') return undefined
  return { username: decoded(url.username), password: decoded(url.password) }
}

/** A stray per cent sign stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
