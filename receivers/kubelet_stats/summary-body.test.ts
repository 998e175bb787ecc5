import fc from 'fast-check'
import { expect, test } from 'vitest'
import { summaryToJson } from '#src/kubelet/summary-json.ts'
import { fullSummary } from './full-summary.ts'
import { parseSummary } from './summary-body.ts'

test('a summary that was written is read as it was', () => {
  const json = summaryToJson(fullSummary())
  expect(summaryToJson(parseSummary(json))).toBe(json)
})

test('any whole number of 64 bits is read exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const json = `{"node":{"cpu":{"usageCoreNanoSeconds":${value}}},"pods":null}`
      expect(BigInt(parseSummary(json).node.cpu?.usageCoreNanoSeconds ?? -1)).toBe(value)
    }),
  )
})

test('what is malformed inside is left out, and the rest is read', () => {
  const { node, pods } = parseSummary(
    `{"node":{"nodeName":"n","startTime":"0001-01-01T00:00:00Z","cpu":{"usageNanoCores":-1,"usageCoreNanoSeconds":99999999999999999999},
    "memory":"much","__proto__":{"x":1}},"pods":[null,7,{"podRef":{}},{"podRef":{"name":"p"},"containers":[{},{"name":"c"}]}]}`,
  )
  expect(node).toMatchObject({ nodeName: 'n', startTime: null, memory: undefined })
  expect(node.cpu).toMatchObject({ usageNanoCores: undefined, usageCoreNanoSeconds: undefined })
  expect(pods.map(({ podRef, containers }) => [podRef.name, containers.map(({ name }) => name)])).toEqual([
    ['p', ['c']],
  ])
})
