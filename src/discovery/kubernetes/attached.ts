import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { addLabels, describeKeys, type FlatLabels, type TargetLabels } from './meta-labels.ts'
import { nodes } from './node.ts'
import { keyOf, type Attachable, type ObjectFacts, type OtherObjects, type Watched } from './role.ts'

/** Another object that made an object, and looks after it. */
export interface Controller {
  readonly kind: string
  readonly name: string
}

interface NamespaceFacts extends ObjectFacts {
  readonly labels: FlatLabels
}

interface ControlledFacts extends ObjectFacts {
  readonly controller: Controller | undefined
}

const namespaces: Watched<NamespaceFacts> = {
  resource: { group: '', version: 'v1', name: 'namespaces', namespaced: false },
  facts: (object) => ({ key: object.metadata.name, labels: describeKeys('namespace', object) }),
}

const replicaSets: Watched<ControlledFacts> = {
  resource: { group: 'apps', version: 'v1', name: 'replicasets', namespaced: true },
  facts: controlledFacts,
}

const jobs: Watched<ControlledFacts> = {
  resource: { group: 'batch', version: 'v1', name: 'jobs', namespaced: true },
  facts: controlledFacts,
}

/** What is watched for what is attached. The name of a job is in its pods. */
export const watchedFor: Readonly<Record<Attachable, Watched | undefined>> = {
  node: nodes,
  namespace: namespaces,
  deployment: replicaSets,
  job: undefined,
  cronjob: jobs,
}

function controlledFacts(object: KubernetesObject): ControlledFacts {
  const { namespace = '', name } = object.metadata
  return { key: keyOf(namespace, name), controller: controllerOf(object) }
}

/** Who looks after an object. */
export function controllerOf({ metadata }: KubernetesObject): Controller | undefined {
  const owners = (metadata['ownerReferences'] ?? []) as readonly (Controller & { controller?: boolean })[]
  const owner = owners.find(({ controller }) => controller === true)
  return owner === undefined ? undefined : { kind: owner.kind, name: owner.name }
}

/** What all targets of an object in a namespace share: the namespace, with what is attached of it, and what is told of the object. */
export function sharedLabels(
  namespace: string,
  others: OtherObjects,
  ...told: readonly (FlatLabels | undefined)[]
): TargetLabels {
  const labels: TargetLabels = new Map([['__meta_kubernetes_namespace', namespace]])
  for (const each of told) addLabels(labels, each)
  addLabels(labels, others.find(namespaces, namespace)?.labels)
  return labels
}

/** Adds what is attached of a node. */
export function attachNode(labels: TargetLabels, node: string | undefined, others: OtherObjects): void {
  if (node !== undefined) addLabels(labels, others.find(nodes, node)?.metadata)
}

/** Adds what is attached of the controller of a pod, and of that one's own. */
export function attachControllers(
  labels: TargetLabels,
  namespace: string,
  controller: Controller | undefined,
  others: OtherObjects,
): void {
  if (controller === undefined) return
  const { kind, name } = controller
  const above = (watched: Watched<ControlledFacts>, ofKind: string): string => {
    const found = others.find(watched, keyOf(namespace, name))?.controller
    return found?.kind === ofKind ? found.name : ''
  }
  if (kind === 'ReplicaSet')
    labels.set('__meta_kubernetes_pod_deployment_name', above(replicaSets, 'Deployment'))
  if (kind !== 'Job') return
  if (others.attached.job) labels.set('__meta_kubernetes_pod_job_name', name)
  labels.set('__meta_kubernetes_pod_cronjob_name', above(jobs, 'CronJob'))
}
