/** The labels by which the kubelet marks what it has made (pkg/kubelet/types, labels.go). */
export const podLabel = {
  pod: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
} as const
