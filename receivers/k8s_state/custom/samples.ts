import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import type { EachOptions } from './options.ts'
import { addPathLabels, compilePathLabels, type Labels, type PathLabels } from './path-labels.ts'
import { numberOf } from './value-number.ts'
import { compilePath, isMapping, valueAt, type ValuePath } from './value-path.ts'

/** One sample of a custom metric, with the labels of its own. */
export interface CustomSample {
  readonly labels: Labels
  readonly value: number
}

/** Told of a value that makes no sample, and why. */
export type Complain = (problem: string) => void

/** Makes samples of an object. */
export type ReadSamples = (object: unknown, complain: Complain) => CustomSample[]

type Gauge = NonNullable<EachOptions['gauge']>
type Info = NonNullable<EachOptions['info']>
type StateSet = NonNullable<EachOptions['stateSet']>

interface Common {
  readonly path: ValuePath
  readonly labels: PathLabels
}

/**
 * Compiles what makes the samples of a metric.
 *
 * @throws {ConfigError} with all mistakes
 */
export function compileSamples({ type, gauge, info, stateSet }: EachOptions): ReadSamples {
  if (type === 'gauge') return located(['gauge'], () => gaugeSamples(required(gauge, type)))
  if (type === 'info') return located(['info'], () => infoSamples(required(info, type)))
  return located(['stateSet'], () => stateSetSamples(required(stateSet, 'stateSet')))
}

function required<Described>(described: Described | undefined, name: string): Described {
  if (described === undefined) throw new ConfigError(`is missing: the type ${name} is described by it`)
  return described
}

function compileCommon(options: Pick<Info, 'path' | 'labelsFromPath'>): Common {
  const [path, labels] = makeAll(
    () => located(['path'], () => compilePath(options.path)),
    () => located(['labelsFromPath'], () => compilePathLabels(options.labelsFromPath)),
  )
  return { path, labels }
}

function gaugeSamples(options: Gauge): ReadSamples {
  const { nilIsZero, labelFromKey, valueFrom: parts } = options
  const [{ path, labels }, valueFrom] = makeAll(
    () => compileCommon(options),
    () => located(['valueFrom'], () => compilePath(parts)),
  )
  const sampleOf = (value: unknown, complain: Complain, key?: string, parent?: unknown): CustomSample[] => {
    // A field that `valueFrom` names is meant itself; of the others, a field of theirs is.
    const isField = key !== undefined && parts.length === 1 && parts[0] === key
    const found = isField ? value : valueAt(valueFrom, value)
    const number = isNothing(found) && nilIsZero ? 0 : numberOf(found)
    if (number === undefined) {
      // Not every field of an object need be a number.
      if (!isNothing(found) && (key === undefined || isField))
        complain(`expected a number, found ${shown(found)}`)
      return []
    }
    const own: Labels = new Map()
    if (key !== undefined && key !== '' && labelFromKey !== '') own.set(labelFromKey, key)
    addPathLabels(own, labels, value)
    if (parent !== undefined) addPathLabels(own, labels, parent)
    return [{ labels: own, value: number }]
  }
  return (object, complain) => {
    const value = valueAt(path, object)
    if (Array.isArray(value)) return value.flatMap((each: unknown) => sampleOf(each, complain))
    if (!isMapping(value)) return sampleOf(value, complain)
    const entries = fieldFirst(Object.entries(value), parts)
    return entries.flatMap(([key, each]) => sampleOf(each, complain, key, value))
  }
}

/** Of samples with the same labels the first is told: that of the field that is meant. */
function fieldFirst(entries: [string, unknown][], [field, more]: readonly string[]): [string, unknown][] {
  if (field === undefined || more !== undefined) return entries
  return entries.toSorted(([a], [b]) => Number(b === field) - Number(a === field))
}

function infoSamples(options: Info): ReadSamples {
  const { labelFromKey } = options
  const { path, labels } = compileCommon(options)
  const sampleOf = (value: unknown, key = ''): CustomSample[] => {
    const own: Labels = new Map()
    if (key !== '' && labelFromKey !== '') own.set(labelFromKey, key)
    addPathLabels(own, labels, value)
    return own.size === 0 ? [] : [{ labels: own, value: 1 }]
  }
  return (object) => {
    const value = valueAt(path, object)
    if (Array.isArray(value)) return value.flatMap((each: unknown) => sampleOf(each))
    if (!isMapping(value)) return sampleOf(value)
    // An object is one element itself, and each of its fields is another.
    return [...Object.entries(value).flatMap(([key, each]) => sampleOf(each, key)), ...sampleOf(value)]
  }
}

function stateSetSamples(options: StateSet): ReadSamples {
  const { list, labelName } = options
  const [{ path, labels }, valueFrom] = makeAll(
    () => compileCommon(options),
    () => located(['valueFrom'], () => compilePath(options.valueFrom)),
  )
  const samplesOf = (value: unknown, complain: Complain): CustomSample[] => {
    const state = valueAt(valueFrom, value)
    if (typeof state !== 'string') {
      if (!isNothing(state)) complain(`expected a text, found ${shown(state)}`)
      return []
    }
    return list.map((each) => {
      const own: Labels = new Map([[labelName, each]])
      addPathLabels(own, labels, value)
      return { labels: own, value: Number(each === state) }
    })
  }
  return (object, complain) => {
    const value = valueAt(path, object)
    return Array.isArray(value)
      ? value.flatMap((each: unknown) => samplesOf(each, complain))
      : samplesOf(value, complain)
  }
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** What a value is, not what it says: nobody knows what is in it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return 'a text'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
