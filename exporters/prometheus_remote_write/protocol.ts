import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { Answer } from '#src/http/client/http-client.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { compress, decompress } from '#src/remote/snappy.ts'
import { toVersion1 } from '#src/remote/transcoding.ts'

/** A version of remote write. */
export type ProtocolVersion = '1.0' | '2.0'

/** What is spoken: 2.0 alone, 1.0 alone, or 2.0 until the receiver shows that it does not know it. */
export interface ProtocolOptions {
  readonly version: ProtocolVersion
  readonly fallsBack: boolean
  /** What 1.0 is compressed with; VictoriaMetrics takes zstd too. */
  readonly compression: 'snappy' | 'zstd'
}

/** A body as it goes over the wire. */
export interface PreparedBody {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** What an answer says of the protocol. */
export type ProtocolVerdict =
  /** The receiver does not know what it was sent: from now on something else is, this request among it. */
  | { readonly kind: 'changed' }
  /** How many samples it says it took; undefined where it says nothing, as in 1.0. */
  | { readonly kind: 'settled'; readonly written: number | undefined }

/** Headers in which a receiver of 2.0 says what it took. */
const writtenHeaders = [
  'x-prometheus-remote-write-samples-written',
  'x-prometheus-remote-write-histograms-written',
] as const

const headersOf: Readonly<Record<ProtocolVersion, Readonly<Record<string, string>>>> = {
  '1.0': {
    'Content-Type': 'application/x-protobuf',
    'Content-Encoding': 'snappy',
    'X-Prometheus-Remote-Write-Version': '0.1.0',
  },
  '2.0': {
    'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'Content-Encoding': 'snappy',
    'X-Prometheus-Remote-Write-Version': '2.0.0',
  },
}

const zstdHeaders = {
  'Content-Type': 'application/x-protobuf',
  'Content-Encoding': 'zstd',
  'X-VictoriaMetrics-Remote-Write-Version': '1',
}

/** No request is larger than this, decompressed: one part alone may have more than a request is meant to have. */
export const largestMessage = 1 << 28

const zstd = promisify(zstdCompress)

/** Which protocol a receiver is spoken to in. What it turns out not to know is not tried again. */
export class Protocol {
  readonly #fallsBack: boolean
  readonly #changed: (what: string) => void
  #version: ProtocolVersion
  #compression: ProtocolOptions['compression']
  /** Whether the receiver has shown that it knows 2.0. */
  #knows2 = false
  /** Whether it has shown that it knows zstd. */
  #knowsZstd = false

  /** @param changed told in words what is spoken from now on */
  constructor({ version, fallsBack, compression }: ProtocolOptions, changed: (what: string) => void) {
    this.#version = version
    this.#fallsBack = fallsBack
    this.#compression = compression
    this.#changed = changed
  }

  /** The version that requests are encoded in from now on. */
  get version(): ProtocolVersion {
    return this.#version
  }

  /** Brings a request into the form that the receiver knows. */
  async prepare({ body, format }: EncodedRequest): Promise<PreparedBody> {
    if (format === '2.0' && this.#version === '1.0') {
      return this.#compressed(toVersion1(decompress(body, largestMessage)))
    }
    if (this.#version === '1.0' && this.#compression === 'zstd') {
      return { body: await zstd(decompress(body, largestMessage)), headers: zstdHeaders }
    }
    // A queue on disk may have requests of version 1.0 from before the configuration said 2.0.
    return { body, headers: headersOf[format === '2.0' ? '2.0' : '1.0'] }
  }

  /** Reads what an answer says of the protocol of the request that it answers. */
  judge({ status, headers }: Answer, { samples }: EncodedRequest, sent: PreparedBody): ProtocolVerdict {
    if (sent.headers === zstdHeaders) return this.#judgeZstd(status)
    if (sent.headers !== headersOf['2.0']) return { kind: 'settled', written: undefined }
    const counts = writtenHeaders.map((name) => headers.get(name)).filter((each) => each !== undefined)
    if (counts.length > 0) {
      this.#knows2 = true
      const written = counts.reduce((sum, each) => sum + (/^\d{1,15}$/.test(each) ? Number(each) : 0), 0)
      return { kind: 'settled', written }
    }
    // To a receiver of 1.0 a message of 2.0 is an empty one, which it takes gladly.
    const tookNothing = status >= 200 && status < 300 && samples > 0 && !this.#knows2
    if (this.#fallsBack && (status === 415 || tookNothing)) return this.#fallBack()
    return { kind: 'settled', written: tookNothing ? 0 : undefined }
  }

  #judgeZstd(status: number): ProtocolVerdict {
    if (status >= 200 && status < 300) this.#knowsZstd = true
    // A receiver that took zstd before means the data by 400.
    if (status !== 415 && (status !== 400 || this.#knowsZstd)) return { kind: 'settled', written: undefined }
    if (this.#compression === 'zstd') {
      this.#compression = 'snappy'
      this.#changed('requests are compressed with snappy: the receiver does not know zstd')
    }
    return { kind: 'changed' }
  }

  #fallBack(): ProtocolVerdict {
    if (this.#version === '2.0') {
      this.#version = '1.0'
      this.#changed('remote write 1.0 is spoken: the receiver does not know 2.0')
    }
    return { kind: 'changed' }
  }

  async #compressed(message: Buffer): Promise<PreparedBody> {
    if (this.#compression === 'zstd') return { body: await zstd(message), headers: zstdHeaders }
    return { body: compress(message), headers: headersOf['1.0'] }
  }
}
