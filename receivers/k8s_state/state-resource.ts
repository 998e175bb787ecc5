import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { ObjectForm, Resource } from '#src/kubernetes/resource.ts'
import type { AttributeList } from '#src/model/attribute-set.ts'
import type { Dimensions } from '#src/naming/facts.ts'
import { metric, type AnyMetricDefinition, type MetricDefinition } from '#src/naming/metric.ts'
import type { RecordedObject } from './object-recorder.ts'

/**
 * What a sample says beside its dimensions: the part of an object that it is of, which OpenTelemetry's vocabularies take for a
 * resource of its own as they do a container of a pod, or labels whose names the object gives. Key, value, key, value.
 */
export interface ObjectPart {
  /** Labels beside those of the object. */
  readonly prometheus?: AttributeList
  /** Resource attributes beside those of the object; asked for once an object, where families give the same part. */
  otel?(): AttributeList
  semconv?(): AttributeList
}

/**
 * Takes one sample of a family.
 *
 * @param value undefined is no sample
 * @param part what it is of, where not of the object as a whole
 */
export type AddSample<Dimension extends string> = (
  value: number | undefined,
  dimensions: Dimensions<Dimension>,
  part?: ObjectPart,
) => void

/** One fact of an object: its names, and how it is read. */
export interface StateFamily<Content> {
  readonly definition: AnyMetricDefinition
  read(object: Content, add: AddSample<string>): void
}

/**
 * Declares a fact of objects of one resource. Where it is told apart by nothing, `read` returns its value; else it hands each
 * sample to `add`.
 *
 * @example
 * const paused = family<Wire<V1Deployment>>()(
 *   { fact: 'whether it is paused', source: 'spec.paused', by: [], prometheus: { name: 'kube_deployment_spec_paused', kind: 'gauge', description: '…' } },
 *   ({ spec }) => Number(spec?.paused === true),
 * )
 */
export function family<Content>() {
  return <const Dimension extends string = never>(
    definition: NoInfer<MetricDefinition<Dimension>> & { readonly by: readonly Dimension[] },
    read: (object: Content, add: AddSample<NoInfer<Dimension>>) => number | undefined | void,
  ): StateFamily<Content> => ({
    definition: metric<Dimension>(definition),
    read(object, add) {
      const value = read(object, add)
      if (typeof value === 'number') add(value, {})
    },
  })
}

/** What is told instead of objects, made of many: of events how many there were. */
export interface Tally {
  /** What an object is counted with; shards divide the objects by it. */
  keyOf(object: KubernetesObject): string
  /**
   * Counts an object.
   *
   * @param before what it returned of the same object the last time
   * @param isNew whether the object came, or changed, after the first list
   */
  add(object: KubernetesObject, before: number | undefined, isNew: boolean): number
}

/** Who records what a tally tells, as objects of which the families of the resource are read. */
export interface TallySink {
  /** @param before what it returned of the same the last time */
  record(object: KubernetesObject, before: RecordedObject | undefined): RecordedObject
  forget(recorded: RecordedObject): void
}

/** A resource of the API whose objects are turned into metrics. */
export interface StateResource<Content = KubernetesObject> {
  readonly resource: Resource
  /** Whether it is watched where the configuration does not say which ones are. */
  readonly byDefault: boolean
  /** How much of its objects is asked for; all where absent. A table's cells are in `columns`, by name. */
  readonly form?: ObjectForm
  /** What Prometheus' names begin with: `kube_pod`. */
  readonly prefix: string
  /** The label that bears an object's name: `pod`. */
  readonly label: string
  /** Whether its uid is a label too. */
  readonly labelsUid?: true
  /** What attributes of OpenTelemetry begin with: `k8s.pod`, of which `k8s.pod.name` and `k8s.pod.uid` are made. */
  readonly attribute: string
  /** Labels of `prometheus` beside namespace, name and uid. */
  readonly labels?: (object: Content) => AttributeList
  /** Resource attributes of `otel` beside namespace, name and uid. */
  readonly otelAttributes?: (object: Content) => AttributeList
  /** Resource attributes of `semconv` beside namespace, name and uid. */
  readonly semconvAttributes?: (object: Content) => AttributeList
  /** Whether `_labels` and `_annotations` are among its metrics; true if absent. */
  readonly hasLabels?: false
  /**
   * A resource that the configuration describes: its samples have the labels that their families give them and no others, and are
   * told once, whatever the vocabularies are. Objects may show the same series: it has the value of the one that changed last.
   */
  readonly custom?: true
  /** Where its objects are not told each by itself. */
  readonly tally?: (sink: TallySink) => Tally
  readonly families: readonly StateFamily<Content>[]
}

/** Declares a resource; what it is read as is forgotten outside, where all of them are alike. */
export function stateResource<Content>(resource: StateResource<Content>): StateResource {
  return resource as unknown as StateResource
}
