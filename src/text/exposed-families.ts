import { unitOfWord } from '#src/naming/prometheus-units.ts'
import { makeDescriptor, type Descriptor, type Kind, type Metric, type Role } from '#src/model/series.ts'
import { FreeNumbers } from './free-numbers.ts'
import { recentText } from './recent-texts.ts'

/** A family as a target exposes it. */
export interface ExposedFamily {
  /** The name of the model's metric: without the suffix of a part, `_total` among them. */
  readonly name: string
  /** Written anew when HELP, TYPE or UNIT change. */
  readonly descriptor: Descriptor
  /**
   * The metric that the caller made of it, his to read and to write: its series share it. A field, since a map beside 100,000
   * families is what each full collection goes through.
   */
  metric: Metric | undefined
}

/** The types of all formats. */
export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown'

const kindOfType: Readonly<Record<FamilyType, Kind>> = {
  counter: 'sum',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gauge_histogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
}

/**
 * Suffixes of the parts of each type. OpenMetrics has `_gsum` and `_gcount` for gauge histograms, which are names of series
 * that the model has no part for.
 */
const partsOfType: Partial<Record<FamilyType, Readonly<Record<string, Role>>>> = {
  counter: { _total: 'total' },
  histogram: { _bucket: 'bucket', _sum: 'sum', _count: 'count' },
  gaugehistogram: { _bucket: 'bucket', _sum: 'sum', _count: 'count' },
  summary: { _sum: 'sum', _count: 'count' },
}

/** Types whose families say in `_created` since when they count, in OpenMetrics. */
const typesWithCreated: ReadonlySet<FamilyType> = new Set(['counter', 'histogram', 'summary'])

const suffixes = ['_total', '_bucket', '_sum', '_count', '_created']

/** What tells parts of one name from each other, and series with points (`native`) from those with numbers. */
export type SeriesShape = 'le' | 'quantile' | 'native' | ''

/** What is said of a family, by the name that its lines of metadata bear. */
class Family implements ExposedFamily {
  readonly number: number
  readonly name: string
  readonly descriptor = makeDescriptor({ kind: 'unknown' })
  metric: Metric | undefined = undefined
  type: FamilyType = 'unknown'
  /** The row that said it, -1 where none did. */
  HELP = -1
  TYPE = -1
  UNIT = -1
  /** How many names and rows of metadata are its own. */
  references = 0
  /** The same under the name of the model's metric, where that is another. */
  #renamed: ExposedFamily | undefined
  #native: ExposedFamily | undefined

  constructor(number: number, name: string) {
    this.number = number
    this.name = name
  }

  /** The family under the name of the model's metric: the same object as long as that name is the same. */
  exposed(name: string): ExposedFamily {
    if (name === this.name) return this
    if (this.#renamed?.name !== name)
      this.#renamed = { name: recentText(name), descriptor: this.descriptor, metric: undefined }
    return this.#renamed
  }

  /** The family of its native histograms, which are another kind than classic ones of the same name. */
  get native(): ExposedFamily {
    if (this.#native === undefined) {
      this.#native = {
        name: this.name,
        descriptor: makeDescriptor({ kind: 'exponential_histogram' }),
        metric: undefined,
      }
      this.describeNative()
    }
    return this.#native
  }

