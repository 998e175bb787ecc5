import type { Batch } from '#src/model/batch.ts'
import type { Resource, Scope } from '#src/model/resource.ts'
import { sameResource, sameScope, type Descriptor, type Series } from '#src/model/series.ts'
import { SlotMemo } from '#src/model/slot-memo.ts'
import type { Source } from '#src/model/source.ts'
import type { JsonWriter } from '#src/text/json-writer.ts'
import { pointAttributes, resourceAttributes } from './derived-resource.ts'
import { attributesJson } from './json-attributes.ts'
import { DataPointWriter } from './json-data-point.ts'
import { prometheusType, temporalityOf, type Form } from './metric-form.ts'
import type { Portion } from './portion.ts'

/**
 * Writes the portions of a request as an ExportMetricsServiceRequest in OTLP's JSON: lowerCamelCase names, 64-bit
 * integers as strings, enums as integers, ids in hexadecimal, bytes in base64, and NaN and the infinities as strings.
 * Fields with default values are left out. What a data point says of its series is made once for each series.
 */
export class JsonRequests {
  readonly #beginnings = new Map<Source, SlotMemo<string>>()

  /** Nothing of the source comes any more. */
  forget(source: Source): void {
    this.#beginnings.delete(source)
  }

  /** Writes one request. */
  write(writer: JsonWriter, portions: readonly Portion[]): void {
    writer.raw('{"resourceMetrics":[')
    this.writeResources(writer, portions)
    writer.raw(']}')
  }

  /** Writes what is in the list of a request: `ResourceMetrics` with commas between. */
  writeResources(writer: JsonWriter, portions: readonly Portion[]): void {
    const writers = new Map<Batch, DataPointWriter>()
    let before: Portion | undefined
    for (const portion of portions) {
      open(writer, before, portion)
      const { batch } = portion
      const points = writers.get(batch) ?? new DataPointWriter(writer, batch)
      writers.set(batch, points)
      this.#dataPoints(writer, portion, points)
      before = portion
    }
    if (before !== undefined) writer.raw(`${endMetric}${endScope}${endResource}`)
  }

  #dataPoints(writer: JsonWriter, { batch, form, slots }: Portion, points: DataPointWriter): void {
    const beginnings = this.#beginningsOf(batch)
    for (const [index, slot] of slots.entries()) {
      if (index > 0) writer.raw(',')
      writer.raw(beginnings[slot] ?? '{')
      points.write(form, slot)
      writer.raw('}')
    }
  }

  #beginningsOf({ layout }: Batch): readonly (string | undefined)[] {
    let memo = this.#beginnings.get(layout.source)
    if (memo === undefined) {
      memo = new SlotMemo(beginningOf)
      this.#beginnings.set(layout.source, memo)
    }
    return memo.follow(layout)
  }
}

/** How the data points of a series begin. */
function beginningOf(series: Series): string {
  const attributes = pointAttributes(series)
  if (attributes.length === 0) return '{'
  // Joined, not concatenated: V8 keeps a concatenation as a tree, which is slow to write again and again.
  return ['{"attributes":', attributesJson(attributes), ','].join('')
}

const endMetric = ']}}'
const endScope = ']}'
const endResource = ']}'

/** Ends what the portion before leaves open and this one does not go on with, and begins what it needs. */
function open(writer: JsonWriter, before: Portion | undefined, portion: Portion): void {
  const { scope } = portion.group
  if (before === undefined) {
    writer.raw(resourceBeginning(scope.resource) + scopeBeginning(scope) + metricBeginning(portion))
  } else if (!sameResource(before.group.scope.resource, scope.resource)) {
    writer.raw(`${endMetric}${endScope}${endResource},${resourceBeginning(scope.resource)}`)
    writer.raw(scopeBeginning(scope) + metricBeginning(portion))
  } else if (!sameScope(before.group.scope, scope)) {
    writer.raw(`${endMetric}${endScope},${scopeBeginning(scope)}${metricBeginning(portion)}`)
  } else if (before.group !== portion.group || before.form !== portion.form) {
    writer.raw(`${endMetric},${metricBeginning(portion)}`)
  } else {
    writer.raw(',')
  }
}

function resourceBeginning(resource: Resource): string {
  const attributes = resourceAttributes(resource)
  const inner = attributes.length === 0 ? '' : `"attributes":${attributesJson(attributes)}`
  return `{"resource":{${inner}}${schemaUrlJson(resource.schemaUrl)},"scopeMetrics":[`
}

function scopeBeginning({ name, version, attributes, schemaUrl }: Scope): string {
  const members = [
    ...(name === '' ? [] : [`"name":${JSON.stringify(name)}`]),
    ...(version === '' ? [] : [`"version":${JSON.stringify(version)}`]),
    ...(attributes.size === 0 ? [] : [`"attributes":${attributesJson(attributes.entries)}`]),
  ]
  return `{"scope":{${members.join(',')}}${schemaUrlJson(schemaUrl)},"metrics":[`
}

function schemaUrlJson(url: string): string {
  return url === '' ? '' : `,"schemaUrl":${JSON.stringify(url)}`
}

function metricBeginning({ group, form }: Portion): string {
  const { name, descriptor, lonePart } = group
  const type = prometheusType(descriptor, lonePart)
  const members = [
    `"name":${JSON.stringify(name)}`,
    ...(descriptor.description === '' ? [] : [`"description":${JSON.stringify(descriptor.description)}`]),
    ...(descriptor.unit === '' ? [] : [`"unit":${JSON.stringify(descriptor.unit)}`]),
    ...(type === undefined ? [] : [`"metadata":${attributesJson(['prometheus.type', type])}`]),
  ]
  return `{${members.join(',')},"${form}":{${dataMembers[form](descriptor)}"dataPoints":[`
}

/** What the data of a metric says beside its data points. */
const dataMembers: Readonly<Record<Form, (descriptor: Descriptor) => string>> = {
  gauge: () => '',
  sum: (descriptor) => `${temporalityJson(descriptor)}${descriptor.monotonic ? '"isMonotonic":true,' : ''}`,
  histogram: temporalityJson,
  exponentialHistogram: temporalityJson,
  summary: () => '',
}

function temporalityJson(descriptor: Descriptor): string {
  return `"aggregationTemporality":${temporalityOf(descriptor)},`
}
