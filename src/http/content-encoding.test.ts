import { request } from 'node:http'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { negotiateEncoding, sendCompressed } from './content-encoding.ts'
import { startServer, type RunningServer } from './server.ts'

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=0.9, zstd;q=0.2', 'gzip'],
  ['GZIP;Q=0.5', 'gzip'],
  ['br', 'identity'],
  ['*', 'zstd'],
  ['zstd;q=0, *', 'gzip'],
  ['identity;q=1, gzip;q=0.5', 'identity'],
  ['gzip;q=0', 'identity'],
  ['br, identity;q=0', undefined],
  ['*;q=0', undefined],
  ['gzip;q=2', 'identity'],
])('Accept-Encoding: %s is answered with %s', (header, encoding) => {
  expect(negotiateEncoding(header)).toBe(encoding)
})

let server: RunningServer | undefined
afterEach(async () => await server?.close())

test('a body is sent in the encoding asked for, a small one as it is, and 406 where all are refused', async () => {
  const large = 'weir '.repeat(10_000)
  const { address } = (server = await startServer({
    endpoint: '127.0.0.1:0',
    name: 'test',
    logger: new CapturedLog(),
    handler: async (request, response) =>
      await sendCompressed(request, response, {
        contentType: 'text/plain',
        body: request.url === '/small' ? 'small' : large,
      }),
  }))
  const get = async (path: string, encoding: string) => {
    return await new Promise<{ status: number; encoding: string | undefined; body: Buffer }>((resolve) => {
      request({ ...address, path, headers: { 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const { statusCode = 0, headers } = response
          resolve({ status: statusCode, encoding: headers['content-encoding'], body: Buffer.concat(chunks) })
        })
      }).end()
    })
  }
  const gzipped = await get('/', 'gzip')
  expect([gzipped.encoding, gunzipSync(gzipped.body).toString()]).toEqual(['gzip', large])
  const zstd = await get('/', 'zstd')
  expect([zstd.encoding, zstdDecompressSync(zstd.body).toString()]).toEqual(['zstd', large])
  expect(await get('/small', 'gzip')).toMatchObject({
    status: 200,
    encoding: undefined,
    body: Buffer.from('small'),
  })
  expect(await get('/', '*;q=0')).toMatchObject({ status: 406 })
})
