import { once } from 'node:events'
import { constants, createGzip, createZstdCompress, type Gzip, type ZstdCompress } from 'node:zlib'
import type { ContentEncoding } from '#src/http/content-encoding.ts'
import type { ChunkPool } from './chunk-pool.ts'

const outputSize = 64 * 1024

/** The cheapest level of each: a scrape is sent once, and often within one machine. */
const compressors: Readonly<Record<Exclude<ContentEncoding, 'identity'>, () => Gzip | ZstdCompress>> = {
  gzip: () => createGzip({ level: constants.Z_BEST_SPEED, chunkSize: outputSize }),
  zstd: () =>
    createZstdCompress({ chunkSize: outputSize, params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
}

/** Compresses chunks one by one, and gives each back to the pool. */
export async function* compressed(
  chunks: AsyncIterable<Buffer>,
  encoding: Exclude<ContentEncoding, 'identity'>,
  pool: ChunkPool,
): AsyncGenerator<Buffer, void> {
  const stream = compressors[encoding]()
  const output: Buffer[] = []
  stream.on('data', (part: Buffer) => output.push(part))
  const ended = once(stream, 'end')
  ended.catch(() => undefined)
  try {
    for await (const chunk of chunks) {
      await new Promise<void>((resolve, reject) =>
        stream.write(chunk, (error) => (error ? reject(error) : resolve())),
      )
      pool.give(chunk)
      yield* output.splice(0)
    }
    stream.end()
    await ended
    yield* output.splice(0)
  } finally {
    stream.destroy()
  }
}
