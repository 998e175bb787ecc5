/** The value of an own metric, by its name and labels as they are exposed; 0 where there is none. */
export function valueOf(metrics: string, series: string): number {
  const line = metrics.split('\n').find((each) => each.startsWith(`${series} `))
  return Number(line?.split(' ')[1] ?? 0)
}

/** What own metrics say of an exporter. */
export function exporterValue(metrics: string, name: string, exporter = 'prometheus_remote_write'): number {
  return valueOf(metrics, `weir_exporter_${name}{component="${exporter}"}`)
}