  /** Writes what changed to the family of native histograms, where there is one. */
  describeNative(): void {
    if (this.#native === undefined) return
    const { description, unit } = this.descriptor
    const kind = this.type === 'gaugehistogram' ? 'gauge_histogram' : 'exponential_histogram'
    Object.assign(this.#native.descriptor, makeDescriptor({ kind, description, unit }))
  }

  setType(type: FamilyType): void {
    this.type = type
    const { kind, temporality, monotonic } = makeDescriptor({
      kind: kindOfType[type],
      monotonic: type === 'counter',
    })
    Object.assign(this.descriptor, { kind, temporality, monotonic })
  }
}

/** The lines of metadata that mean something. */
export type MetadataKind = 'HELP' | 'TYPE' | 'UNIT'

const metadataKinds: readonly MetadataKind[] = ['HELP', 'TYPE', 'UNIT']

/** A line of HELP, TYPE or UNIT. */
export interface MetadataLine {
  readonly kind: MetadataKind
  readonly family: string
  /** The help text or the unit; empty for TYPE. */
  readonly text: string
  /** What TYPE says; `unknown` for the others. */
  readonly type: FamilyType
}

/** What a name on a line means. */
export interface ExposedName {
  readonly id: number
  readonly name: string
  readonly family: ExposedFamily
  readonly role: Role
}

interface KnownName extends ExposedName {
  readonly shape: SeriesShape
  readonly owner: Family
  references: number
  /** The same name with another shape. */
  next: KnownName | undefined
}

/**
 * The families of a target, and what the names on its lines mean. A family has the type that its own TYPE line says;
 * Prometheus lets one without a TYPE inherit that of the family before, which would make a series of its place.
 */
export class ExposedFamilies {
  readonly #families = new Map<string, Family>()
  readonly #byNumber: (Family | undefined)[] = []
  readonly #numbers = new FreeNumbers()
  readonly #names = new Map<string, KnownName>()
  #nameCount = 0
  readonly #byId: (KnownName | undefined)[] = []
  readonly #free: number[] = []
  /** The name that was asked for last. */
  #last: KnownName | undefined
  #openMetrics = false
  #undo: (() => void)[] = []
  /** Set by a change of type that gives names another meaning. */
  #retyped = false

  /** The number of names in use. */
  get size(): number {
    return this.#nameCount
  }

  /** Begins a body: in OpenMetrics a counter's family lacks the suffix `_total`, and `_created` is a part. */
  begin(openMetrics: boolean): void {
    this.#openMetrics = openMetrics
    if (this.#undo.length > 0) this.#undo = []
  }

  /**
   * What a name means, with these labels; the caller owns one reference.
   *
   * @param shape which of the labels `le` and `quantile` there is, which parts of that role need, or `native`
   */
  retain(name: string, shape: SeriesShape): ExposedName {
    // Lines of one name follow each other.
    let known = this.#last
    if (known === undefined || known.name !== name || known.shape !== shape) {
      known = this.#find(name, shape) ?? this.#add(name, shape)
      this.#last = known
    }
    known.references++
    return known
  }

  at(id: number): ExposedName | undefined {
    return this.#byId[id]
  }

  release(id: number): void {
    const known = this.#byId[id]
    if (known === undefined || --known.references > 0) return
    this.#byId[id] = undefined
    this.#last = undefined
    this.#free.push(id)
    this.#unlink(known)
    this.#drop(known.owner)
  }

  /** Drops what the caller took for a line of metadata of a family, by its number. */
  releaseMetadata(family: number, row: number): void {
    const known = this.#byNumber[family]
    if (known === undefined) return
    for (const kind of metadataKinds) if (known[kind] === row) known[kind] = -1
    this.#drop(known)
  }

  /**
   * Takes a line of metadata in.
   *
   * @param row the line's row; one reference to the family is the row's
   * @param holds whether another row is in the body at hand: then what it says stands, since the first of a body counts
   * @returns the number of the family
   */
  tell(line: MetadataLine, row: number, holds: (row: number) => boolean): number {
    const { kind } = line
    const family = this.#family(line.family)
    family.references++
    const before = family[kind]
    if (before >= 0 && before !== row && holds(before)) return family.number
    family[kind] = row
    const { descriptor, type } = family
    const { description, unit } = descriptor
    this.#undo.push(() => {
      family[kind] = before
      Object.assign(descriptor, { description, unit })
      if (family.type !== type) family.setType(type)
      family.describeNative()
    })
    this.#apply(line, family)
    return family.number
  }

  #apply({ kind, text, type }: MetadataLine, family: Family): void {
    if (kind === 'HELP') family.descriptor.description = recentText(text)
    else if (kind === 'UNIT') family.descriptor.unit = unitOfWord(text)
    else if (family.type !== type) {
      family.setType(type)
      this.#retyped = true
    }
    family.describeNative()
  }

