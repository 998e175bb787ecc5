import type { Summary } from '#src/kubelet/summary.ts'

/** A summary with at least one of everything that is read, as a kubelet may give it. */
export function fullSummary(): Summary {
  const time = new Date('2021-10-03T09:36:52Z')
  const startTime = new Date('2021-10-03T09:18:32Z')
  const fs = {
    time,
    availableBytes: 700,
    capacityBytes: 1000,
    usedBytes: 300,
    inodesFree: 90,
    inodes: 100,
    inodesUsed: 10,
  }
  const cpu = { time, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 4_710_169_000 }
  const memory = {
    time,
    usageBytes: 16_000_000,
    workingSetBytes: 12_533_760,
    rssBytes: 9_000_000,
    pageFaults: 2000,
    majorPageFaults: 7,
  }
  const averages = { avg10: 0.1, avg60: 0, avg300: 0 }
  const psi = { full: { total: 250_000, ...averages }, some: { total: 1_500_000, ...averages } }
  const network = { name: 'eth0', rxBytes: 1000, rxErrors: 1, txBytes: 2000, txErrors: 2 }
  return {
    node: {
      nodeName: 'n1',
      systemContainers: [{ name: 'kubelet', startTime, cpu, memory }],
      startTime,
      cpu,
      memory: { ...memory, availableBytes: 2n ** 60n + 1n },
      network: { time, ...network, interfaces: [network, { ...network, name: 'eth1' }] },
      fs,
      runtime: { imageFs: fs, containerFs: { ...fs, usedBytes: 250 } },
      rlimit: { time, maxpid: 32_768, curproc: 612 },
      swap: { time, swapAvailableBytes: 5000, swapUsageBytes: 100 },
    },
    pods: [
      {
        podRef: { name: 'web-0', namespace: 'shop', uid: 'u-2' },
        startTime,
        containers: [
          {
            name: 'app',
            startTime,
            cpu,
            memory: { ...memory, availableBytes: 50_000_000 },
            io: { time, psi },
            rootfs: fs,
            logs: { ...fs, usedBytes: 40 },
            swap: { time, swapAvailableBytes: 900, swapUsageBytes: 100 },
          },
        ],
        cpu,
        memory,
        network: { time, ...network, interfaces: [network] },
        volume: [
          { ...fs, name: 'data', pvcRef: { name: 'data-web-0', namespace: 'shop' } },
          { ...fs, name: 'tmp' },
        ],
        'ephemeral-storage': fs,
        process_stats: { process_count: 3 },
      },
      {
        podRef: { name: 'coredns-0', namespace: 'kube-system', uid: 'u-1' },
        startTime,
        containers: [
          { name: 'coredns', startTime, cpu: { time, usageCoreNanoSeconds: 2n ** 63n }, memory: undefined },
        ],
      },
    ],
  }
}
