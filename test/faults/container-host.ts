import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Receiver } from '#src/component/define.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import {
  containersAnswer,
  ContainerRuntime,
  containerStatusAnswer,
  layersAnswer,
  sandboxesAnswer,
  sandboxStatusAnswer,
} from '#src/testing/container-runtime.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { unifiedFiles, unifiedHost } from '#src/testing/fake-cgroups.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from '../../receivers/container/config.ts'
import definition from '../../receivers/container/index.ts'

export const intervalMs = 15_000

const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const socketPath = '/run/containerd/containerd.sock'

/** The path of the cgroup of a container in the one pod. */
export function cgroupOf(containerId: string): string {
  return `/kubepods/burstable/pod${uid}/${containerId}`
}

/** A host with a pod, a runtime that tells of it, and a receiver that measures it with a fake clock. */
export class ContainerHost implements AsyncDisposable {
  readonly host: FakeHost
  readonly context: TestContext = testContext('container')
  runtime: ContainerRuntime | undefined
  receiver: Receiver | undefined

  private constructor(host: FakeHost) {
    this.host = host
  }

  /** @param containerIds those that have a cgroup */
  static async create(containerIds: readonly string[]): Promise<ContainerHost> {
    const host = await FakeHost.create(unifiedHost(containerIds.map(cgroupOf)))
    await mkdir(join(host.root, 'run/containerd'), { recursive: true })
    await mkdir(join(host.root, 'sys/dev/block'), { recursive: true })
    await symlink('../../devices/pci/nvme0n1', join(host.root, 'sys/dev/block/259:0'))
    return new ContainerHost(host)
  }

  get socket(): string {
    return join(this.host.root, socketPath)
  }

  /** Starts a runtime that knows these containers, by id and name. */
  async startRuntime(containers: Readonly<Record<string, string>>): Promise<ContainerRuntime> {
    this.runtime = await ContainerRuntime.start(this.socket, {
      ListPodSandbox: sandboxesAnswer([{ id: 'f'.repeat(64), pod: 'web-1', podUid: uid, namespace: 'shop' }]),
      ListContainers: listAnswer(containers),
      PodSandboxStatus: sandboxStatusAnswer({ network: 0, information: '{"image": "pause:3.9"}' }),
      ContainerStatus: containerStatusAnswer({ startedAtNs: 1_700_000_000_000_000_000n, logPath: '/log' }),
      ListContainerStats: layersAnswer([]),
    })
    return this.runtime
  }

  /** Starts the receiver, and waits for its first cycle. */
  async start(options: object = {}): Promise<readonly Sample[]> {
    const config = optionsOf(Config, {
      root_path: this.host.root,
      interval: `${intervalMs}ms`,
      initial_delay: '0s',
      naming: ['prometheus', 'vm'],
      node_name: 'n1',
      cri_sockets: [socketPath],
      docker_sockets: [],
      ...options,
    })
    this.receiver = definition.create(config, this.context)
    await this.receiver.start()
    return await this.cycle(0)
  }

  /** Lets time pass, and waits for the cycle that comes: what it emitted. */
  async cycle(pass = intervalMs): Promise<readonly Sample[]> {
    const { clock, collections, next } = this.context
    const before = collections.of('cycle').collections
    const first = next.batches.length
    await clock.advance(pass)
    await vi.waitUntil(() => collections.of('cycle').collections > before, { timeout: 20_000, interval: 1 })
    return next.batches.slice(first).flatMap(samplesOf)
  }

  /** Makes the cgroup of a container, with files of its own, which are all there at once as the kernel makes them. */
  async makeCgroup(containerId: string, files?: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(unifiedFiles(`/${containerId}`, files, '/making')))
      await this.host.write(path, text)
    await this.host.rename(`/making/${containerId}`, `/sys/fs/cgroup${cgroupOf(containerId)}`)
  }

  async removeCgroup(containerId: string): Promise<void> {
    await this.host.remove(`/sys/fs/cgroup${cgroupOf(containerId)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver?.stop()
    this.runtime?.stop()
    await this.host.close()
  }
}

/** What a runtime says of running containers, by id and name. */
export function listAnswer(containers: Readonly<Record<string, string>>): Buffer {
  return containersAnswer(
    Object.entries(containers).map(([id, name]) => ({ id, name, sandboxId: 'f'.repeat(64) })),
  )
}

/** The value of a series that bears some attributes; undefined where it is not among the samples. */
export function valueOf(
  samples: readonly Sample[],
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Sample['value'] | undefined {
  return samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(attributes).every(([key, value]) => sample.attributes[key] === value),
  )?.value
}
