import { constants, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import { ClientError } from './client-error.ts'

/** Encodings of a body that can be undone. `deflate_raw` is what some servers send as `deflate`, without zlib's header. */
export type InflatedEncoding = 'gzip' | 'deflate' | 'deflate_raw' | 'zstd'

/**
 * What node:zlib's streams call themselves, synchronously and into a buffer of ours. It is not a documented interface, and
 * worth it: on the same scrapes `gunzipSync` takes 1.6 times as much CPU and the stream 1.9 times, since both allocate the
 * output anew. Where it is missing nothing is asked for compressed.
 */
interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void
  /** Ready for another body. */
  reset(): void
  /** Told what is wrong, while `writeSync` runs. */
  onerror: (message: string) => void
}

/** Room left in the output, bytes left of the input. */
type WriteState = Uint32Array

interface Method {
  open(): unknown
  /** Flags of node:zlib: go on, and this was all. */
  readonly proceed: number
  readonly finish: number
}

// Who needs a larger window must not use it for HTTP (RFC 9659).
const zstdWindow = { params: { [constants.ZSTD_d_windowLogMax]: 23 } }
const zlibFlags = { proceed: constants.Z_SYNC_FLUSH, finish: constants.Z_FINISH }

const methods: Readonly<Record<InflatedEncoding, Method>> = {
  gzip: { open: () => createGunzip(), ...zlibFlags },
  deflate: { open: () => createInflate(), ...zlibFlags },
  deflate_raw: { open: () => createInflateRaw(), ...zlibFlags },
  zstd: {
    open: () => createZstdDecompress(zstdWindow),
    proceed: constants.ZSTD_e_continue,
    finish: constants.ZSTD_e_end,
  },
}

/** How many handles of an encoding wait for the next body: one has 40 kB, and more than a few bodies at a time are rare. */
const keptHandles = 8
const kept = new Map<InflatedEncoding, Inflater[]>()

const nothing = new Uint8Array(0)

/** Undoes the encoding of one body at a time, synchronously, into a buffer of the caller. */
export class Inflater {
  readonly #encoding: InflatedEncoding
  readonly #method: Method
  readonly #handle: Handle
  readonly #state: WriteState
  #problem: string | undefined
  /** Bytes that the last step wrote to the start of the output. */
  produced = 0

  private constructor(encoding: InflatedEncoding) {
    this.#encoding = encoding
    this.#method = methods[encoding]
    const parts = partsOf(this.#method.open())
    if (parts === undefined) throw new Error('node:zlib of this version of Node has no synchronous handle')
    this.#handle = parts.handle
    this.#state = parts.state
    Object.assign(this.#handle, { onerror: (message: string) => (this.#problem ??= message) })
  }

  /** One that is ready for a body; `release` it. */
  static acquire(encoding: InflatedEncoding): Inflater {
    return kept.get(encoding)?.pop() ?? new Inflater(encoding)
  }

  /** Gives it back, whatever state it is in. */
  release(): void {
    const list = kept.get(this.#encoding) ?? []
    if (list.length >= keptHandles) return
    this.#handle.reset()
    this.#problem = undefined
    list.push(this)
    kept.set(this.#encoding, list)
  }

  /**
   * Works until the input is used up or the output is full.
   *
   * @returns bytes of the input that are left
   * @throws {ClientError} `malformed_encoding`
   */
  step(input: Uint8Array, from: number, to: number, output: Uint8Array): number {
    return this.#write(this.#method.proceed, input, from, to, output)
  }

  /**
   * Says that there is no more input.
   *
   * @throws {ClientError} `malformed_encoding` where there should be
   */
  finish(output: Uint8Array): void {
    this.#write(this.#method.finish, nothing, 0, 0, output)
  }

  #write(flag: number, input: Uint8Array, from: number, to: number, output: Uint8Array): number {
    this.#handle.writeSync(flag, input, from, to - from, output, 0, output.length)
    if (this.#problem !== undefined) {
      throw new ClientError(
        'malformed_encoding',
        `the body cannot be decompressed (${this.#encoding}): ${this.#problem}`,
      )
    }
    const [room = 0, left = 0] = this.#state
    this.produced = output.length - room
    return left
  }
}

/** Whether bodies can be inflated: whether node:zlib is built as this needs it. */
export const canInflate: boolean = partsOf(createGunzip()) !== undefined

function partsOf(stream: unknown): { readonly handle: Handle; readonly state: WriteState } | undefined {
  const { _handle: handle, _writeState: state } = stream as {
    _handle?: Partial<Handle>
    _writeState?: unknown
  }
  const complete = typeof handle?.writeSync === 'function' && typeof handle.reset === 'function'
  return complete && state instanceof Uint32Array ? { handle: handle as Handle, state } : undefined
}
