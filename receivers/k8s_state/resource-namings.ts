import type { Naming } from '#src/naming/metric.ts'

/** A metric of one resource: the resource as `resourceMeasure` has it, the name, and the unit in UCUM. */
export type ResourceName = readonly [resource: string, name: string, unit: string]

/** Names of a fact that OpenTelemetry's vocabularies tell by a metric for each resource. All but CPUs come in whole numbers. */
export function resourceNamings(
  shared: Pick<Naming<'resource'>, 'kind' | 'description' | 'enabled'>,
  names: readonly ResourceName[],
): readonly Naming<'resource'>[] {
  return names.map(([resource, name, unit]) => ({
    ...shared,
    where: { resource },
    name,
    unit,
    ...(unit === '{cpu}' ? {} : { integer: true }),
  }))
}
