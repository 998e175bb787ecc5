import type { V1Volume } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool } from '../../values.ts'
import { of, type Pod } from './pod.ts'

/** The volumes of pods that claims stand behind. */
export const volumes: readonly StateFamily<Pod>[] = [
  claimed(
    'info',
    'a claim to storage that it uses',
    'spec.volumes: persistentVolumeClaim, ephemeral',
    () => 1,
  ),
  claimed(
    'readonly',
    'whether it uses a claim to storage for reading only',
    'spec.volumes: persistentVolumeClaim.readOnly; false of an ephemeral one',
    ({ persistentVolumeClaim }) => bool(persistentVolumeClaim?.readOnly),
  ),
]

function claimed(
  suffix: string,
  fact: string,
  source: string,
  read: (volume: Wire<V1Volume>) => number,
): StateFamily<Pod> {
  return of(
    labelFact({
      fact,
      source,
      prometheus: `kube_pod_spec_volumes_persistentvolumeclaims_${suffix}`,
      labels: ['volume', 'persistentvolumeclaim', 'ephemeral'],
    }),
    ({ metadata, spec }, add) => {
      const all: readonly Wire<V1Volume>[] = spec?.volumes ?? []
      for (const volume of all) {
        const { name, persistentVolumeClaim: claim, ephemeral } = volume
        if (claim !== undefined)
          add(read(volume), { volume: name, persistentvolumeclaim: claim.claimName, ephemeral: '' })
        // Its claim is made for it and has this name (Kubernetes, "Generic ephemeral volumes").
        else if (ephemeral !== undefined)
          add(read(volume), {
            volume: name,
            persistentvolumeclaim: `${metadata.name}-${name}`,
            ephemeral: 'true',
          })
      }
    },
  )
}
