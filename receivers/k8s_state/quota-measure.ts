import type { Naming } from '#src/naming/metric.ts'
import { quantity, wholeQuantity } from '#src/kubernetes/quantity.ts'

/** How the semantic conventions tell a resource of quotas. */
export interface QuotaMeasure {
  /** Which of the namings is meant. */
  readonly what: string
  /** The storage class, the size of huge pages or the kind of objects that is meant. */
  readonly qualifier?: string
  readonly valueOf: (text: string) => number | undefined
}

interface QuotaName {
  readonly what: string
  /** Between the prefix and `hard` or `used`. */
  readonly name: string
  readonly unit: string
  /** The attribute of the qualifier, if it has one. */
  readonly qualifier?: string
}

const names: readonly QuotaName[] = [
  { what: 'cpu limit', name: 'cpu.limit', unit: '{cpu}' },
  { what: 'cpu request', name: 'cpu.request', unit: '{cpu}' },
  { what: 'memory limit', name: 'memory.limit', unit: 'By' },
  { what: 'memory request', name: 'memory.request', unit: 'By' },
  { what: 'ephemeral limit', name: 'ephemeral_storage.limit', unit: 'By' },
  { what: 'ephemeral request', name: 'ephemeral_storage.request', unit: 'By' },
  { what: 'storage', name: 'storage.request', unit: 'By' },
  { what: 'storage of a class', name: 'storage.request', unit: 'By', qualifier: 'k8s.storageclass.name' },
  { what: 'claims', name: 'persistentvolumeclaim_count', unit: '{persistentvolumeclaim}' },
  {
    what: 'claims of a class',
    name: 'persistentvolumeclaim_count',
    unit: '{persistentvolumeclaim}',
    qualifier: 'k8s.storageclass.name',
  },
  {
    what: 'huge pages',
    name: 'hugepage_count.request',
    unit: '{hugepage}',
    qualifier: 'k8s.hugepage.size',
  },
  { what: 'objects', name: 'object_count', unit: '{object}', qualifier: 'k8s.resourcequota.resource_name' },
]

/** The names of quotas in `semconv`. */
export const quotaNamings: readonly Naming<'what' | 'qualifier' | 'type'>[] = names.map(
  ({ what, name, unit, qualifier }) => ({
    where: { what },
    name: `k8s.resourcequota.${name}.{type}`,
    kind: 'updowncounter',
    unit,
    ...(unit === '{cpu}' ? {} : { integer: true }),
    description: 'How much a namespace may use of a resource, or uses of it: {type}.',
    ...(qualifier === undefined ? {} : { qualifier }),
  }),
)

const whole = { valueOf: wholeQuantity }

const fixed: ReadonlyMap<string, QuotaMeasure> = new Map<string, QuotaMeasure>([
  ['cpu', { what: 'cpu request', valueOf: quantity }],
  ['requests.cpu', { what: 'cpu request', valueOf: quantity }],
  ['limits.cpu', { what: 'cpu limit', valueOf: quantity }],
  ['memory', { what: 'memory request', ...whole }],
  ['requests.memory', { what: 'memory request', ...whole }],
  ['limits.memory', { what: 'memory limit', ...whole }],
  ['ephemeral-storage', { what: 'ephemeral request', ...whole }],
  ['requests.ephemeral-storage', { what: 'ephemeral request', ...whole }],
  ['limits.ephemeral-storage', { what: 'ephemeral limit', ...whole }],
  ['requests.storage', { what: 'storage', ...whole }],
  ['persistentvolumeclaims', { what: 'claims', ...whole }],
])

/** Objects that could be counted before `count/RESOURCE` came. */
const countedObjects: ReadonlySet<string> = new Set([
  'configmaps',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
])

const hugePages = /^(?:requests\.)?hugepages-(.+)$/
const ofClass = /^(.+)\.storageclass\.storage\.k8s\.io\/(requests\.storage|persistentvolumeclaims)$/

/**
 * The measure of a resource of quotas; there is none for resources that only their vendor knows.
 *
 * @param resource `limits.cpu`, `gold.storageclass.storage.k8s.io/requests.storage`, `count/deployments.apps`
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export function quotaMeasure(resource: string): QuotaMeasure | undefined {
  const measure = fixed.get(resource)
  if (measure !== undefined) return measure
  if (resource.startsWith('count/') || countedObjects.has(resource))
    return { what: 'objects', qualifier: resource, ...whole }
  const [, storageClass, bounded] = ofClass.exec(resource) ?? []
  if (storageClass !== undefined)
    return {
      what: bounded === 'requests.storage' ? 'storage of a class' : 'claims of a class',
      qualifier: storageClass,
      ...whole,
    }
  const [, size] = hugePages.exec(resource) ?? []
  return size === undefined
    ? undefined
    : { what: 'huge pages', qualifier: size, valueOf: (text) => pages(text, size) }
}

/** Quotas limit the bytes of huge pages, the semantic conventions count the pages. */
function pages(text: string, size: string): number | undefined {
  const bytes = quantity(text)
  const each = quantity(size)
  return bytes === undefined || each === undefined || each <= 0 ? undefined : Math.floor(bytes / each)
}
