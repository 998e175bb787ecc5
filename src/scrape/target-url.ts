/** Where a target is and what is asked there, as its labels say. */
export interface TargetPlace {
  /** `host:port`, or as vmagent takes it also a whole URL. */
  readonly address: string
  readonly scheme: string
  /** It may end with a query, as vmagent takes it. */
  readonly path: string
  readonly params: ReadonlyMap<string, readonly string[]>
}

/** A target's labels do not make a URL. The message says why. */
export class BadTarget extends Error {
  override readonly name = 'BadTarget'
}

const address = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]\\]+)(?::\d{1,5})?$/
const whole = /^(?<scheme>https?):\/\/(?<host>[^/?#]*)(?<path>.*)$/i

/**
 * The URL of a target, with its parameters in order of their names. Nothing of the labels gets into another part of it.
 *
 * @returns `host` is the address without scheme and path: what the label `instance` becomes where nothing says otherwise
 * @throws {BadTarget}
 */
export function targetUrl(place: TargetPlace): { readonly url: URL; readonly host: string } {
  const { scheme, host, path } = whole.exec(place.address)?.groups ?? {
    scheme: place.scheme,
    host: place.address,
    path: '',
  }
  if (scheme === undefined || !/^https?$/i.test(scheme))
    throw new BadTarget(`the scheme ${JSON.stringify(scheme)} is neither http nor https`)
  const base = `${scheme}://${host}`
  if (host === undefined || !address.test(host) || !URL.canParse(base))
    throw new BadTarget(`its __address__ ${shownAddress(place.address)}is no address: expected host:port`)
  const url = new URL(base)
  const [pathname = '', ...query] = (path === undefined || path === '' ? place.path : path).split('?')
  url.pathname = pathname
  const params = new URLSearchParams(query.join('?'))
  for (const [name, values] of place.params) {
    params.delete(name)
    for (const value of values) params.append(name, value)
  }
  params.sort()
  url.search = params.toString()
  return { url, host }
}

/** An address that has a user in it is not repeated. */
function shownAddress(text: string): string {
  return text.includes('@') ? '' : `${JSON.stringify(text.slice(0, 100))} `
}
