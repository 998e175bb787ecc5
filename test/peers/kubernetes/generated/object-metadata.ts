import type { SeededRandom } from '#src/testing/random.ts'
import { maybe, several } from './kind.ts'

/** Keys of which several become one name of a label, and what such a name cannot hold. */
const labelKeys = [
  'app',
  'app.kubernetes.io/name',
  'app_kubernetes_io_name',
  'appKubernetesIoName',
  'App',
  'tier-1',
  'tier_1',
  'tier.1',
  'example.org/a.b-c_d',
  '0digit',
  'XMLHttpRequest',
  'namespace',
  'pod',
] as const

const labelValues = ['', 'web', 'a.b_c-d', '1', 'UPPER'] as const

const annotationKeys = [
  'example.org/team',
  'exampleOrg/team',
  'description',
  'note',
  'kubectl.kubernetes.io/restartedAt',
] as const

const annotationValues = [
  '',
  'plain',
  'größe 温度 😀',
  'a "quoted" one',
  'back\\slash',
  'two\nlines',
  'tab\tand return\r',
  '{"json":true}',
] as const

function chosen(
  random: SeededRandom,
  keys: readonly string[],
  values: readonly [string, ...string[]],
): Record<string, string> {
  return Object.fromEntries(keys.filter(() => random.chance(0.25)).map((key) => [key, random.pick(values)]))
}

/** Labels and annotations, some of which fall together when they are names of labels in Prometheus. */
export function labelsAndAnnotations(random: SeededRandom): object {
  return {
    ...maybe(random, 0.85, () => ({ labels: chosen(random, labelKeys, labelValues) })),
    ...maybe(random, 0.7, () => ({ annotations: chosen(random, annotationKeys, annotationValues) })),
  }
}

const owners = [
  ['apps/v1', 'ReplicaSet'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['v1', 'Node'],
  ['example.org/v1', 'Thing'],
] as const

/** Those that an object belongs to: none, one that controls it, others that do not. */
export function ownerReferences(random: SeededRandom): object {
  return maybe(random, 0.5, () => ({
    ownerReferences: several(
      random,
      2,
      (index) => {
        const [apiVersion, kind] = random.pick<readonly [string, string]>(owners)
        const uid = `00000000-0000-4000-8000-${String(random.below(10 ** 9)).padStart(12, '0')}`
        const controller = maybe(random, 0.7, () => ({ controller: index === 0 }))
        return { apiVersion, kind, name: `owner-${random.below(20)}`, uid, ...controller }
      },
      1,
    ),
  }))
}
