/** The types of `io.prometheus.client.MetricType`. */
export type MetricType = 'COUNTER' | 'GAUGE' | 'SUMMARY' | 'UNTYPED' | 'HISTOGRAM' | 'GAUGE_HISTOGRAM'

export interface LabelPair {
  readonly name: string
  readonly value: string
}

/** A number that may be left out: then it is 0, as protobuf has it. */
export interface MetricValue {
  readonly value?: number | undefined
}

export interface Quantile {
  readonly quantile: number
  readonly value: number
}

export interface SummaryValue {
  readonly sampleCount?: number | bigint | undefined
  readonly sampleSum?: number | undefined
  readonly quantile?: readonly Quantile[] | undefined
}

export interface Bucket {
  readonly cumulativeCount: number | bigint
  readonly upperBound: number
}

export interface HistogramValue {
  readonly sampleCount?: number | bigint | undefined
  readonly sampleSum?: number | undefined
  readonly bucket?: readonly Bucket[] | undefined
}

/** One series of a family: labels, and the value of the family's type. */
export interface FamilyMetric {
  /** Written in this order. */
  readonly label?: readonly LabelPair[] | undefined
  readonly gauge?: MetricValue | undefined
  readonly counter?: MetricValue | undefined
  readonly summary?: SummaryValue | undefined
  readonly untyped?: MetricValue | undefined
  readonly histogram?: HistogramValue | undefined
  /** Unix time in milliseconds; absent is the time at which it is read. */
  readonly timestampMs?: number | bigint | undefined
}

/** A family of metrics: `io.prometheus.client.MetricFamily` of the Prometheus client model. */
export interface MetricFamily {
  readonly name: string
  readonly help?: string | undefined
  /** COUNTER where absent, which is what protobuf makes of it. */
  readonly type?: MetricType | undefined
  readonly metric?: readonly FamilyMetric[] | undefined
  readonly unit?: string | undefined
}
