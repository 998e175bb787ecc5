import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises'
import { readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { mapFields, protobuf } from '#src/testing/protobuf-fields.ts'

const run = promisify(execFile)

/** A pod to run. */
export interface PodToRun {
  readonly name: string
  readonly uid: string
  readonly namespace?: string
  /** Whether it has the host's network; else one of its own, without an interface but `lo`. */
  readonly hostNetwork?: boolean
}

/** A real containerd with its CRI, in a folder of its own, with one image: busybox. */
export class Containerd implements AsyncDisposable {
  /** The root path: the socket is below it where containerd has it on a host. */
  readonly root: string
  readonly socket: string
  readonly #daemon: ChildProcess
  readonly #client: Client
  readonly #cgroups: string

  private constructor(root: string, daemon: ChildProcess) {
    this.root = root
    this.socket = join(root, 'run/containerd/containerd.sock')
    this.#daemon = daemon
    this.#client = new Client(`unix:${this.socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
    })
    this.#cgroups = `/weir-peer-${process.pid}`
  }

  /**
   * Starts one; needs root, and the packages of `scripts/peers.sh`.
   *
   * @throws {Error} with the log's place, where it does not come up
   */
  static async start(): Promise<Containerd> {
    const root = await mkdtemp(join(tmpdir(), 'weir-cd-'))
    await mkdir(join(root, 'run/containerd'), { recursive: true })
    await writeFile(join(root, 'config.toml'), configuration(root))
    const log = await open(join(root, 'log'), 'w')
    const daemon = spawn('containerd', ['-c', join(root, 'config.toml')], {
      stdio: ['ignore', log.fd, log.fd],
    })
    await once(daemon, 'spawn')
    await log.close()
    const containerd = new Containerd(root, daemon)
    for (let tries = 0; ; tries++) {
      try {
        await containerd.call('Version', protobuf())
        break
      } catch (error) {
        if (tries > 300) throw new Error(`containerd does not answer: see ${root}/log`, { cause: error })
        await pause(50)
      }
    }
    await containerd.#importImage()
    return containerd
  }

  /** Calls a method of the runtime's service. */
  async call(method: string, request: Buffer): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    this.#client.makeUnaryRequest(
      `/runtime.v1.RuntimeService/${method}`,
      same,
      same,
      request,
      new Metadata(),
      { deadline: Date.now() + 30_000 },
      (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
    )
    return await promise
  }

  /** Runs the sandbox of a pod, and gives its id. */
  async runPod(pod: PodToRun): Promise<string> {
    return firstText(await this.call('RunPodSandbox', protobuf([1, this.#sandboxConfig(pod)])))
  }

  /** Makes and starts a container in it, and gives its id. */
  async runContainer(
    sandboxId: string,
    pod: PodToRun,
    {
      name,
      command,
      attempt = 0,
    }: { readonly name: string; readonly command: string; readonly attempt?: number },
  ): Promise<string> {
    const config = protobuf(
      [1, protobuf([1, name], [2, attempt])],
      [2, protobuf([1, 'docker.io/local/bb:bb'])],
      [3, '/bin/sh'],
      [3, '-c'],
      [3, command],
      ...mapFields(9, { ...podLabels(pod), 'io.kubernetes.container.name': name }),
      ...mapFields(10, { 'io.kubernetes.container.restartCount': String(attempt) }),
      [11, `${name}/${attempt}.log`],
    )
    const request = protobuf([1, sandboxId], [2, config], [3, this.#sandboxConfig(pod)])
    const id = firstText(await this.call('CreateContainer', request))
    await this.call('StartContainer', protobuf([1, id]))
    return id
  }

  /** Stops and removes a pod with its containers. */
  async removePod(sandboxId: string): Promise<void> {
    await this.call('StopPodSandbox', protobuf([1, sandboxId]))
    await this.call('RemovePodSandbox', protobuf([1, sandboxId]))
  }

  async stopContainer(id: string): Promise<void> {
    await this.call('StopContainer', protobuf([1, id], [2, 0]))
  }

  async removeContainer(id: string): Promise<void> {
    await this.call('RemoveContainer', protobuf([1, id]))
  }

  /** The folder of its pods' cgroups, in every hierarchy. */
  get cgroups(): string {
    return `${this.#cgroups}/kubepods`
  }

  /** Pauses and continues the daemon: what a runtime that hangs looks like. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#daemon.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    this.#daemon.kill('SIGKILL')
    await once(this.#daemon, 'exit')
    for (const hierarchy of readdirSync('/sys/fs/cgroup'))
      removeTree(`/sys/fs/cgroup/${hierarchy}${this.#cgroups}`)
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 })
  }

  #sandboxConfig(pod: PodToRun): Buffer {
    const { name, uid, namespace = 'default', hostNetwork = false } = pod
    const options = protobuf([1, hostNetwork ? 2 : 0], [2, 1])
    const linux = protobuf([1, `${this.cgroups}/burstable/pod${uid}`], [2, protobuf([1, options])])
    return protobuf(
      [1, protobuf([1, name], [2, uid], [3, namespace], [4, 0])],
      [3, join(this.root, 'var/log/pods', `${namespace}_${name}_${uid}`)],
      ...mapFields(6, podLabels(pod)),
      [8, linux],
    )
  }

  /** Makes an image of busybox, without a registry. */
  async #importImage(): Promise<void> {
    const folder = join(this.root, 'image')
    await mkdir(folder)
    await run('umoci', ['init', '--layout', 'oci'], { cwd: folder })
    await run('umoci', ['new', '--image', 'oci:bb'], { cwd: folder })
    await run('umoci', ['unpack', '--image', 'oci:bb', 'bundle'], { cwd: folder })
    const programs = join(folder, 'bundle/rootfs/bin')
    await mkdir(programs, { recursive: true })
    await cp('/bin/busybox', join(programs, 'busybox'))
    for (const name of ['sh', 'sleep', 'dd']) await symlink('busybox', join(programs, name))
    await run('umoci', ['repack', '--image', 'oci:bb', 'bundle'], { cwd: folder })
    const command = ['--config.cmd', '/bin/sleep', '--config.cmd', 'infinity']
    await run('umoci', ['config', '--image', 'oci:bb', ...command], { cwd: folder })
    await run('tar', ['cf', '../bb.tar', '.'], { cwd: join(folder, 'oci') })
    const ctr = ['-a', this.socket, '-n', 'k8s.io', 'images']
    await run('ctr', [...ctr, 'import', '--base-name', 'docker.io/local/bb', 'bb.tar'], { cwd: folder })
    await run('ctr', [...ctr, 'tag', 'docker.io/local/bb:bb', 'docker.io/local/pause:1'])
  }
}

function podLabels({ name, uid, namespace = 'default' }: PodToRun): Record<string, string> {
  return {
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': uid,
  }
}

function same(bytes: Buffer): Buffer {
  return bytes
}

function firstText(bytes: Buffer): string {
  const message = new ProtobufMessage()
  message.begin(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)
  if (message.next() !== 1) throw new Error('the runtime gave no id')
  const { from, to } = message.bytes()
  return bytes.toString('utf8', from, to)
}

/** Only rmdir takes a cgroup away, from the innermost. */
function removeTree(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(folder, entry.name))
    rmdirSync(folder)
  } catch {
    // Not there in this hierarchy.
  }
}

function configuration(root: string): string {
  return `version = 2
root = "${root}/lib"
state = "${root}/state"
[grpc]
  address = "${root}/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/local/pause:1"
  # Where a container may not lower what it is worth to the killer of memory.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${root}/cni/bin"
    conf_dir = "${root}/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`
}
