import { makeDescriptor, type Descriptor, type Kind, type Role } from '#src/model/series.ts'

/** A family as a target exposes it. */
export interface ExposedFamily {
  /** The name of the model's metric: without the suffix of a part, `_total` among them. */
  readonly name: string
  /** Written anew when HELP, TYPE or UNIT change. */
  readonly descriptor: Descriptor
}

/** The types of all formats. */
export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'native_histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown'

const kindOfType: Readonly<Record<FamilyType, Kind>> = {
  counter: 'sum',
  gauge: 'gauge',
  histogram: 'histogram',
  native_histogram: 'exponential_histogram',
  gaugehistogram: 'gauge_histogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
}

/** Suffixes of the parts of each type. Those of gauge histograms but `_bucket` are names that the model has no part for. */
const partsOfType: Partial<Record<FamilyType, Readonly<Record<string, Role>>>> = {
  counter: { _total: 'total' },
  histogram: { _bucket: 'bucket', _sum: 'sum', _count: 'count' },
  gaugehistogram: { _bucket: 'bucket' },
  summary: { _sum: 'sum', _count: 'count' },
}

/** Types whose families say in `_created` since when they count, in OpenMetrics. */
const typesWithCreated: ReadonlySet<FamilyType> = new Set(['counter', 'histogram', 'summary'])

const suffixes = ['_total', '_bucket', '_sum', '_count', '_created']

/** What is said of a family, by the name that its lines of metadata bear. */
class Family {
  readonly name: string
  readonly descriptor = makeDescriptor({ kind: 'unknown' })
  type: FamilyType = 'unknown'
  /** Of HELP, TYPE and UNIT: the row that said it, -1 where none did. */
  readonly rows: Record<MetadataKind, number> = { HELP: -1, TYPE: -1, UNIT: -1 }
  /** How many names and rows of metadata are its own. */
  references = 0
  #exposed: ExposedFamily

  constructor(name: string) {
    this.name = name
    this.#exposed = { name, descriptor: this.descriptor }
  }

