// What providers of virtual nodes build on: they import it as `weir/kubelet`. docs/kubelet-provider.md shows how.
export type {
  Bucket,
  FamilyMetric,
  HistogramValue,
  LabelPair,
  MetricFamily,
  MetricType,
  MetricValue,
  Quantile,
  SummaryValue,
} from '#src/kubelet/metric-family.ts'
export { metricFamiliesToText, textContentType } from '#src/kubelet/metric-family-text.ts'
export {
  containerLogsHandler,
  podHandler,
  podMetricsResourceHandler,
  podStatsSummaryHandler,
  runningPodsHandler,
  type Get,
  type PodHandlerConfig,
} from '#src/kubelet/pod-handler.ts'
export type { Pod } from '#src/kubelet/pod-list.ts'
export { invalidInput, notFound, ProviderError, type ProviderErrorCode } from '#src/kubelet/provider-error.ts'
export type { PathParameters, RouteHandler } from '#src/kubelet/router.ts'
export { onlyCpuAndMemory, summaryToJson } from '#src/kubelet/summary-json.ts'
export { summaryToMetricFamilies } from '#src/kubelet/summary-metrics.ts'
export type * from '#src/kubelet/summary.ts'
