/** A pod as the Kubernetes API has it; it is served as it is. */
export type Pod = Readonly<Record<string, unknown>>

/** A list of pods as the API machinery writes it: an empty one is null. */
export function podListJson(pods: readonly Pod[]): string {
  const items = pods.length === 0 ? null : pods
  return `${JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items })}\n`
}
