/** How a resource that pods ask for and nodes have is told: the label of its name, and in what it is measured. */
export interface ResourceMeasure {
  readonly resource: string
  readonly measure: 'core' | 'byte' | 'integer'
}

const known: ReadonlyMap<string, ResourceMeasure> = new Map<string, ResourceMeasure>([
  ['cpu', { resource: 'cpu', measure: 'core' }],
  ['memory', { resource: 'memory', measure: 'byte' }],
  ['storage', { resource: 'storage', measure: 'byte' }],
  ['ephemeral-storage', { resource: 'ephemeral_storage', measure: 'byte' }],
  ['pods', { resource: 'pods', measure: 'integer' }],
])

const bytePrefixes = ['hugepages-', 'attachable-volumes-']

/**
 * The measure of a resource as kube-state-metrics has it: besides the known ones huge pages, volumes and extended resources,
 * which some vendor's domain stands before. Others have none.
 *
 * @param name `cpu`, `hugepages-2Mi`, `nvidia.com/gpu`
 */
export function resourceMeasure(name: string): ResourceMeasure | undefined {
  const measure = known.get(name)
  if (measure !== undefined) return measure
  const resource = name.replaceAll(/[^a-zA-Z0-9_]/g, '_')
  if (bytePrefixes.some((prefix) => name.startsWith(prefix))) return { resource, measure: 'byte' }
  return isExtended(name) ? { resource, measure: 'integer' } : undefined
}

/** Names of a domain that is not Kubernetes' own; those of quotas begin with `requests.`. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.')
}
