import type { Summary } from '#src/kubelet/summary.ts'

/** A summary of a node with two pods, of which one has two containers, as a kubelet may give it. */
export function exampleSummary(): Summary {
  const time = new Date(1_633_253_812_125)
  const startTime = new Date(1_633_252_712_500)
  return {
    node: {
      nodeName: 'n1',
      startTime,
      cpu: {
        time: new Date(1_633_253_809_720),
        usageNanoCores: 250_000_000,
        usageCoreNanoSeconds: 994_631_562_157_000,
      },
      memory: {
        time: new Date(1_633_253_809_720),
        availableBytes: 2n ** 60n,
        workingSetBytes: 1_616_273_408,
      },
    },
    pods: [
      {
        podRef: { name: 'web-0', namespace: 'shop', uid: 'u-2' },
        startTime,
        containers: [
          {
            name: 'proxy',
            startTime,
            cpu: { time, usageCoreNanoSeconds: 2_000_000_000 },
            memory: { time, workingSetBytes: 495_616 },
          },
          {
            name: 'app',
            startTime,
            cpu: { time, usageCoreNanoSeconds: 1_000_000 },
            memory: { time, workingSetBytes: 12_533_760 },
          },
        ],
        cpu: { time, usageCoreNanoSeconds: 2_100_000_000 },
        memory: { time, workingSetBytes: 13_000_000 },
      },
      {
        podRef: { name: 'coredns-0', namespace: 'kube-system', uid: 'u-1' },
        startTime,
        containers: [
          {
            name: 'coredns',
            startTime,
            cpu: { time, usageCoreNanoSeconds: 4_710_169_000 },
            memory: { time, workingSetBytes: 20_000_000 },
          },
        ],
      },
    ],
  }
}
