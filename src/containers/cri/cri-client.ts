import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import {
  decodeContainers,
  decodeContainerStatus,
  decodeRuntimeName,
  decodeSandboxes,
  decodeSandboxStatus,
  decodeWritableLayers,
  encodeIdRequest,
  type CriContainer,
  type CriContainerStatus,
  type CriSandbox,
  type CriSandboxStatus,
  type CriWritableLayer,
} from './cri-messages.ts'

/** What the kubelet takes at most: the lists of thousands of containers. */
const maxAnswerBytes = 16 * 1024 * 1024

/** A runtime under load takes seconds for a list; without an answer, what it told before is used. */
const callMs = 5000

const empty = Buffer.alloc(0)

/** Why a runtime did not answer. */
export class CriError extends Error {
  override readonly name = 'CriError'
  /** The status of gRPC: `UNIMPLEMENTED`, `UNAVAILABLE`, ...; `MALFORMED` for an answer that cannot be read. */
  readonly code: string

  constructor(code: string, message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.code = code
  }
}

/**
 * Asks a container runtime over its unix socket, in version 1 of the Container Runtime Interface (Kubernetes 1.23 and later).
 * The connection is made when it is needed, and anew, with jitter and growing pauses, after the runtime was away.
 * All calls reject with a CriError.
 */
export class CriClient {
  readonly #socket: string
  readonly #client: Client

  constructor(socket: string) {
    this.#socket = socket
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': maxAnswerBytes,
      'grpc.initial_reconnect_backoff_ms': 1000,
      'grpc.max_reconnect_backoff_ms': 8000,
      'grpc.service_config_disable_resolution': 1,
      // Clients of one socket share no connection, so that closing one ends no other's calls.
      'grpc.use_local_subchannel_pool': 1,
    })
  }

  /** The name that the runtime gives itself: `containerd`, `cri-o`, `docker`. */
  async runtimeName(signal: AbortSignal): Promise<string> {
    return await this.#call('Version', empty, decodeRuntimeName, signal)
  }

  async containers(signal: AbortSignal): Promise<CriContainer[]> {
    return await this.#call('ListContainers', empty, decodeContainers, signal)
  }

  async sandboxes(signal: AbortSignal): Promise<CriSandbox[]> {
    return await this.#call('ListPodSandbox', empty, decodeSandboxes, signal)
  }

  async containerStatus(id: string, signal: AbortSignal): Promise<CriContainerStatus | undefined> {
    return await this.#call('ContainerStatus', encodeIdRequest(id), decodeContainerStatus, signal)
  }

  async sandboxStatus(id: string, signal: AbortSignal): Promise<CriSandboxStatus> {
    return await this.#call('PodSandboxStatus', encodeIdRequest(id, true), decodeSandboxStatus, signal)
  }

  async writableLayers(signal: AbortSignal): Promise<CriWritableLayer[]> {
    return await this.#call('ListContainerStats', empty, decodeWritableLayers, signal)
  }

  close(): void {
    this.#client.close()
  }

  async #call<Answer>(
    method: string,
    request: Buffer,
    decode: (bytes: Buffer) => Answer,
    signal: AbortSignal,
  ): Promise<Answer> {
    const bytes = await this.#bytes(method, request, signal)
    try {
      return decode(bytes)
    } catch (error) {
      throw new CriError('MALFORMED', `${this.#socket} answered ${method} with what is no protobuf`, {
        cause: error,
      })
    }
  }

  async #bytes(method: string, request: Buffer, signal: AbortSignal): Promise<Buffer> {
    const path = `/runtime.v1.RuntimeService/${method}`
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const call = this.#client.makeUnaryRequest(
      path,
      same,
      same,
      request,
      new Metadata(),
      { deadline: Date.now() + callMs },
      (error, answer) => {
        if (error !== null) reject(this.#explained(method, error))
        else resolve(answer ?? empty)
      },
    )
    const cancel = (): void => call.cancel()
    signal.addEventListener('abort', cancel)
    if (signal.aborted) cancel()
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  #explained(method: string, error: ServiceError): CriError {
    const code = status[error.code] ?? String(error.code)
    return new CriError(
      code,
      `${this.#socket} did not answer ${method}: ${code}: ${error.details.slice(0, 300)}`,
      {
        cause: error,
      },
    )
  }
}

function same(bytes: Buffer): Buffer {
  return bytes
}
