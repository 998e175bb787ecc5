import * as models from '@kubernetes/client-node'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Resource } from '#src/kubernetes/resource.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { SeededRandom } from '#src/testing/random.ts'
import { chosenResources, stateResources } from './state-resources.ts'
import { tell } from './test-objects.ts'

/** A type of the API, as @kubernetes/client-node describes it. */
interface Model {
  getAttributeTypeMap(): readonly {
    readonly baseName: string
    readonly type: string
    readonly format: string
  }[]
}

const known = new Map(
  Object.entries(models).flatMap(([name, model]): [string, Model][] =>
    typeof model === 'function' && 'getAttributeTypeMap' in model ? [[name, model as Model]] : [],
  ),
)

/** The type of a resource's objects: `V1Ingress` of `ingresses`. */
function kindOf({ group, version, name }: Resource): string {
  const singulars = [name, name.slice(0, -1), name.slice(0, -2), `${name.slice(0, -3)}y`]
  const names = singulars.flatMap((each) => ['', 'core', group].map((prefix) => `${prefix}${version}${each}`))
  const kind = [...known.keys()].find((each) => names.includes(each.toLowerCase()))
  if (kind === undefined) throw new Error(`no type of the API is that of ${name}`)
  return kind
}

/** What is not watched unless it is asked for. */
const notByDefault = [
  'clusterrolebindings',
  'clusterroles',
  'events',
  'ingressclasses',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'rolebindings',
  'roles',
  'serviceaccounts',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
]

const words = [
  '',
  'a',
  'True',
  'Unknown',
  'Running',
  'cpu',
  '100m',
  '1.5Gi',
  '9e99',
  '-1',
  '*/5 * * * *',
] as const
const keys = ['cpu', 'memory', 'example.com/gpu', 'hugepages-2Mi', 'count/pods', '__proto__', 'constructor']

/** Anything that the API lets a field of a type be; it may be absent, and lists, maps and times may be null. */
function valueOf(random: SeededRandom, type: string, depth: number): unknown {
  const [, listed] = /^Array<(.*)>$/.exec(type) ?? []
  const [, mapped] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? []
  const model = known.get(type)
  const isNull = random.chance(0.1)
  if (listed !== undefined) {
    if (isNull) return null
    return Array.from({ length: depth > 0 ? random.below(3) : 0 }, () => valueOf(random, listed, depth - 1))
  }
  if (mapped !== undefined) {
    if (isNull) return null
    const entries = keys.filter(() => random.chance(0.3))
    return Object.fromEntries(entries.map((key) => [key, valueOf(random, mapped, depth - 1)]))
  }
  if (model !== undefined) return depth > 0 ? fieldsOf(random, model, depth) : {}
  switch (type) {
    case 'number':
      return random.below(100)
    case 'boolean':
      return random.chance(0.5)
    case 'Date':
    case 'V1MicroTime':
      return isNull ? null : new Date(random.below(2 ** 31) * 1000).toISOString()
    case 'IntOrString':
      return random.pick<number | string>([3, '25%', '4', 'x%'])
    default:
      return random.pick(words)
  }
}

function fieldsOf(random: SeededRandom, model: Model, depth: number): Record<string, unknown> {
  // What has a name has it always.
  const isThere = (field: string): boolean => field === 'name' || random.chance(0.5)
  const present = model.getAttributeTypeMap().filter(({ baseName }) => isThere(baseName))
  return Object.fromEntries(present.map(({ baseName, type }) => [baseName, valueOf(random, type, depth - 1)]))
}

test.each(stateResources.map((each) => [each.resource.name, each] as const))(
  'whatever the API leaves out of %s is told as nothing or as numbers',
  (_name, resource) => {
    const model = known.get(kindOf(resource.resource))
    if (model === undefined) throw new Error('the type is known')
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const object = fieldsOf(new SeededRandom(seed), model, 7)
        for (const naming of vocabularies)
          for (const line of tell(resource, object, { naming }))
            expect(line).toMatch(/\} -?[\d.e+-]+( \[.*\])?$/)
      }),
      { numRuns: 30 },
    )
  },
)

function chosen(names: readonly string[], excluded: readonly string[] = []): string[] {
  return chosenResources(names, excluded).map(({ resource }) => resource.name)
}

test('the default set, all, or those that are named are chosen, without those that are excluded', () => {
  const all = stateResources.map(({ resource }) => resource.name)
  expect(chosen(['all'])).toEqual(all)
  expect(chosen(['default'])).toEqual(all.filter((name) => !notByDefault.includes(name)))
  expect(chosen(['roles', 'default'], ['pods'])).toEqual(
    all.filter((name) => name === 'roles' || !['pods', ...notByDefault].includes(name)),
  )
  expect(chosen(['jobs', 'cronjobs'], ['jobs'])).toEqual(['cronjobs'])
})

test('a name is that of one resource', () => {
  const names = stateResources.map(({ resource }) => resource.name)
  expect(new Set(names).size).toBe(names.length)
})
