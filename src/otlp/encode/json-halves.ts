import type { RequestHalves } from './protobuf-halves.ts'

type Members = Readonly<Record<string, unknown>>

/** The members that hold the next messages down to data points. */
const levels: readonly (readonly string[])[] = [
  ['resourceMetrics'],
  ['scopeMetrics'],
  ['metrics'],
  ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
  ['dataPoints'],
]

/**
 * Cuts an ExportMetricsServiceRequest in JSON in two, as `protobufHalves` does. It is one that was written here: integers of 64
 * bits are strings.
 *
 * @throws {SyntaxError} where it is no JSON
 */
export function jsonHalves(message: Buffer): RequestHalves | undefined {
  const request = JSON.parse(message.toString()) as Members
  const points = countPoints(request, 0)
  if (points < 2) return undefined
  const inFirst = points >> 1
  const [first, second] = cut(request, 0, inFirst)
  return { first: jsonOf(first), second: jsonOf(second), inFirst, points }
}

/** What is one level down in a member: one message or a list of them. */
function innerOf(member: unknown): readonly Members[] {
  return Array.isArray(member) ? (member as readonly Members[]) : [member as Members]
}

function countPoints(message: Members, level: number): number {
  const names = levels[level]
  if (names === undefined) return 1
  let points = 0
  for (const name of names) {
    if (message[name] === undefined) continue
    for (const inner of innerOf(message[name])) points += countPoints(inner, level + 1)
  }
  return points
}

function cut(message: Members, level: number, points: number): [first: Members, second: Members] {
  const first: Record<string, unknown> = {}
  const second: Record<string, unknown> = {}
  let left = points
  for (const [name, member] of Object.entries(message)) {
    if (levels[level]?.includes(name) !== true) {
      first[name] = member
      second[name] = member
      continue
    }
    const before: Members[] = []
    const after: Members[] = []
    for (const inner of innerOf(member)) {
      const own = countPoints(inner, level + 1)
      if (left >= own) before.push(inner)
      else if (left === 0) after.push(inner)
      else {
        const [one, other] = cut(inner, level + 1, left)
        before.push(one)
        after.push(other)
      }
      left = Math.max(0, left - own)
    }
    first[name] = Array.isArray(member) ? before : before[0]
    second[name] = Array.isArray(member) ? after : after[0]
  }
  return [first, second]
}

/** JSON that keeps the sign of zero: as a text, which is a double to the JSON of protobuf as well. */
function jsonOf(message: Members): Buffer {
  return Buffer.from(JSON.stringify(message, (_, value: unknown) => (Object.is(value, -0) ? '-0' : value)))
}
