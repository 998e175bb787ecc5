import type { ExpositionFormat } from '#src/text/exposition-reader.ts'

/** Formats in the words of Prometheus' configuration, in the order in which Prometheus asks for them. */
export const scrapeProtocols = {
  PrometheusProto: {
    type: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
    format: 'protobuf',
    escapes: false,
  },
  'OpenMetricsText1.0.0': {
    type: 'application/openmetrics-text;version=1.0.0',
    format: 'openmetrics-1.0.0',
    escapes: true,
  },
  'OpenMetricsText0.0.1': {
    type: 'application/openmetrics-text;version=0.0.1',
    format: 'openmetrics-0.0.1',
    escapes: false,
  },
  'PrometheusText1.0.0': { type: 'text/plain;version=1.0.0', format: 'text-1.0.0', escapes: true },
  'PrometheusText0.0.4': { type: 'text/plain;version=0.0.4', format: 'text-0.0.4', escapes: false },
} as const satisfies Readonly<
  Record<string, { readonly type: string; readonly format: ExpositionFormat; readonly escapes: boolean }>
>

export type ScrapeProtocol = keyof typeof scrapeProtocols

/** The names in order. */
export const scrapeProtocolNames = Object.keys(scrapeProtocols) as readonly ScrapeProtocol[]

/** What is asked for unless the configuration says otherwise. */
export const defaultProtocols: readonly ScrapeProtocol[] = scrapeProtocolNames.filter(
  (name) => name !== 'PrometheusProto',
)

/**
 * The `Accept` header: formats in order, the first weighing 0.6 and each a tenth less than the one before, and anything at the
 * end. The last versions of the text formats name what to do with characters that a name may not have.
 */
export function acceptHeader(protocols: readonly ScrapeProtocol[], escaping: string): string {
  let weight = scrapeProtocolNames.length + 1
  const types = protocols.map((protocol) => {
    const { type, escapes } = scrapeProtocols[protocol]
    return `${type}${escapes ? `;escaping=${escaping}` : ''};q=0.${weight--}`
  })
  return [...types, `*/*;q=0.${weight}`].join(',')
}

/** Answers of all targets bear the same few: reading one anew was 5 % of the CPU time of scraping 10,000 small ones. */
const knownTypes = new Map<string, ExpositionFormat>()
const mostKnown = 100

const mediaType = /^([!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+)(;.*)?$/
const parameter = /;\s*([!#$%&'*+\-.^_`|~0-9a-z]+)=("[^"]*"|[^\s;"]*)\s*/gy

/**
 * The format that a `Content-Type` stands for; undefined where it is missing, unknown, or no media type at all, as one
 * that says a thing twice is.
 */
export function formatOfContentType(header = ''): ExpositionFormat | undefined {
  const known = knownTypes.get(header)
  if (known !== undefined) return known
  const format = readContentType(header)
  if (format !== undefined && knownTypes.size < mostKnown) knownTypes.set(header, format)
  return format
}

function readContentType(header: string): ExpositionFormat | undefined {
  const [, type, rest = ''] = mediaType.exec(header.trim().toLowerCase()) ?? []
  const parameters = parametersOf(rest)
  if (type === undefined || parameters === undefined) return undefined
  const version = parameters.get('version')
  if (type === 'text/plain') return version === '1.0.0' ? 'text-1.0.0' : 'text-0.0.4'
  if (type === 'application/openmetrics-text')
    return version === '0.0.1' ? 'openmetrics-0.0.1' : 'openmetrics-1.0.0'
  return type === 'application/vnd.google.protobuf' ? 'protobuf' : undefined
}

function parametersOf(text: string): Map<string, string> | undefined {
  const found = new Map<string, string>()
  let end = 0
  for (const match of text.matchAll(parameter)) {
    const [whole, name = '', value = ''] = match
    if (found.has(name)) return undefined
    found.set(name, value.replaceAll('"', ''))
    end = match.index + whole.length
  }
  return /^[\s;]*$/.test(text.slice(end)) ? found : undefined
}
