import { parseEndpoint } from '#src/http/endpoint.ts'
import { ConfigError, type Path } from './config-error.ts'
import type { TelemetryConfig, TelemetryReader } from './configuration.ts'
import type { Secret } from './secret.ts'
import type { ServiceConfig } from './service-options.ts'

type Telemetry = ServiceConfig['telemetry']
type Metrics = Telemetry['metrics']
type ReaderOptions = NonNullable<Metrics['readers']>[number]
type Otlp = NonNullable<ReaderOptions['periodic']>['exporter']['otlp']

const defaultReader: TelemetryReader = { kind: 'prometheus', host: '127.0.0.1', port: 8888 }

/**
 * What `service.telemetry` stands for.
 *
 * @param mistakes gets what the schema cannot see; paths are from the options of the service
 */
export function telemetrySettings(
  { logs, metrics, resource }: Telemetry,
  mistakes: ConfigError[],
): TelemetryConfig {
  return {
    logs: { level: logs.level, encoding: logs.encoding, initialFields: logs.initial_fields },
    metrics: { level: metrics.level, readers: readersOf(metrics, mistakes) },
    resource: resourceOf(resource, mistakes),
  }
}

function readersOf({ level, readers, address }: Metrics, mistakes: ConfigError[]): TelemetryReader[] {
  const path = ['telemetry', 'metrics']
  if (readers === undefined)
    return address === undefined ? [defaultReader] : atAddress(address, path, mistakes)
  if (address !== undefined)
    mistakes.push(new ConfigError('goes with no readers: remove one', [...path, 'address']))
  if (readers.length === 0 && level !== 'none') {
    mistakes.push(
      new ConfigError('must not be empty; level: none turns own metrics off', [...path, 'readers']),
    )
  }
  return readers.flatMap((reader, index) => readerOf(reader, [...path, 'readers', index], mistakes))
}

function atAddress(address: string, path: Path, mistakes: ConfigError[]): TelemetryReader[] {
  try {
    return [{ kind: 'prometheus', ...parseEndpoint(address) }]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    mistakes.push(error.under(...path, 'address'))
    return []
  }
}

function readerOf({ pull, periodic }: ReaderOptions, path: Path, mistakes: ConfigError[]): TelemetryReader[] {
  if ((pull === undefined) === (periodic === undefined)) {
    mistakes.push(new ConfigError('expected one of pull and periodic', path))
    return []
  }
  if (pull !== undefined) {
    const { host, port } = pull.exporter.prometheus
    return [{ kind: 'prometheus', host, port }]
  }
  if (periodic === undefined) return []
  const { otlp } = periodic.exporter
  if (otlp.protocol !== 'grpc') {
    const place = [...path, 'periodic', 'exporter', 'otlp', 'protocol']
    mistakes.push(new ConfigError(`own metrics are pushed by grpc, not by ${otlp.protocol}`, place))
  }
  const { interval: intervalMs, timeout: timeoutMs = otlp.timeout } = periodic
  return [{ kind: 'otlp_grpc', intervalMs, timeoutMs, headers: headersOf(otlp.headers), ...targetOf(otlp) }]
}

function targetOf({ endpoint, insecure }: Otlp): { readonly endpoint: string; readonly insecure: boolean } {
  const clear = insecure ?? endpoint.startsWith('http://')
  if (/^https?:\/\//.test(endpoint)) return { endpoint, insecure: clear }
  return { endpoint: `${clear ? 'http' : 'https'}://${endpoint}`, insecure: clear }
}

function headersOf(headers: Otlp['headers']): Record<string, Secret> {
  const entries = Array.isArray(headers)
    ? headers.map(({ name, value }): [string, Secret] => [name, value])
    : Object.entries(headers)
  return Object.fromEntries(entries)
}

/** A null takes an attribute away, as in the Collector. */
function resourceOf(resource: Telemetry['resource'], mistakes: ConfigError[]): Record<string, string> {
  const { attributes, attributes_list: list } = resource
  if (!Array.isArray(attributes)) {
    return Object.fromEntries(
      Object.entries(resource).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
  }
  const listed =
    typeof list === 'string' && list !== '' ? list.split(',').map((pair) => pairOf(pair, mistakes)) : []
  return Object.fromEntries([
    ...listed,
    ...attributes.map(({ name, value }): [string, string] => [name, value]),
  ])
}

function pairOf(pair: string, mistakes: ConfigError[]): [string, string] {
  const equals = pair.indexOf('=')
  if (equals <= 0)
    mistakes.push(
      new ConfigError('expected name=value,name=value', ['telemetry', 'resource', 'attributes_list']),
    )
  return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
}
