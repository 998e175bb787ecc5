import { attributeText } from '#src/attributes/attribute-text.ts'
import type { Resource } from '#src/model/resource.ts'

/**
 * The label that Prometheus formats derive from a resource, as OpenTelemetry's compatibility specification has it: `job`
 * is the service's name, after its namespace and a slash where it has one; `instance` is the id of the service's instance.
 * Empty where the resource has no such attribute, for any other label, and for the derived resource of scraped series,
 * which bear their labels themselves.
 */
export function resourceLabel(resource: Resource, label: string): string {
  if (resource.derived) return ''
  if (label === 'instance') return text(resource, 'service.instance.id')
  if (label !== 'job') return ''
  const name = text(resource, 'service.name')
  const namespace = text(resource, 'service.namespace')
  return name === '' || namespace === '' ? name : `${namespace}/${name}`
}

/**
 * Whether Prometheus formats list a resource by `target_info`. The derived one of scraped series is in their labels, and in
 * the `target_info` that the target itself may expose; once it was edited it is neither.
 */
export function isListed({ derived, edited }: Resource): boolean {
  return !derived || edited
}

function text({ attributes }: Resource, key: string): string {
  const value = attributes.get(key)
  return value === undefined ? '' : attributeText(value)
}