  /** The body is given up: what it told is untold. */
  rollBack(): void {
    for (const undo of this.#undo.toReversed()) undo()
    this.#undo = []
  }

  /** Names that mean something else since a type changed: the caller moves his rows to what they mean now. */
  changedNames(): ReadonlySet<number> {
    const changed = new Set<number>()
    if (!this.#retyped) return changed
    this.#retyped = false
    for (const [id, known] of this.#byId.entries()) {
      if (known === undefined) continue
      const { owner, family, role } = this.#meaning(known.name, known.shape)
      if (owner === known.owner && family === known.family && role === known.role) continue
      changed.add(id)
      this.#last = undefined
      this.#unlink(known)
    }
    return changed
  }

  clear(): void {
    this.#families.clear()
    this.#byNumber.length = 0
    this.#numbers.clear()
    this.#names.clear()
    this.#nameCount = 0
    this.#last = undefined
    this.#byId.length = 0
    this.#free.length = 0
    this.#undo = []
  }

  #find(name: string, shape: SeriesShape): KnownName | undefined {
    let known = this.#names.get(name)
    while (known !== undefined && known.shape !== shape) known = known.next
    return known
  }

  #add(name: string, shape: SeriesShape): KnownName {
    const { owner, family, role } = this.#meaning(name, shape)
    const id = this.#free.pop() ?? this.#byId.length
    // The name of a family is there already.
    const shared = owner.name === name ? owner.name : recentText(name)
    const next = this.#names.get(name)
    const known: KnownName = { id, name: shared, family, role, shape, owner, references: 0, next }
    owner.references++
    this.#byId[id] = known
    this.#names.set(shared, known)
    this.#nameCount++
    return known
  }

  /** Takes a name out of those that are found; a second time it does nothing. */
  #unlink(known: KnownName): void {
    const first = this.#names.get(known.name)
    if (first === known) {
      if (known.next === undefined) this.#names.delete(known.name)
      else this.#names.set(known.name, known.next)
    } else {
      let before = first
      while (before !== undefined && before.next !== known) before = before.next
      if (before === undefined) return
      before.next = known.next
    }
    known.next = undefined
    this.#nameCount--
  }

  #meaning(name: string, shape: SeriesShape): { owner: Family; family: ExposedFamily; role: Role } {
    const own = this.#families.get(name)
    if (shape === 'native') {
      const owner = own ?? this.#family(name)
      return { owner, family: owner.native, role: 'none' }
    }
    if (own === undefined || own.type === 'unknown') {
      for (const suffix of suffixes) {
        if (!name.endsWith(suffix)) continue
        const base = this.#families.get(name.slice(0, -suffix.length))
        const role = base === undefined ? undefined : this.#partRole(base, suffix, shape)
        if (base !== undefined && role !== undefined)
          return { owner: base, family: base.exposed(base.name), role }
      }
    }
    const family = own ?? this.#family(name)
    if (family.type === 'summary' && shape === 'quantile') {
      return { owner: family, family: family.exposed(name), role: 'quantile' }
    }
    if (family.type === 'counter' && name.endsWith('_total') && name.length > '_total'.length) {
      return { owner: family, family: family.exposed(name.slice(0, -'_total'.length)), role: 'total' }
    }
    return { owner: family, family: family.exposed(name), role: 'none' }
  }

  #partRole(family: Family, suffix: string, shape: SeriesShape): Role | undefined {
    if (suffix === '_created') {
      return this.#openMetrics && typesWithCreated.has(family.type) ? 'created' : undefined
    }
    // In the text format the name of a counter's family is that of its samples.
    if (suffix === '_total' && !this.#openMetrics) return undefined
    const role = partsOfType[family.type]?.[suffix]
    return role === 'bucket' && shape !== 'le' ? undefined : role
  }

  #family(name: string): Family {
    let family = this.#families.get(name)
    if (family === undefined) {
      family = new Family(this.#numbers.take(), recentText(name))
      this.#byNumber[family.number] = family
      this.#families.set(family.name, family)
    }
    return family
  }

  #drop(family: Family): void {
    if (--family.references > 0 || this.#byNumber[family.number] !== family) return
    this.#byNumber[family.number] = undefined
    this.#numbers.give(family.number)
    this.#families.delete(family.name)
  }
}
