import { every, type Schedule } from '#src/component/schedule.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { Options, PrometheusDuration, Type, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { CollectedBody } from '#src/http/client/collected-body.ts'
import type { HttpClient } from '#src/http/client/http-client.ts'
import { compilePrometheusClient, httpClientProperties } from '#src/http/client/prometheus-client-config.ts'
import { shownUrl } from '#src/http/shown-url.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { DiscoveredLabels, Discovery } from './discovery.ts'
import { labelsOfGroup, parseTargetGroups } from './target-group.ts'

/** Bytes of an answer at most. */
const largest = 64 * 1_048_576

/** One item of `http_sd_configs`. */
export const HttpOptions = Options({
  url: Type.String({ description: 'Where a JSON list of groups of targets is.' }),
  refresh_interval: PrometheusDuration({
    description: 'How often it is asked.',
    default: '1m',
    minimum: '1s',
  }),
  ...httpClientProperties,
})

/** Tells the targets that a server lists. While it cannot be asked, those that it listed last stay. */
export class HttpDiscovery implements Discovery {
  readonly #url: URL
  /** For people and for labels: without the user in it. */
  /** Without a user. */
  readonly #openUrl: string
  readonly #intervalMs: number
  readonly #client: HttpClient
  readonly #surroundings: ClientSurroundings
  #schedule: Schedule | undefined
  /** What the server said last. */
  #answer: string | undefined
  #failing = false

  /** @throws {ConfigError} for a URL that is none, or client options that do not go together */
  constructor(options: Static<typeof HttpOptions>, surroundings: ClientSurroundings) {
    const url = URL.parse(options.url)
    if (url === null || !/^https?:$/.test(url.protocol))
      throw new ConfigError('expected a URL that begins with http:// or https://', ['url'])
    this.#url = url
    const open = new URL(url)
    open.username = ''
    open.password = ''
    this.#openUrl = url.username === '' && url.password === '' ? options.url : open.href
    this.#intervalMs = options.refresh_interval
    this.#client = compilePrometheusClient(options, surroundings)
    this.#surroundings = surroundings
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    const { clock, logger } = this.#surroundings
    const url = shownUrl(this.#openUrl)
    this.#schedule = every(
      clock,
      this.#intervalMs,
      async (signal) => {
        const answer = await this.#ask(signal)
        const isNew = answer !== this.#answer
        const groups = isNew ? parseTargetGroups(answer) : []
        this.#answer = answer
        if (this.#failing) logger.info('a server lists targets again', { url })
        this.#failing = false
        if (isNew) onTargets(groups.flatMap((group) => labelsOfGroup(group, ['__meta_url', this.#openUrl])))
      },
      {
        onError: (error) => {
          if (this.#schedule === undefined) return
          if (!this.#failing) {
            logger.error('a server lists no targets: those that it listed stay', {
              url,
              error: describeError(error),
            })
          }
          this.#failing = true
        },
      },
    )
  }

  stop(): void {
    void this.#schedule?.stop()
    this.#schedule = undefined
    this.#client.close()
  }

  async #ask(signal: AbortSignal): Promise<string> {
    const body = new CollectedBody()
    const request = {
      url: this.#url,
      headers: {
        Accept: 'application/json',
        'X-Prometheus-Refresh-Interval-Seconds': String(this.#intervalMs / 1000),
      },
      encodings: ['zstd', 'gzip'] as const,
      timeoutMs: this.#intervalMs,
      bodySizeLimit: largest,
    }
    const { status, headers } = await this.#client.get(request, body, signal)
    if (status !== 200) throw new Error(`it answered with HTTP status ${status}`)
    const type = headers.get('content-type') ?? ''
    if (!/^application\/json\s*(?:;|$)/i.test(type))
      throw new Error(
        `expected the Content-Type application/json, found ${JSON.stringify(type.slice(0, 100))}`,
      )
    return body.text
  }
}
