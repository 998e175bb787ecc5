import type { Metric } from '#src/model/series.ts'
import type { ExpositionType, FamilyIdentity, Shape } from './exposition-type.ts'
import { FlatRows, type RowKeeper } from './flat-rows.ts'
import { GroupedRows } from './grouped-rows.ts'

/** All series of one name in the exposition, across sources. */
export class Family {
  /** As `byteText`. */
  readonly name: string
  readonly shape: Shape
  /** The names that it keeps from other families. */
  readonly claims: readonly string[]
  /** Whether its samples say since when those of another family count. */
  readonly created: boolean
  readonly rows: FlatRows | GroupedRows
  type: ExpositionType
  /** Whose help and unit are shown: those of the first series that has a type. */
  metric: Metric

  constructor(
    name: string,
    identity: FamilyIdentity,
    metric: Metric,
    claims: readonly string[],
    keeper: (family: Family) => RowKeeper,
  ) {
    this.name = name
    this.type = identity.type
    this.shape = identity.shape
    this.created = identity.created
    this.metric = metric
    this.claims = claims
    this.rows = identity.shape === 'flat' ? new FlatRows(keeper(this)) : new GroupedRows()
  }

  /** Puts its rows in order. */
  sort(): void {
    if (this.rows instanceof FlatRows) this.rows.pack()
    else this.rows.order()
  }

  /** Whether a series of this type and shape may join. One that has no type claims none. */
  takes({ type, shape }: FamilyIdentity): boolean {
    if (shape !== this.shape) return false
    return type === this.type || (shape === 'flat' && (type === 'untyped' || this.type === 'untyped'))
  }
}