  /** The family under the name of the model's metric: the same object as long as that name is the same. */
  exposed(name: string): ExposedFamily {
    if (this.#exposed.name !== name) this.#exposed = { name, descriptor: this.descriptor }
    return this.#exposed
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

/** What a name on a line means. */
export interface ExposedName {
  readonly id: number
  readonly name: string
  readonly family: ExposedFamily
  readonly role: Role
}

interface KnownName extends ExposedName {
  readonly bound: string
  readonly owner: Family
  references: number
}

/**
 * The families of a target, and what the names on its lines mean. A family has the type that its own TYPE line says;
 * Prometheus lets one without a TYPE inherit that of the family before, which would make a series of its place.
 */
export class ExposedFamilies {
  readonly #families = new Map<string, Family>()
  readonly #names = new Map<string, KnownName>()
  readonly #byId: (KnownName | undefined)[] = []
  readonly #free: number[] = []
  #openMetrics = false
  #undo: (() => void)[] = []
  /** Set by a change of type that gives names another meaning. */
  #retyped = false

  /** The number of names in use. */
  get size(): number {
    return this.#names.size
  }

  /** Begins a body: in OpenMetrics a counter's family lacks the suffix `_total`, and `_created` is a part. */
  begin(openMetrics: boolean): void {
    this.#openMetrics = openMetrics
    this.#undo = []
  }

  /**
   * What a name means, with these labels; the caller owns one reference.
   *
   * @param bound which of the labels `le` and `quantile` there is: parts of that role need it
   */
  retain(name: string, bound: 'le' | 'quantile' | ''): ExposedName {
    const key = `${bound}{${name}`
    let known = this.#names.get(key)
    known ??= this.#add(key, name, bound)
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
    this.#free.push(id)
    const key = `${known.bound}{${known.name}`
    if (this.#names.get(key) === known) this.#names.delete(key)
    this.#drop(known.owner)
  }

  /** Drops what the caller took for a line of metadata of a family. */
  releaseMetadata(family: string, kind: MetadataKind, row: number): void {
    const known = this.#families.get(family)
    if (known === undefined) return
    if (known.rows[kind] === row) known.rows[kind] = -1
    this.#drop(known)
  }

  /**
   * Takes a line of metadata in.
   *
   * @param row the line's row; one reference to the family is the row's
   * @param holds whether another row is in the body at hand: then what it says stands
   * @returns whether the line counts; the first of a body does
   */
  tell(
    line: {
      readonly kind: MetadataKind
      readonly family: string
      readonly text: string
      readonly type: FamilyType
    },
    row: number,
    holds: (row: number) => boolean,
  ): boolean {
    const { kind } = line
    const family = this.#family(line.family)
    family.references++
    const before = family.rows[kind]
    if (before >= 0 && before !== row && holds(before)) return false
    family.rows[kind] = row
    const { descriptor, type } = family
    const { description, unit } = descriptor
    this.#undo.push(() => {
      family.rows[kind] = before
      Object.assign(descriptor, { description, unit })
      if (family.type !== type) family.setType(type)
    })
    if (kind === 'HELP') descriptor.description = line.text
    else if (kind === 'UNIT') descriptor.unit = line.text
    else if (type !== line.type) {
      family.setType(line.type)
      this.#retyped = true
    }
    return true
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
      const { owner, family, role } = this.#meaning(known.name, known.bound)
      if (owner === known.owner && family === known.family && role === known.role) continue
      changed.add(id)
      this.#names.delete(`${known.bound}{${known.name}`)
    }
    return changed
  }

  clear(): void {
    this.#families.clear()
    this.#names.clear()
    this.#byId.length = 0
    this.#free.length = 0
    this.#undo = []
  }

  #add(key: string, name: string, bound: string): KnownName {
    const meaning = this.#meaning(name, bound)
    const id = this.#free.pop() ?? this.#byId.length
    const known: KnownName = { id, name, bound, ...meaning, references: 0 }
    known.owner.references++
    this.#byId[id] = known
    this.#names.set(key, known)
    return known
  }

  #meaning(name: string, bound: string): { owner: Family; family: ExposedFamily; role: Role } {
    const own = this.#families.get(name)
    if (own === undefined || own.type === 'unknown') {
      for (const suffix of suffixes) {
        if (!name.endsWith(suffix)) continue
        const base = this.#families.get(name.slice(0, -suffix.length))
        const role = base === undefined ? undefined : this.#partRole(base, suffix, bound)
        if (base !== undefined && role !== undefined)
          return { owner: base, family: base.exposed(base.name), role }
      }
    }
    const family = own ?? this.#family(name)
    if (family.type === 'summary' && bound === 'quantile') {
      return { owner: family, family: family.exposed(name), role: 'quantile' }
    }
    if (family.type === 'counter' && name.endsWith('_total') && name.length > '_total'.length) {
      return { owner: family, family: family.exposed(name.slice(0, -'_total'.length)), role: 'total' }
    }
    return { owner: family, family: family.exposed(name), role: 'none' }
  }

  #partRole(family: Family, suffix: string, bound: string): Role | undefined {
    if (suffix === '_created') {
      return this.#openMetrics && typesWithCreated.has(family.type) ? 'created' : undefined
    }
    // In the text format the name of a counter's family is that of its samples.
    if (suffix === '_total' && !this.#openMetrics) return undefined
    const role = partsOfType[family.type]?.[suffix]
    return role === 'bucket' && bound !== 'le' ? undefined : role
  }

  #family(name: string): Family {
    let family = this.#families.get(name)
    if (family === undefined) {
      family = new Family(name)
      this.#families.set(name, family)
    }
    return family
  }

  #drop(family: Family): void {
    if (--family.references <= 0 && this.#families.get(family.name) === family)
      this.#families.delete(family.name)
  }
}
