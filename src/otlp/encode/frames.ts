import type { Resource, Scope } from '#src/model/resource.ts'
import type { Descriptor } from '#src/model/series.ts'
import { resourceAttributes } from '../derived-resource.ts'
import { prometheusType, temporalityOf, type Form } from '../metric-form.ts'
import type { MetricGroup } from '../metric-groups.ts'
import { writeAttributes } from './attributes.ts'
import {
  dataFields,
  metricFields,
  resourceFields,
  resourceMetricsFields,
  scopeFields,
  scopeMetricsFields,
} from './fields.ts'
import type { ReverseWriter } from './reverse-writer.ts'

/** Writes what a `ResourceMetrics` says behind its scopes; `writeResource` follows, and what says what it is in front. */
export function writeResourceEnd(writer: ReverseWriter, { schemaUrl }: Resource): void {
  if (schemaUrl !== '') writer.text(resourceMetricsFields.schemaUrl, schemaUrl)
}

/** Writes the resource in front of its scopes. */
export function writeResource(writer: ReverseWriter, resource: Resource): void {
  const end = writer.position
  writeAttributes(writer, resourceFields.attributes, resourceAttributes(resource))
  writer.close(resourceMetricsFields.resource, end)
}

/** Writes what a `ScopeMetrics` says behind its metrics. */
export function writeScopeEnd(writer: ReverseWriter, { schemaUrl }: Scope): void {
  if (schemaUrl !== '') writer.text(scopeMetricsFields.schemaUrl, schemaUrl)
}

/** Writes the scope in front of its metrics. */
export function writeScope(writer: ReverseWriter, { name, version, attributes }: Scope): void {
  const end = writer.position
  writeAttributes(writer, scopeFields.attributes, attributes.entries)
  if (version !== '') writer.text(scopeFields.version, version)
  if (name !== '') writer.text(scopeFields.name, name)
  writer.close(scopeMetricsFields.scope, end)
}

/** Writes what the data of a metric says behind its data points. */
export function writeDataEnd(writer: ReverseWriter, form: Form, descriptor: Descriptor): void {
  if (form === 'sum' && descriptor.monotonic) writer.bool(dataFields.isMonotonic, true)
  if (form !== 'gauge' && form !== 'summary') {
    const temporality = temporalityOf(descriptor)
    if (temporality !== 0) writer.varint(dataFields.aggregationTemporality, temporality)
  }
}

/** Writes what a metric says behind its data. */
export function writeMetricEnd(writer: ReverseWriter, { descriptor, lonePart }: MetricGroup): void {
  const type = prometheusType(descriptor, lonePart)
  if (type !== undefined) writeAttributes(writer, metricFields.metadata, ['prometheus.type', type])
}

/** Writes what a metric says in front of its data. */
export function writeMetricBeginning(writer: ReverseWriter, { name, descriptor }: MetricGroup): void {
  const { unit, description } = descriptor
  if (unit !== '') writer.text(metricFields.unit, unit)
  if (description !== '') writer.text(metricFields.description, description)
  writer.text(metricFields.name, name)
}
