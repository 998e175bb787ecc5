import type { Metric, Series } from '#src/model/series.ts'
import { prometheusMetricName, type NameTranslation } from '#src/naming/prometheus-names.ts'
import { prometheusUnit } from '#src/naming/prometheus-units.ts'
import { MessageWriter } from '../message-writer.ts'
import { metadataType } from '../metadata-type.ts'

/** Entries that a message has at most, as Prometheus sends them. */
const entriesPerMessage = 2000

/**
 * What is said of the families of some series, as messages of remote write 1.0 (field 3 of a WriteRequest, the message
 * MetricMetadata). Of two families of one name the first counts. A counter goes by the name that its samples have.
 */
export function metadataMessages(all: Iterable<Series>, translation: NameTranslation): Buffer[] {
  const seen = new Map<Metric, Set<boolean>>()
  const names = new Set<string>()
  const messages: Buffer[] = []
  const message = new MessageWriter()
  for (const { metric, role } of all) {
    const isTotal = role === 'total'
    const seenAs = seen.get(metric)
    // Start times are of the same family as what they are of.
    if (role === 'created' || seenAs?.has(isTotal) === true) continue
    if (seenAs === undefined) seen.set(metric, new Set([isTotal]))
    else seenAs.add(isTotal)
    const name = prometheusMetricName(metric, translation, role)
    if (names.has(name)) continue
    names.add(name)
    message.bytes(3, encodeEntry(name, metric))
    if (names.size % entriesPerMessage === 0) messages.push(message.take())
  }
  if (message.length > 0) messages.push(message.take())
  return messages
}

function encodeEntry(name: string, { descriptor }: Metric): Buffer {
  const entry = new MessageWriter()
  entry.varint(1, metadataType(descriptor))
  entry.bytes(2, name)
  if (descriptor.description !== '') entry.bytes(4, descriptor.description)
  const unit = prometheusUnit(descriptor.unit)
  if (unit !== '') entry.bytes(5, unit)
  return entry.take()
}
