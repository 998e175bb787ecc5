import { foreignList, foreignObject, foreignText } from '#src/containers/foreign-text.ts'
import { quantity } from '#src/kubernetes/quantity.ts'

/** CPUs and bytes of memory; undefined where it is not said. */
export interface Amounts {
  readonly cpu: number | undefined
  readonly memory: number | undefined
}

/** What a container or a pod may use, and what it asks for. */
export interface Allotment {
  readonly limit: Amounts
  readonly request: Amounts
}

const noAmounts: Amounts = { cpu: undefined, memory: undefined }

export const noAllotment: Allotment = { limit: noAmounts, request: noAmounts }

/** More than a pod has. */
const mostContainers = 1000

type Fields = Readonly<Record<string, unknown>>

/**
 * What the containers of a pod may use, by name, and under the empty name what the pod may: what its own `resources` say
 * (Kubernetes 1.34), else the sum over the containers that run as long as it does, where each of them says it.
 *
 * @param spec of a `v1.Pod`; what is malformed counts as not said
 */
export function* allotmentsOf(spec: Fields): Generator<readonly [name: string, allotment: Allotment]> {
  const sidecars = containersIn(spec['initContainers']).filter((each) => each['restartPolicy'] === 'Always')
  const running: Allotment[] = []
  for (const container of [...sidecars, ...containersIn(spec['containers'])]) {
    const allotment = allotmentOf(container)
    running.push(allotment)
    const name = foreignText(container['name'])
    if (name !== '') yield [name, allotment]
  }
  const own = allotmentOf(spec)
  const either = (kind: keyof Allotment, what: keyof Amounts): number | undefined =>
    own[kind][what] ?? sum(running.map((each) => each[kind][what]))
  yield [
    '',
    {
      limit: { cpu: either('limit', 'cpu'), memory: either('limit', 'memory') },
      request: { cpu: either('request', 'cpu'), memory: either('request', 'memory') },
    },
  ]
}

/** What the list `capacity`, `limits` or `requests` says. */
export function amountsOf(list: unknown): Amounts {
  const { cpu, memory } = foreignObject(list)
  return { cpu: positive(cpu), memory: positive(memory) }
}

function allotmentOf(owner: Fields): Allotment {
  const { limits, requests } = foreignObject(owner['resources'])
  return { limit: amountsOf(limits), request: amountsOf(requests) }
}

function containersIn(list: unknown): Fields[] {
  return foreignList(list, mostContainers).map(foreignObject)
}

/** Nothing is a part of 0. JSON may have numbers for quantities. */
function positive(value: unknown): number | undefined {
  const amount = quantity(typeof value === 'number' ? String(value) : foreignText(value))
  return amount !== undefined && amount > 0 ? amount : undefined
}

function sum(amounts: readonly (number | undefined)[]): number | undefined {
  let total = 0
  for (const amount of amounts) {
    if (amount === undefined) return undefined
    total += amount
  }
  return amounts.length === 0 ? undefined : total
}
