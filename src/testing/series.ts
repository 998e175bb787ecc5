import { internAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import { Batch, type Columns } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import { emptyScope, type Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series, type Descriptor, type Role } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'

/** What a test says of a series beside its name and attributes. */
export interface SeriesOptions extends Partial<Descriptor> {
  readonly scope?: Scope
  readonly role?: Role
}

/** A series in one call; a gauge unless said otherwise. The name is the family's. */
export function series(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  { scope = emptyScope, role = 'none', ...descriptor }: SeriesOptions = {},
): Series {
  const metric = new Metric(name, makeDescriptor({ kind: 'gauge', ...descriptor }), scope)
  return new Series(metric, internAttributes(Object.entries(attributes).flat()), role)
}

/** A first layout with these series in slots 0, 1, 2 ... */
export function layoutOf(all: readonly Series[], source = new Source('test', '')): Layout {
  const table = new SlotTable(source)
  for (const each of all) table.add(each)
  return table.commit()
}

/** A batch over a new layout of these series, with these values. */
export function batchOf(
  rows: readonly (readonly [series: Series, value: number])[],
  columns: Partial<Columns> & { readonly source?: Source } = {},
): Batch {
  const layout = layoutOf(
    rows.map(([each]) => each),
    columns.source,
  )
  const values = Float64Array.from(rows, ([, value]) => value)
  return new Batch(layout, { time: 1_700_000_000_000, values, ...columns })
}
