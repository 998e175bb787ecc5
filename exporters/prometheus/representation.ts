import { parseChoices } from '#src/http/quality.ts'
import { escapingSchemes, type EscapingScheme } from '#src/naming/prometheus-escaping.ts'

/** The form in which an exposition is written. */
export interface Representation {
  readonly openMetrics: boolean
  /** How names are escaped that are not classic ones; undefined where the client takes them as they are. */
  readonly scheme: EscapingScheme | undefined
  readonly contentType: string
}

const openMetricsVersions: readonly string[] = ['1.0.0', '0.0.1']

/**
 * Chooses a form by `Accept`, as Prometheus' own client library does: the first that is known, by weight; text 0.0.4
 * where there is none. The last `escaping` parameter up to there counts, `underscores` where there is none.
 */
export function negotiate(accept: string | undefined, openMetricsEnabled: boolean): Representation {
  let escaping: string | undefined
  for (const { name, parameters, quality } of parseChoices(accept)) {
    if (quality === 0) continue
    const asked = parameters.get('escaping')
    if (asked !== undefined && (asked === 'allow-utf-8' || isScheme(asked))) escaping = asked
    const version = parameters.get('version')
    if (name === 'application/openmetrics-text' && openMetricsEnabled) {
      const known = version ?? '0.0.1'
      if (openMetricsVersions.includes(known))
        return representation(`application/openmetrics-text; version=${known}`, escaping, true)
    }
    if (name === 'text/plain' && (version === undefined || version === '0.0.4'))
      return representation('text/plain; version=0.0.4', escaping, false)
    if (name === 'text/plain' && version === '1.0.0')
      return representation('text/plain; version=1.0.0', escaping, false)
  }
  return representation('text/plain; version=0.0.4', escaping, false)
}

function isScheme(text: string): text is EscapingScheme {
  return (escapingSchemes as readonly string[]).includes(text)
}

function representation(type: string, escaping: string | undefined, openMetrics: boolean): Representation {
  const scheme = escaping === undefined ? 'underscores' : isScheme(escaping) ? escaping : undefined
  const parameter = escaping === undefined ? '' : `; escaping=${escaping}`
  return { openMetrics, scheme, contentType: `${type}; charset=utf-8${parameter}` }
}
