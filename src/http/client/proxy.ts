import { ConfigError } from '#src/config/config-error.ts'
import { basicAuthorization } from './credentials.ts'
import { compileNoProxy, type Exemption } from './no-proxy.ts'
import { hostOf, portOf, userOf } from './origin.ts'
import type { RequestHeaders } from './request-head.ts'

/** A proxy that stands between. */
export interface Proxy {
  /** http or https; without the user. */
  readonly url: URL
  /** What `Proxy-Authorization` says. */
  readonly authorization: string | undefined
  /** Sent with CONNECT alone. */
  readonly connectHeaders: RequestHeaders
}

/** The proxy that a URL is asked through; undefined where it is asked directly. */
export type ProxyRule = (url: URL) => Proxy | undefined

/** How a client is told about proxies, in whichever grammar. */
export interface ProxySettings {
  readonly url?: string | undefined
  readonly noProxy?: string | undefined
  /** Obeys HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly fromEnvironment?: boolean | undefined
  readonly connectHeaders?: RequestHeaders | undefined
}

/** Variables as the process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Compiles which proxy is used for what.
 *
 * @throws {ConfigError} with an empty path for a URL that is no proxy's
 */
export function compileProxyRule(settings: ProxySettings, environment: Environment): ProxyRule | undefined {
  const connectHeaders = settings.connectHeaders ?? {}
  if (settings.fromEnvironment === true) {
    const exempt = compileNoProxy(variable(environment, 'NO_PROXY'))
    const plain = makeProxy(variable(environment, 'HTTP_PROXY'), connectHeaders)
    const secure = makeProxy(variable(environment, 'HTTPS_PROXY'), connectHeaders)
    return (url) => unlessExempt(url, url.protocol === 'https:' ? secure : plain, exempt)
  }
  const proxy = makeProxy(settings.url ?? '', connectHeaders)
  if (proxy === undefined) return undefined
  // As with Go, this machine itself is exempt only where there are exemptions at all.
  const exempt =
    settings.noProxy === undefined || settings.noProxy === '' ? () => false : compileNoProxy(settings.noProxy)
  return (url) => unlessExempt(url, proxy, exempt)
}

function unlessExempt(url: URL, proxy: Proxy | undefined, exempt: Exemption): Proxy | undefined {
  return exempt(hostOf(url), portOf(url)) ? undefined : proxy
}

function makeProxy(text: string, connectHeaders: RequestHeaders): Proxy | undefined {
  if (text === '') return undefined
  // Environments leave the scheme out.
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError('is no URL of a proxy: expected http://host:port or https://host:port')
  }
  const user = userOf(url)
  url.username = ''
  url.password = ''
  const authorization = user === undefined ? undefined : basicAuthorization(user.username, user.password)
  return { url, authorization, connectHeaders }
}

/** Of both spellings the upper one goes first, as with Go. */
function variable(environment: Environment, name: string): string {
  const upper = environment[name]
  return upper !== undefined && upper !== '' ? upper : (environment[name.toLowerCase()] ?? '')
}
