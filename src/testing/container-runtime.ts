import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js'
import { mapFields, protobuf, type WrittenField } from './protobuf-fields.ts'

/** What a scripted runtime answers to a method: a message, or an error by its name in gRPC. */
export type RuntimeAnswer = Buffer | keyof typeof status | 'silence'

/** A container runtime of the CRI on a unix socket, scripted by method: `ListContainers`, `ContainerStatus`, ... */
export class ContainerRuntime implements AsyncDisposable {
  readonly calls: { readonly method: string; readonly request: Buffer }[] = []
  readonly #answers: Map<string, (request: Buffer) => RuntimeAnswer>
  #server = new Server()

  private constructor(
    answers: Readonly<Record<string, RuntimeAnswer | ((request: Buffer) => RuntimeAnswer)>>,
  ) {
    this.#answers = new Map(
      Object.entries(answers).map(([method, answer]) => [
        method,
        typeof answer === 'function' ? answer : () => answer,
      ]),
    )
  }

  /** Begins to listen. A method that is not scripted is unimplemented, but `Version`. */
  static async start(
    socket: string,
    answers: Readonly<Record<string, RuntimeAnswer | ((request: Buffer) => RuntimeAnswer)>>,
  ): Promise<ContainerRuntime> {
    const runtime = new ContainerRuntime({ Version: versionAnswer('containerd'), ...answers })
    await runtime.listen(socket)
    return runtime
  }

  /** Answers otherwise from now on. */
  answer(method: string, answer: RuntimeAnswer): void {
    this.#answers.set(method, () => answer)
  }

  /** How often a method was called. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  async listen(socket: string): Promise<void> {
    this.#server = new Server()
    this.#server.addService(
      Object.fromEntries(
        methods.map((method) => [
          method,
          {
            path: `/runtime.v1.RuntimeService/${method}`,
            requestStream: false,
            responseStream: false,
            requestSerialize: same,
            requestDeserialize: same,
            responseSerialize: same,
            responseDeserialize: same,
          },
        ]),
      ),
      Object.fromEntries(methods.map((method) => [method, this.#handler(method)])),
    )
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    )
    await promise
  }

  /** Goes away, with all connections. */
  stop(): void {
    this.#server.forceShutdown()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await Promise.resolve()
  }

  #handler(method: string): handleUnaryCall<Buffer, Buffer> {
    return ({ request }, reply) => {
      this.calls.push({ method, request })
      const answer = this.#answers.get(method)?.(request) ?? 'UNIMPLEMENTED'
      if (answer === 'silence') return
      if (typeof answer === 'string') reply({ code: status[answer], details: `scripted ${answer}` })
      else reply(null, answer)
    }
  }
}

const methods = [
  'Version',
  'ListContainers',
  'ListPodSandbox',
  'ContainerStatus',
  'PodSandboxStatus',
  'ListContainerStats',
]

function same(bytes: Buffer): Buffer {
  return bytes
}

/** `VersionResponse` of a runtime. */
export function versionAnswer(runtime: string): Buffer {
  return protobuf([1, '0.1.0'], [2, runtime], [3, '1.7.0'], [4, 'v1'])
}

/** A container as `ListContainers` has it. */
export interface ScriptedContainer {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  readonly attempt?: number
  readonly image?: string
  /** 0 created, 1 running, 2 exited. */
  readonly state?: number
  readonly createdAtNs?: bigint
  readonly labels?: Readonly<Record<string, string>>
}

/** `ListContainersResponse`. */
export function containersAnswer(containers: readonly ScriptedContainer[]): Buffer {
  return protobuf(
    ...containers.map(
      ({
        id,
        sandboxId,
        name,
        attempt = 0,
        image = 'app:1',
        state = 1,
        createdAtNs = 1_700_000_000_000_000_000n,
        labels = {},
      }): WrittenField => [
        1,
        protobuf(
          [1, id],
          [2, sandboxId],
          [3, protobuf([1, name], [2, attempt])],
          [4, protobuf([1, image])],
          [5, `sha256:${name}`],
          [6, state],
          [7, createdAtNs],
          ...mapFields(8, labels),
          ...mapFields(9, { 'io.kubernetes.container.hash': '1' }),
        ),
      ],
    ),
  )
}

/** A sandbox as `ListPodSandbox` has it. */
export interface ScriptedSandbox {
  readonly id: string
  readonly pod: string
  readonly podUid: string
  readonly namespace?: string
  readonly isReady?: boolean
  readonly createdAtNs?: bigint
  readonly labels?: Readonly<Record<string, string>>
}

/** `ListPodSandboxResponse`. */
export function sandboxesAnswer(sandboxes: readonly ScriptedSandbox[]): Buffer {
  return protobuf(
    ...sandboxes.map(
      ({
        id,
        pod,
        podUid,
        namespace = 'default',
        isReady = true,
        createdAtNs = 1_700_000_000_000_000_000n,
        labels = {},
      }): WrittenField => [
        1,
        protobuf(
          [1, id],
          [2, protobuf([1, pod], [2, podUid], [3, namespace], [4, 0])],
          [3, isReady ? 0 : 1],
          [4, createdAtNs],
          ...mapFields(5, labels),
        ),
      ],
    ),
  )
}

/** `ContainerStatusResponse` of a container that began, and maybe ended. */
export function containerStatusAnswer(status: {
  readonly startedAtNs: bigint
  readonly finishedAtNs?: bigint
  readonly exitCode?: number
  readonly reason?: string
  readonly image?: string
  readonly logPath?: string
}): Buffer {
  const { startedAtNs, finishedAtNs = 0n, exitCode = 0, reason = '', image = '', logPath = '' } = status
  return protobuf([
    1,
    protobuf(
      [5, startedAtNs],
      [6, finishedAtNs],
      [7, exitCode],
      [8, protobuf([1, image])],
      [10, reason],
      [15, logPath],
    ),
  ])
}

/** `PodSandboxStatusResponse`, verbose. */
export function sandboxStatusAnswer({
  network,
  information,
}: {
  /** 0 the pod's own, 2 the host's. */
  readonly network: number
  readonly information: string
}): Buffer {
  return protobuf(
    [1, protobuf([6, protobuf([1, protobuf([2, protobuf([1, network], [2, 1])])])])],
    ...mapFields(2, { info: information }),
  )
}

/** `ListContainerStatsResponse` with writable layers alone. */
export function layersAnswer(
  layers: readonly { readonly id: string; readonly usedBytes: bigint; readonly usedInodes?: number }[],
): Buffer {
  return protobuf(
    ...layers.map(({ id, usedBytes, usedInodes = 0 }): WrittenField => [
      1,
      protobuf(
        [1, protobuf([1, id])],
        [
          4,
          protobuf(
            [1, 1_700_000_000_000_000_000n],
            [2, protobuf([1, '/var/lib/containerd'])],
            [3, protobuf([1, usedBytes])],
            // 0 is an empty wrapper.
            [4, usedInodes === 0 ? protobuf() : protobuf([1, usedInodes])],
          ),
        ],
      ),
    ]),
  )
}
