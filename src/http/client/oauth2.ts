import type { Clock } from '#src/component/clock.ts'
import { visibleJson } from '#src/text/visible-text.ts'
import { ClientError } from './client-error.ts'
import { CollectedBody } from './collected-body.ts'
import { basicAuthorization, type Credentials } from './credentials.ts'
import type { Text } from './file-text.ts'
import { untilAborted } from './host-lookup.ts'
import type { Answer, HttpClient } from './http-client.ts'
import { hasControls } from './header-text.ts'

/** Where tokens come from: the client credentials grant (RFC 6749, 4.4). */
export interface OAuth2Settings {
  readonly tokenUrl: URL
  readonly clientId: Text
  readonly clientSecret: Text
  readonly scopes: readonly string[]
  readonly endpointParams: Readonly<Record<string, string | readonly string[]>>
  /** Asks for the tokens: it may have TLS and a proxy of its own. */
  readonly client: HttpClient
  readonly clock: Clock
}

/** How the client says who it is: in a header, as the standard wants it, or in the body, as some servers do. */
type Style = 'header' | 'body'

interface Token {
  readonly authorization: string
  readonly fetched: number
  /** In monotonic milliseconds. */
  readonly expires: number
}

const requestTimeoutMs = 30_000
/** A token is not used in its last seconds, which a request may outlast. */
const marginMs = 10_000
/** A refused token is not replaced more often than this, nor a failed request for one repeated. */
const pauseMs = 5_000
const answerLimit = 1_048_576

/** Keeps a token, fetches the next one before it expires, one request at a time whoever asks. */
export class OAuth2Credentials implements Credentials {
  readonly #settings: OAuth2Settings
  #token: Token | undefined
  #fetching: Promise<Token> | undefined
  #failure: { readonly error: ClientError; readonly at: number } | undefined
  #style: Style | undefined

  constructor(settings: OAuth2Settings) {
    this.#settings = settings
  }

  async authorization(signal: AbortSignal): Promise<string> {
    const now = this.#settings.clock.monotonic()
    if (this.#token !== undefined && now < this.#token.expires) return this.#token.authorization
    if (this.#failure !== undefined && now - this.#failure.at < pauseMs) throw this.#failure.error
    // Others wait for the same token, so that the request is not the first one's to abort.
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return (await untilAborted(this.#fetching, signal)).authorization
  }

  renew(): void {
    const { clientId, clientSecret, clock } = this.#settings
    clientId.renew()
    clientSecret.renew()
    if (this.#token !== undefined && clock.monotonic() - this.#token.fetched >= pauseMs)
      this.#token = undefined
  }

  async #fetch(): Promise<Token> {
    try {
      const token = await this.#ask()
      this.#failure = undefined
      this.#token = token
      return token
    } catch (cause) {
      const error = this.#explain(cause)
      this.#failure = { error, at: this.#settings.clock.monotonic() }
      throw error
    }
  }

  async #ask(): Promise<Token> {
    const styles: readonly Style[] = this.#style === undefined ? ['header', 'body'] : [this.#style]
    let refusal = ''
    for (const style of styles) {
      const body = new CollectedBody()
      const answer = await this.#post(style, body)
      if (answer.status >= 200 && answer.status < 300) {
        this.#style = style
        return this.#read(body.text)
      }
      refusal = `status ${answer.status}${this.#reason(answer.excerpt)}`
      // Whoever does not take the header says one of these.
      if (answer.status !== 400 && answer.status !== 401) break
    }
    throw new Error(refusal)
  }

  async #post(style: Style, sink: CollectedBody): Promise<Answer> {
    const { tokenUrl, clientId, clientSecret, scopes, endpointParams, client } = this.#settings
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    for (const [name, values] of Object.entries(endpointParams)) {
      form.delete(name)
      for (const value of typeof values === 'string' ? [values] : values) form.append(name, value)
    }
    const id = clientId.read()
    const secret = clientSecret.read()
    if (style === 'body') {
      form.set('client_id', id)
      form.set('client_secret', secret)
    }
    return await client.post(
      {
        url: tokenUrl,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Accept: 'application/json',
          // Both parts are form-encoded within it (RFC 6749, 2.3.1).
          ...(style === 'header'
            ? { Authorization: basicAuthorization(formEncoded(id), formEncoded(secret)) }
            : {}),
        },
        body: [Buffer.from(form.toString())],
        timeoutMs: requestTimeoutMs,
        bodySizeLimit: answerLimit,
        idempotent: true,
      },
      undefined,
      sink,
    )
  }

  #read(text: string): Token {
    const { access_token: token, token_type: type = 'Bearer', expires_in: seconds } = parseObject(text)
    if (typeof token !== 'string' || token === '' || hasControls(token))
      throw new Error('the answer has no access_token')
    const scheme = String(type).toLowerCase() === 'bearer' ? 'Bearer' : String(type)
    const now = this.#settings.clock.monotonic()
    const livesMs = Number(seconds) * 1000
    // Where nothing is said it is used until it is refused.
    const expires = livesMs > 0 ? now + Math.max(livesMs - marginMs, livesMs / 2) : Infinity
    return { authorization: `${scheme} ${token}`, fetched: now, expires }
  }

  /** What the server says about it (RFC 6749, 5.2), if that does not repeat the secret. */
  #reason(text: string): string {
    let answer: Readonly<Record<string, unknown>> = {}
    try {
      answer = parseObject(text)
    } catch {
      // The status says enough.
    }
    const words = [answer['error'], answer['error_description']].filter((word) => typeof word === 'string')
    const reason = words.join(': ').slice(0, 200)
    return reason === '' || reason.includes(this.#settings.clientSecret.read())
      ? ''
      : `, ${visibleJson(reason)}`
  }

  #explain(cause: unknown): ClientError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (cause instanceof ClientError && cause.code === 'credentials_unavailable') return cause
    const { origin, pathname } = this.#settings.tokenUrl
    return new ClientError('credentials_unavailable', `no token from ${origin}${pathname}: ${reason}`, {
      cause,
    })
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error('the answer is no JSON', { cause: error })
  }
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no JSON object')
  return value as Readonly<Record<string, unknown>>
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
