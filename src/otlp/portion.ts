import type { Batch } from '#src/model/batch.ts'
import type { Hash64 } from '#src/model/hash.ts'
import type { Resource, Scope } from '#src/model/resource.ts'
import { sameResource, sameScope } from '#src/model/series.ts'
import { formOf, formWithPoint, isNumeric, type Form } from './metric-form.ts'
import type { MetricGroup, MetricGroups } from './metric-groups.ts'

/** Data points of one batch that belong to one metric: what a writer walks. */
export interface Portion {
  readonly batch: Batch
  readonly group: MetricGroup
  readonly form: Form
  readonly slots: Int32Array
}

/** The portions of a batch, and how many of its data points no form can hold: histograms without a point. */
export interface Portions {
  readonly portions: readonly Portion[]
  readonly formless: Int32Array
}

/** Sorts the data points of a batch by metric. Its layout is the one that the groups followed last. */
export function portionsOf(batch: Batch, groups: MetricGroups): Portions {
  const portions: Portion[] = []
  const formless: number[] = []
  for (const [group, slots] of slotsByGroup(batch, groups)) {
    const form = formOf(group.descriptor, group.lonePart)
    if (batch.points === undefined && isNumeric(form)) portions.push({ batch, group, form, slots })
    else for (const portion of splitByForm(batch, group, form, slots, formless)) portions.push(portion)
  }
  return { portions, formless: Int32Array.from(formless) }
}

function slotsByGroup(batch: Batch, groups: MetricGroups): Iterable<readonly [MetricGroup, Int32Array]> {
  if (batch.slots === undefined) return [...groups.all].map((group) => [group, group.slots])
  const selected = new Map<MetricGroup, number[]>()
  for (const slot of batch.slots) {
    const group = groups.at(slot)
    if (group === undefined) continue
    const slots = selected.get(group)
    if (slots === undefined) selected.set(group, [slot])
    else slots.push(slot)
  }
  return [...selected].map(([group, slots]) => [group, Int32Array.from(slots)])
}

/** A metric of OTLP has one form: where points are of several kinds, it becomes several metrics. */
function splitByForm(
  batch: Batch,
  group: MetricGroup,
  declared: Form,
  slots: Int32Array,
  formless: number[],
): Portion[] {
  const byForm = new Map<Form, number[]>()
  for (const slot of slots) {
    const point = batch.isStale(slot) ? undefined : batch.points?.[slot]
    if (point === undefined && !isNumeric(declared) && !batch.isStale(slot)) {
      formless.push(slot)
      continue
    }
    const form = point === undefined ? declared : formWithPoint(point)
    const list = byForm.get(form)
    if (list === undefined) byForm.set(form, [slot])
    else list.push(slot)
  }
  return [...byForm].map(([form, list]) => ({ batch, group, form, slots: Int32Array.from(list) }))
}

/** Things found again by their hash, in the order in which they were first seen. */
class FirstSeen<Key extends { readonly hash: Hash64 }, Entry> {
  readonly entries: Entry[] = []
  readonly #byHash = new Map<number, { readonly key: Key; readonly entry: Entry }[]>()
  readonly #same: (first: Key, second: Key) => boolean

  constructor(same: (first: Key, second: Key) => boolean) {
    this.#same = same
  }

  entryOf(key: Key, make: () => Entry): Entry {
    const alike = this.#byHash.get(key.hash.low)
    const known = alike?.find((each) => this.#same(each.key, key))
    if (known !== undefined) return known.entry
    const entry = make()
    this.entries.push(entry)
    if (alike === undefined) this.#byHash.set(key.hash.low, [{ key, entry }])
    else alike.push({ key, entry })
    return entry
  }
}

/**
 * Puts portions of any batches in the order of an OTLP request: those of one resource together, in it those of one
 * scope, in it those of one metric of a source; each in the order in which it was first seen. The portions of a metric
 * keep their order, which is that of time.
 */
export function arrange(portions: readonly Portion[]): Portion[] {
  const resources = new FirstSeen<Resource, FirstSeen<Scope, Map<MetricGroup, Portion[]>>>(
    (a, b) => a.derived === b.derived && sameResource(a, b),
  )
  for (const portion of portions) {
    const { group } = portion
    const { scope } = group
    const scopes = resources.entryOf(
      scope.resource,
      () => new FirstSeen<Scope, Map<MetricGroup, Portion[]>>(sameScope),
    )
    const metrics = scopes.entryOf(scope, () => new Map<MetricGroup, Portion[]>())
    const list = metrics.get(group)
    if (list === undefined) metrics.set(group, [portion])
    else list.push(portion)
  }
  return resources.entries.flatMap((scopes) =>
    scopes.entries.flatMap((metrics) => [...metrics.values()].flat()),
  )
}
