import type { AttributeList } from '#src/model/attribute-set.ts'
import type { Naming } from '#src/naming/metric.ts'
import { labelFact } from '../label-fact.ts'
import { family, type StateFamily } from '../state-resource.ts'
import { bool } from '../values.ts'

/** What volumes and claims on them have in common. */
interface Storage {
  readonly spec?: { readonly accessModes?: readonly string[]; readonly storageClassName?: string }
  readonly status?: { readonly phase?: string }
}

/** Which of them a family is of, as names have it. */
export type StorageKind = 'persistentvolume' | 'persistentvolumeclaim'

/** Resource attributes beside name and uid. */
export function storageClassOf({ spec }: Storage): AttributeList {
  return spec?.storageClassName ? ['k8s.storageclass.name', spec.storageClassName] : []
}

/**
 * Whether it is in each of the phases that there are.
 *
 * @param vm its name in that vocabulary, where it has one
 */
export function phaseFamily(kind: StorageKind, phases: readonly string[], vm?: string): StateFamily<Storage> {
  const description = 'Whether it is in this phase.'
  const naming: Naming<'phase'> = {
    name: `k8s.${kind}.status.phase`,
    kind: 'updowncounter',
    unit: `{${kind}}`,
    integer: true,
    description,
    phase: `k8s.${kind}.status.phase`,
  }
  const gauge = { kind: 'gauge', description, phase: 'phase' } as const
  return family<Storage>()(
    {
      fact: 'whether it is in each phase',
      source: 'status.phase',
      by: ['phase'],
      prometheus: { ...gauge, name: `kube_${kind}_status_phase` },
      ...(vm === undefined ? {} : { vm: { ...gauge, name: vm } }),
      otel: { ...naming, enabled: false },
      semconv: naming,
    },
    ({ status }, add) => {
      if (status?.phase) for (const phase of phases) add(bool(status.phase === phase), { phase })
    },
  )
}

/** How it may be mounted: a row for each mode. */
export function accessModeFamily(kind: StorageKind): StateFamily<Storage> {
  return family<Storage>()(
    labelFact({
      fact: 'how it may be mounted',
      source: 'spec.accessModes',
      prometheus: `kube_${kind}_access_mode`,
      labels: ['access_mode'],
    }),
    ({ spec }, add) => {
      for (const mode of spec?.accessModes ?? []) add(1, { access_mode: mode })
    },
  )
}

/** Names of an amount of storage in OpenTelemetry's vocabularies; the Collector tells it only where it is switched on. */
export function storageNamings(name: string, description: string) {
  const naming = { name, kind: 'updowncounter', unit: 'By', integer: true, description } as const
  return { otel: { ...naming, enabled: false }, semconv: naming } as const
}
