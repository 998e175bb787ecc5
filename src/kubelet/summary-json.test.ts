import { expect, test } from 'vitest'
import { exampleSummary } from '#src/testing/kubelet-summary.ts'
import { onlyCpuAndMemory, summaryToJson } from './summary-json.ts'
import type { Summary } from './summary.ts'

test('keys stand in the order of the API, times have seconds, and whole numbers all their digits', () => {
  const fs = { inodes: 3, usedBytes: 2, capacityBytes: 1n, time: null }
  const summary: Summary = {
    pods: [
      {
        swap: { time: null, swapUsageBytes: 1 },
        process_stats: { process_count: 3 },
        'ephemeral-storage': fs,
        volume: [{ ...fs, name: 'v', pvcRef: { namespace: 'ns', name: 'claim' } }],
        network: {
          interfaces: [{ txBytes: 2, name: 'eth0', rxBytes: 1 }],
          rxBytes: 1,
          name: 'eth0',
          time: null,
        },
        containers: [],
        startTime: new Date(1_631_678_162_999),
        podRef: { uid: 'u', namespace: 'ns', name: '<p>' },
      },
    ],
    node: {
      nodeName: 'n',
      startTime: null,
      systemContainers: [],
      rlimit: { curproc: 2, maxpid: 1, time: null },
      runtime: { imageFs: fs },
      cpu: {
        time: new Date(Date.UTC(2021, 8, 15, 3, 56, 2, 700)),
        usageCoreNanoSeconds: 18_446_744_073_709_551_615n,
        psi: {
          some: { total: 1, avg10: 0.5, avg60: 0, avg300: 1e-7 },
          full: { avg300: 0, avg60: 0, avg10: 0, total: 1e21 },
        },
      },
    },
  }
  expect(summaryToJson(summary)).toBe(
    [
      '{"node":{"nodeName":"n","startTime":null,"cpu":{"time":"2021-09-15T03:56:02Z","usageCoreNanoSeconds":18446744073709551615,',
      '"psi":{"full":{"total":1000000000000000000000,"avg10":0,"avg60":0,"avg300":0},"some":{"total":1,"avg10":0.5,"avg60":0,"avg300":1e-7}}},',
      '"runtime":{"imageFs":{"time":null,"capacityBytes":1,"usedBytes":2,"inodes":3}},"rlimit":{"time":null,"maxpid":1,"curproc":2}},',
      String.raw`"pods":[{"podRef":{"name":"\u003cp\u003e","namespace":"ns","uid":"u"},"startTime":"2021-09-15T03:56:02Z","containers":[],`,
      '"network":{"time":null,"name":"eth0","rxBytes":1,"interfaces":[{"name":"eth0","rxBytes":1,"txBytes":2}]},',
      '"volume":[{"time":null,"capacityBytes":1,"usedBytes":2,"inodes":3,"name":"v","pvcRef":{"name":"claim","namespace":"ns"}}],',
      '"ephemeral-storage":{"time":null,"capacityBytes":1,"usedBytes":2,"inodes":3},"process_stats":{"process_count":3},',
      '"swap":{"time":null,"swapUsageBytes":1}}]}',
    ].join(''),
  )
})

test('accelerators and metrics of the users are written too', () => {
  const [pod] = exampleSummary().pods
  const accelerator = { make: 'm', model: 'x', id: '1', memoryTotal: 4, memoryUsed: 3, dutyCycle: 2 }
  const own = {
    name: 'q',
    type: 'gauge',
    units: 'u',
    labels: { b: '2', a: '1' },
    time: null,
    value: 0.5,
  } as const
  const container = { name: 'c', startTime: null, accelerators: [accelerator], userDefinedMetrics: [own] }
  const summary = {
    ...exampleSummary(),
    pods: pod === undefined ? [] : [{ ...pod, containers: [container] }],
  }
  expect(JSON.parse(summaryToJson(summary))).toMatchObject({
    pods: [{ containers: [{ accelerators: [accelerator], userDefinedMetrics: [own] }] }],
  })
  expect(summaryToJson(summary)).toContain('"labels":{"a":"1","b":"2"}')
})

test('with only CPU and memory the rest is left out', () => {
  const [pod] = exampleSummary().pods
  const fs = { time: null, usedBytes: 1 }
  const containers = pod?.containers.map((each) => ({ ...each, rootfs: fs })) ?? []
  const full: Summary = {
    node: {
      ...exampleSummary().node,
      fs,
      systemContainers: [{ name: 'kubelet', startTime: null, rootfs: fs }],
    },
    pods: pod === undefined ? [] : [{ ...pod, containers, 'ephemeral-storage': fs }],
  }
  const text = summaryToJson(onlyCpuAndMemory(full))
  expect(text).not.toContain('usedBytes')
  expect(JSON.parse(text)).toMatchObject({
    node: { systemContainers: [{ name: 'kubelet' }], cpu: {}, memory: {} },
    pods: [
      {
        podRef: { uid: 'u-2' },
        containers: [{ name: 'proxy', cpu: {}, memory: {} }, { name: 'app' }],
        cpu: {},
      },
    ],
  })
})

test.each([Number.NaN, Infinity])('a number that JSON lacks is refused: %s', (value) => {
  const { node, pods } = exampleSummary()
  expect(() => summaryToJson({ node: { ...node, memory: { time: null, usageBytes: value } }, pods })).toThrow(
    RangeError,
  )
})
