import { ClientError } from '#src/http/client/client-error.ts'
import { watchVerbs } from './access-rule.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { resourceName, ruleFor, type Resource } from './resource.ts'

/** What is done about a failure. */
export interface Retry {
  /** One word, as it is counted: `expired`, `forbidden`, `connection_refused`. */
  readonly reason: string
  /** Whether the version that was seen last is of no more use. */
  readonly relist: boolean
  /** Not before this many milliseconds. */
  readonly afterMs: number | undefined
  /** Whether it happens in the best of clusters: it is counted, and nobody is told. */
  readonly isRoutine: boolean
  /** A sentence for people: what is wrong, and what to do about it. */
  readonly message: string
}

/** A failure that somebody should know of. */
export interface Trouble extends Retry {
  readonly error: unknown
  /** When it is tried again. */
  readonly delayMs: number
}

/** Rules and kinds of objects do not change by themselves. */
const onceAMinuteMs = 60_000

const statusReasons: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  429: 'throttled',
  500: 'server_error',
  503: 'unavailable',
  504: 'server_timeout',
}

/** Whom it was asked, for messages. */
type Asked = Pick<ApiClient, 'server' | 'trust'>

/** Decides what is done about a failed list or watch of a resource. */
export function retryOf(error: unknown, resource: Resource, api: Asked): Retry {
  const { server, trust } = api
  if (error instanceof ApiError) return retryOfAnswer(error, resource, server)
  const isClient = error instanceof ClientError
  const said = error instanceof Error ? error.message : String(error)
  const distrusts = isClient && error.code === 'tls_certificate_untrusted'
  const advice = distrusts ? `; trusted are ${trust}` : ''
  return {
    reason: isClient ? error.code : 'malformed_answer',
    relist: false,
    afterMs: undefined,
    // The end of a connection in the midst of a watch is how most watches end behind proxies.
    isRoutine: isClient && error.code === 'connection_closed',
    message: isClient ? `cannot reach the API server ${server}: ${said}${advice}` : said,
  }
}

function retryOfAnswer(error: ApiError, resource: Resource, server: string): Retry {
  const { code, retryAfterMs, message } = error
  const name = resourceName(resource)
  const plain = { relist: false, afterMs: retryAfterMs, isRoutine: false }
  if (error.expired) return { ...plain, reason: 'expired', relist: true, isRoutine: true, message }
  if (code === 504 && message.includes('Too large resource version')) {
    // The server has lost what it had told of: etcd was restored from a backup, or this server is behind.
    return { ...plain, reason: 'version_unknown', relist: true, message }
  }
  const reason = statusReasons[code] ?? `status_${code}`
  switch (code) {
    case 401:
      return {
        ...plain,
        reason,
        message: `the API server ${server} does not accept the credentials: ${message}`,
      }
    case 403:
      return {
        ...plain,
        reason,
        afterMs: onceAMinuteMs,
        message: `${message}; add the rule ${ruleFor(resource, watchVerbs)} to its Role or ClusterRole`,
      }
    case 404:
      return {
        ...plain,
        reason,
        relist: true,
        afterMs: onceAMinuteMs,
        message: `the API server ${server} does not have ${name} in the version ${resource.version}`,
      }
    default:
      return { ...plain, reason, message: `the API server ${server} cannot tell of ${name}: ${message}` }
  }
}
