import { compareBytewise, type AttributeList, type AttributeValue } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import type { Recorder, SampleOptions } from '#src/model/recorder.ts'
import { emptyScope, type Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, type Descriptor } from '#src/model/series.ts'
import {
  attributeOf,
  namingsOf,
  type AnyMetricDefinition,
  type Instrument,
  type MetricDefinition,
  type Naming,
} from './metric.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What facts are about: a host, a container. */
export interface Subject {
  /** The scope of each vocabulary's metrics; the empty one where not given. */
  readonly scopes?: Partial<Readonly<Record<Vocabulary, Scope>>>
  /** Attributes that all series of a vocabulary bear: key, value, key, value; best in the order of their keys. */
  readonly constants?: Partial<Readonly<Record<Vocabulary, AttributeList>>>
}

/** How facts are written, and what they are about. */
export interface FactsOptions extends Subject {
  readonly vocabularies: readonly Vocabulary[]
  /**
   * Whether a metric is emitted, by its name as written in the table. Its own default decides where this is undefined.
   * Where the name holds values, it is asked again for the name with them filled in, which can only turn it off.
   */
  readonly enabled?: (name: string) => boolean | undefined
}

/** Where facts go: a recorder, or what keeps its samples in another way. */
export type SampleSink = Pick<Recorder, 'record'>

/** The values of a fact's dimensions. */
export type Dimensions<Dimension extends string> = Readonly<Record<Dimension, string>>

type Described = Pick<Descriptor, 'kind' | 'monotonic'>

const described: Readonly<Record<Instrument, Described>> = {
  counter: { kind: 'sum', monotonic: true },
  updowncounter: { kind: 'sum', monotonic: false },
  gauge: { kind: 'gauge', monotonic: false },
  histogram: { kind: 'histogram', monotonic: false },
}

/** An OTLP `int`; one object for all, since nearly every sample of a host is one. */
const integerSample: SampleOptions = { integer: true }

/** An OTLP `int` is below it; a 64-bit counter of the kernel that is not is written as a double. */
const endOfInts = 2 ** 63

/**
 * Writes measured facts into a recorder under the names that the chosen vocabularies have for them. A cycle is
 * `begin`, any number of `record`, and `end`; of a sink without cycles, any number of `record`, and `flush`.
 */
export class Facts<Sink extends SampleSink = Recorder> {
  #recorder: Sink
  #subject: Subject
  readonly #options: FactsOptions
  readonly #names = new Map<AnyMetricDefinition, readonly Name[]>()

  constructor(recorder: Sink, options: FactsOptions) {
    this.#recorder = recorder
    this.#subject = options
    this.#options = options
  }

  /** Whether a fact has an enabled name: if not, it need not be measured. */
  wants(definition: AnyMetricDefinition): boolean {
    return this.#namesOf(definition).length > 0
  }

  /**
   * Turns to another subject, whose samples have a recorder of their own; between cycles only. The names are worked out
   * once for all subjects, where many of one kind are measured.
   */
  turnTo(recorder: Sink, subject: Subject): void {
    this.#recorder = recorder
    this.#subject = subject
  }

  /** Begins a cycle. */
  begin(this: Facts): void {
    this.#recorder.begin()
  }

