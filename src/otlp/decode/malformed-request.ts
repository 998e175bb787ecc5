/** A request that is no ExportMetricsServiceRequest. The message says to its sender where it is wrong, and how. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest'
}
