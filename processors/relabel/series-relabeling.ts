import { attributeText } from '#src/attributes/attribute-text.ts'
import { internAttributes, releaseAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import { releaseSeries, Series } from '#src/model/series.ts'
import { resourceLabel } from '#src/naming/resource-labels.ts'
import { Labels } from '#src/relabel/labels.ts'
import type { Relabeling } from '#src/relabel/relabeling.ts'

const nameLabel = '__name__'
const ofResource = ['job', 'instance'] as const

/**
 * Relabels series. Rules see the name of the series (of a part its own, as `x_bucket`), the attributes as texts, and
 * `job` and `instance` of the resource where the series has no such attributes. Labels that begin with `__` are gone
 * afterwards.
 */
export class SeriesRelabeling {
  readonly #relabeling: Relabeling
  readonly #labels = new Labels()

  constructor(relabeling: Relabeling) {
    this.#relabeling = relabeling
  }

  /** The series that takes its place; the same one where no rule changes it; undefined where it is dropped. */
  apply(series: Series): Series | undefined {
    const labels = this.#labels
    fill(labels, series)
    if (!this.#relabeling.apply(labels)) return undefined
    const name = labels.get(nameLabel)
    if (name === '') return undefined
    labels.keepNames(isLasting)
    return labels.changed ? rewrite(series, labels, name) : series
  }
}

function isLasting(name: string): boolean {
  return !name.startsWith('__') || name === nameLabel
}

function fill(labels: Labels, { name, attributes, resource }: Series): void {
  labels.clear()
  labels.fill(nameLabel, name)
  const { entries } = attributes
  for (let index = 0; index < entries.length; index += 2) {
    const key = entries[index]
    const value = entries[index + 1]
    // An attribute of that name would be taken for the metric's name.
    if (typeof key !== 'string' || value === undefined || key === nameLabel) continue
    labels.fill(key, attributeText(value))
  }
  for (const label of ofResource) {
    if (attributes.get(label) === undefined) labels.fill(label, resourceLabel(resource, label))
  }
}

/** Values that no rule changed keep their type, and labels of the resource stay with it. */
function rewrite(series: Series, labels: Labels, name: string): Series {
  const list: AttributeValue[] = []
  for (let index = 0; index < labels.size; index++) {
    const label = labels.nameAt(index)
    if (label === nameLabel) continue
    const text = labels.valueAt(index)
    const value = series.attributes.get(label)
    if (value === undefined && text === resourceLabel(series.resource, label)) continue
    list.push(label, value !== undefined && attributeText(value) === text ? value : text)
  }
  const attributes = internAttributes(list)
  const sameName = name === series.name
  if (sameName && attributes === series.attributes) {
    releaseAttributes(attributes)
    return series
  }
  const relabeled = new Series(series.metric, attributes, series.role)
  if (sameName) return relabeled
  const renamed = relabeled.withName(name)
  releaseSeries(relabeled)
  return renamed
}
