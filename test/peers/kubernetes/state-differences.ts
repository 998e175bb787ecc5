import type { KnownDifference } from './state-page.ts'

/** What the clock of Go shows where no time was set: the year 1. */
const noTime = -62_135_596_800

/** What Weir tells otherwise than kube-state-metrics, and why. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    metrics: ['kube_pod_status_reason'],
    reason:
      'rows of 0 for the reasons that a pod does not have are told, as up to 2.19: alerts count on them',
    theirs: ({ labels, value }) => (value === 0 ? undefined : labels),
  },
  {
    metrics: [
      'kube_pod_spec_volumes_persistentvolumeclaims_info',
      'kube_pod_spec_volumes_persistentvolumeclaims_readonly',
    ],
    reason:
      'the label `ephemeral` of 2.20 is there only where it is true, so that claims are told as up to 2.19',
    theirs: ({ labels }) => new Map([['ephemeral', 'false'], ...labels]),
  },
  {
    metrics: [
      'kube_pod_container_state_started',
      'kube_pod_container_status_last_terminated_timestamp',
      'kube_pod_init_container_state_started',
      'kube_pod_init_container_status_last_terminated_timestamp',
    ],
    reason: 'a time that a container does not have is not told, rather than the year 1',
    isTheirsAlone: ({ value }) => value === noTime,
  },
]