  /**
   * Records one fact of this cycle.
   *
   * @param value in the unit that the definition states; a bigint where a number would not be exact
   * @param only the vocabularies that are meant, where not all are
   */
  record<Dimension extends string>(
    definition: MetricDefinition<Dimension>,
    dimensions: Dimensions<NoInfer<Dimension>>,
    value: number | bigint | Point,
    only?: ReadonlySet<Vocabulary>,
  ): void {
    for (const name of this.#namesOf(definition)) {
      if (only !== undefined && !only.has(name.vocabulary)) continue
      if (name.selects(dimensions))
        name.record({ recorder: this.#recorder, subject: this.#subject }, dimensions, value)
    }
  }

  /** Ends a cycle; see `Recorder.end`. */
  end(this: Facts, time: number, startTime?: number): Batch[] {
    this.flush()
    return this.#recorder.end(time, startTime)
  }

  /** Records what is a sum of several facts; `end` does it by itself. */
  flush(): void {
    for (const names of this.#names.values()) for (const name of names) name.flush(this.#recorder)
  }

  #namesOf(definition: AnyMetricDefinition): readonly Name[] {
    let names = this.#names.get(definition)
    if (names === undefined) {
      // The values of dimensions are given with the definition, so inside nothing depends on which they are.
      const known = definition as unknown as MetricDefinition
      names = this.#options.vocabularies.flatMap((vocabulary) => {
        const entry = { vocabulary, by: known.by, options: this.#options }
        return namingsOf(known, vocabulary)
          .filter((naming) => this.#options.enabled?.(naming.name) ?? naming.enabled ?? true)
          .map((naming) => new Name(naming, entry))
      })
      this.#names.set(definition, names)
    }
    return names
  }
}

/** A dimension as an attribute. */
interface Bearer {
  readonly dimension: string
  readonly as: string
  /** The vocabulary's word for a value. */
  readonly wordOf: (value: string) => string
  /** Whether the word is the text of an integer. */
  readonly integer: boolean
}

/** One name of one fact. */
class Name {
  readonly vocabulary: Vocabulary
  readonly #naming: Naming<string>
  /** In the order of their keys. */
  readonly #bearers: readonly Bearer[]
  readonly #enabled: FactsOptions['enabled']
  readonly #conditions: readonly (readonly [dimension: string, values: readonly string[]])[]
  /** The metric of each scope, where the name holds no values. */
  readonly #metrics = new WeakMap<Scope, Metric>()
  /** Else all by name, undefined where one is disabled. */
  readonly #filledMetrics = new WeakMap<Scope, Map<string, Metric | undefined>>()
  /** That of the metric made last, which others share: there may be a scope for each of many subjects. */
  #descriptor: Descriptor | undefined
  /** The name by what stands between braces in it: text, dimension, text, ... */
  readonly #template: readonly string[]
  /** The same of the description. */
  readonly #description: readonly string[]
  /** What is added up in this cycle, where several values get one word. */
  readonly #sums: Map<string, { metric: Metric; attributes: AttributeList; value: number }> | undefined

  constructor(
    naming: Naming<string>,
    { vocabulary, by, options }: { vocabulary: Vocabulary; by: readonly string[]; options: FactsOptions },
  ) {
    this.vocabulary = vocabulary
    this.#naming = naming
    this.#enabled = options.enabled
    this.#template = templateOf(naming.name, by)
    this.#description = templateOf(naming.description, by)
    this.#bearers = by
      .flatMap((dimension) => bearersOf(naming, dimension))
      .toSorted((a, b) => compareBytewise(a.as, b.as))
    this.#conditions = Object.entries(naming.where ?? {}).map(([dimension, values = []]) => [
      dimension,
      typeof values === 'string' ? [values] : values,
    ])
    this.#sums = by.some((dimension) => mergesValues(naming, dimension)) ? new Map() : undefined
  }

  selects(dimensions: Dimensions<string>): boolean {
    for (const [dimension, values] of this.#conditions) {
      if (!values.includes(dimensions[dimension] ?? '')) return false
    }
    return true
  }

