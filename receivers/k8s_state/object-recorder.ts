import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { sortAttributes } from '#src/model/attribute-set.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import { sameScope } from '#src/model/series.ts'
import { Facts, type FactsOptions, type Subject } from '#src/naming/facts.ts'
import type { AnyMetricDefinition, MetricDefinition } from '#src/naming/metric.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import { labelFamilies, type LabelFamily, type LabelOptions } from './label-families.ts'
import type { ObjectSlots, ObjectTable } from './object-table.ts'
import type { AddSample, ObjectPart, StateFamily, StateResource } from './state-resource.ts'

/** The scope in which the Collector emits. */
const collectorScope = 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8sclusterreceiver'
const semconvSchema = 'https://opentelemetry.io/schemas/1.44.0'

/** What is kept of an object: where its samples are. */
export interface RecordedObject {
  readonly slots: ObjectSlots
  /** The scopes of its series in OpenTelemetry's vocabularies. */
  readonly scopes: readonly Scope[]
}

/** Turns objects of one resource into samples. */
export class ObjectRecorder {
  readonly #resource: StateResource
  readonly #table: ObjectTable
  readonly #facts: Facts<ObjectTable>
  readonly #vocabularies: ReadonlySet<Vocabulary>
  readonly #families: readonly StateFamily<KubernetesObject>[]
  readonly #labelFamilies: readonly LabelFamily[]
  #known: readonly Scope[] = []
  #scopes: Scope[] = []

  constructor(
    resource: StateResource,
    table: ObjectTable,
    options: { readonly facts: FactsOptions; readonly labels: LabelOptions },
  ) {
    this.#resource = resource
    this.#table = table
    this.#facts = new Facts(table, options.facts)
    this.#vocabularies = new Set(options.facts.vocabularies)
    this.#families = resource.families.filter(({ definition }) => this.#facts.wants(definition))
    const labels = resource.hasLabels === false ? [] : labelFamilies(resource.prefix, options.labels)
    this.#labelFamilies = labels.filter(({ definition }) => this.#facts.wants(definition))
  }

  /**
   * Records an object as it is now.
   *
   * @param before what it returned of the same object the last time
   * @throws what a family throws; the object then has just the series that it had
   */
  record(object: KubernetesObject, before: RecordedObject | undefined): RecordedObject {
    this.#known = before?.scopes ?? []
    this.#scopes = []
    this.#table.begin(before?.slots)
    const whole = this.#subjectOf(object, undefined)
    const facts = this.#facts
    const parts = new Map<ObjectPart, Subject>()
    let definition: AnyMetricDefinition
    // One function for all families: making one for each takes a tenth of the whole in a bundle, which names it.
    const add: AddSample<string> = (value, dimensions, part) => {
      if (value === undefined) return
      facts.turnTo(this.#table, part === undefined ? whole : this.#partOf(object, part, parts))
      // The names of the dimensions are those of the definition, which `family` has seen to.
      facts.record(definition as unknown as MetricDefinition, dimensions, value)
    }
    try {
      for (const family of this.#families) {
        definition = family.definition
        family.read(object, add)
      }
      this.#recordLabels(object, whole)
      facts.flush()
    } catch (error) {
      facts.flush()
      this.#table.abandon()
      throw error
    }
    return { slots: this.#table.end(), scopes: this.#scopes }
  }

  #recordLabels(object: KubernetesObject, subject: Subject): void {
    for (const family of this.#labelFamilies) {
      const prometheus = [...family.labels(object), ...(subject.constants?.prometheus ?? [])]
      this.#facts.turnTo(this.#table, { ...subject, constants: { ...subject.constants, prometheus } })
      this.#facts.record(family.definition, {}, 1)
    }
  }

  #partOf(object: KubernetesObject, part: ObjectPart, known: Map<ObjectPart, Subject>): Subject {
    let subject = known.get(part)
    if (subject === undefined) known.set(part, (subject = this.#subjectOf(object, part)))
    return subject
  }

  #subjectOf(object: KubernetesObject, part: ObjectPart | undefined): Subject {
    const { name, namespace, uid } = object.metadata
    const { label, attribute, labelsUid, labels, otelAttributes, semconvAttributes, custom } = this.#resource
    const place = namespace === undefined ? [] : ['namespace', namespace]
    const own = custom === true ? [] : [...place, label, name]
    const attributes = [
      ...(namespace === undefined ? [] : ['k8s.namespace.name', namespace]),
      `${attribute}.name`,
      name,
      `${attribute}.uid`,
      uid,
    ]
    const scopes: Partial<Record<Vocabulary, Scope>> = {}
    if (this.#vocabularies.has('otel')) {
      const more = [...(otelAttributes?.(object) ?? []), ...(part?.otel?.() ?? [])]
      const resource = makeResource([...attributes, ...more])
      scopes.otel = this.#kept(makeScope(resource, { name: collectorScope }))
    }
    if (this.#vocabularies.has('semconv')) {
      const more = [...(semconvAttributes?.(object) ?? []), ...(part?.semconv?.() ?? [])]
      const resource = makeResource([...attributes, ...more])
      scopes.semconv = this.#kept(makeScope(resource, { name: 'weir/k8s_state', schemaUrl: semconvSchema }))
    }
    return {
      constants: {
        prometheus: sortAttributes([
          ...own,
          ...(labelsUid === true ? ['uid', uid] : []),
          ...(labels?.(object) ?? []),
          ...(part?.prometheus ?? []),
        ]),
        vm: sortAttributes(own),
      },
      scopes,
    }
  }

  /** The scope that says the same and is used already, since series are compared by it. */
  #kept(made: Scope): Scope {
    const same = (scope: Scope): boolean => sameScope(scope, made)
    const current = this.#scopes.find(same)
    if (current !== undefined) return current
    const scope = this.#known.find(same) ?? made
    this.#scopes.push(scope)
    return scope
  }
}
