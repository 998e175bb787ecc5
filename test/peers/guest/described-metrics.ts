interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface DataPoint {
  readonly attributes?: readonly Attribute[]
  readonly timeUnixNano: string
  readonly asDouble?: number
  readonly asInt?: string
}

interface Metric {
  readonly name: string
  readonly unit?: string
  readonly sum?: { readonly isMonotonic?: boolean; readonly dataPoints: readonly DataPoint[] }
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] }
}

/** A line of the JSON exporter. */
interface Request {
  readonly resourceMetrics: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] }
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  }[]
}

/** A data point with all that tells of it. */
export interface DescribedPoint {
  readonly name: string
  /** Name, unit, kind and the keys of all attributes, in one line. */
  readonly description: string
  /** Attributes of the point and of its resource. */
  readonly attributes: ReadonlyMap<string, string>
  readonly value: number
  /** Unix seconds. */
  readonly time: number
}

/** The points in lines of OTLP's JSON, in their order. */
export function describedPoints(lines: string): readonly DescribedPoint[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => (JSON.parse(line) as Request).resourceMetrics)
    .flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(
          (metric) =>
            (metric.sum ?? metric.gauge)?.dataPoints.map((point) =>
              described(metric, point, resource?.attributes ?? []),
            ) ?? [],
        ),
      ),
    )
}

function described(metric: Metric, point: DataPoint, resource: readonly Attribute[]): DescribedPoint {
  const own = point.attributes ?? []
  const attributes = new Map([...resource, ...own].map(({ key, value }) => [key, value.stringValue ?? '']))
  const kind = metric.sum === undefined ? 'gauge' : metric.sum.isMonotonic === true ? 'counter' : 'sum'
  const keys = (of: readonly Attribute[]) =>
    of
      .map(({ key }) => key)
      .toSorted()
      .join(' ')
  return {
    name: metric.name,
    description: `${metric.name} [${metric.unit ?? ''}] ${kind} {${keys(own)}} of {${keys(resource)}}`,
    attributes,
    value: point.asDouble ?? Number(point.asInt),
    time: Number(point.timeUnixNano) / 1e9,
  }
}