  record(
    { recorder, subject }: { recorder: SampleSink; subject: Subject },
    dimensions: Dimensions<string>,
    value: number | bigint | Point,
  ): void {
    const metric = this.#metricFor(dimensions, subject.scopes?.[this.vocabulary] ?? emptyScope)
    if (metric === undefined) return
    const attributes = this.#attributesOf(dimensions, subject.constants?.[this.vocabulary] ?? [])
    if (typeof value === 'object') {
      recorder.record(metric, attributes, 0, { point: value })
      return
    }
    const { scale = 1 } = this.#naming
    const scaled = Number(value) * scale
    if (this.#sums !== undefined) {
      const words = this.#bearers.map(({ dimension, wordOf }) => wordOf(dimensions[dimension] ?? ''))
      const key = [metric.name, ...words].join('\u0000')
      const sum = this.#sums.get(key)
      if (sum === undefined) this.#sums.set(key, { metric, attributes, value: scaled })
      else sum.value += scaled
    } else if (typeof value === 'bigint' && scale === 1 && value < endOfInts) {
      recorder.record(metric, attributes, scaled, { exact: value })
    } else {
      recorder.record(metric, attributes, scaled, this.#sampleOptions(scaled))
    }
  }

  /** Records what was added up. */
  flush(recorder: SampleSink): void {
    if (this.#sums === undefined) return
    for (const { metric, attributes, value } of this.#sums.values())
      recorder.record(metric, attributes, value, this.#sampleOptions(value))
    this.#sums.clear()
  }

  #sampleOptions(value: number): SampleOptions | undefined {
    return this.#naming.integer === true && value < endOfInts ? integerSample : undefined
  }

  /** By their keys, if the constant ones are too: what makes a set of them need not sort them then, which costs more than all else. */
  #attributesOf(dimensions: Dimensions<string>, constants: AttributeList): AttributeValue[] {
    const attributes: AttributeValue[] = []
    let next = 0
    for (const { dimension, as, wordOf, integer } of this.#bearers) {
      while (next < constants.length && (constants[next] as string) < as) {
        attributes.push(constants[next] as string, constants[next + 1] as AttributeValue)
        next += 2
      }
      const word = wordOf(dimensions[dimension] ?? '')
      attributes.push(as, integer ? BigInt(word) : word)
    }
    for (; next < constants.length; next++) attributes.push(constants[next] as AttributeValue)
    return attributes
  }

  #metricFor(dimensions: Dimensions<string>, scope: Scope): Metric | undefined {
    if (this.#template.length > 1) return this.#filledMetric(dimensions, scope)
    let metric = this.#metrics.get(scope)
    if (metric === undefined)
      this.#metrics.set(scope, (metric = this.#metricOf(this.#naming.name, dimensions, scope)))
    return metric
  }

  #filledMetric(dimensions: Dimensions<string>, scope: Scope): Metric | undefined {
    let metrics = this.#filledMetrics.get(scope)
    if (metrics === undefined) this.#filledMetrics.set(scope, (metrics = new Map()))
    const name = filled(this.#template, dimensions)
    if (!metrics.has(name)) {
      const isEnabled = this.#enabled?.(name) !== false
      metrics.set(name, isEnabled ? this.#metricOf(name, dimensions, scope) : undefined)
    }
    return metrics.get(name)
  }

  #metricOf(name: string, dimensions: Dimensions<string>, scope: Scope): Metric {
    const { kind, unit = '' } = this.#naming
    const description = filled(this.#description, dimensions)
    if (this.#descriptor?.description !== description)
      this.#descriptor = makeDescriptor({ ...described[kind], unit, description })
    return new Metric(name, this.#descriptor, scope)
  }
}

function bearersOf(naming: Naming<string>, dimension: string): Bearer[] {
  const attribute = attributeOf(naming, dimension)
  if (attribute === undefined) return []
  const { as, values, prefix = '', integer } = attribute
  const words = new Map(Object.entries(values ?? {}))
  const wordOf = (value: string): string => words.get(value) ?? prefix + value
  return [{ dimension, as, wordOf, integer: integer === true }]
}

/** Whether two of the listed values of a dimension get one word. */
function mergesValues(naming: Naming<string>, dimension: string): boolean {
  const words = Object.values(attributeOf(naming, dimension)?.values ?? {})
  return new Set(words).size < words.length
}

/** A fact that nothing is told apart by has braces of its own only. */
function templateOf(text: string, by: readonly string[]): readonly string[] {
  return by.length === 0 ? [text] : text.split(/\{(\w+)\}/)
}

function filled(template: readonly string[], dimensions: Dimensions<string>): string {
  let text = template[0] ?? ''
  for (let index = 1; index < template.length; index += 2)
    text += (dimensions[template[index] ?? ''] ?? '') + (template[index + 1] ?? '')
  return text
}
