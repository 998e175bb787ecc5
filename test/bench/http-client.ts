/**
 * CPU seconds per million samples, and memory, of getting expositions over loopback into a sink that counts: our client
 * beside node:http and undici. 37 targets on kept connections serve 66 MB a round, plain and gzip, 291 bytes a sample.
 * Each client runs in a process of its own, since external memory that one leaves would cost the next.
 *
 *     npm run bench:http-client
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get as getByNode } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { createGunzip, gzipSync } from 'node:zlib'
import { HttpClient } from '#src/http/client/http-client.ts'

const targets = 37
const samplesPerTarget = 6166
const bytesPerSample = 291
const rounds = 12
const warmUp = 3

type Encoding = 'identity' | 'gzip'
/** Gets one body and gives the number of its bytes. */
type Get = (url: URL, encoding: Encoding) => Promise<number>

const clients: Readonly<Record<string, () => Promise<Get | undefined>>> = {
  async weir() {
    const client = new HttpClient()
    return async (url, encoding) => {
      let bytes = 0
      const request = { url, timeoutMs: 60_000, headers: { 'Accept-Encoding': encoding } }
      await client.get(request, {
        begin: () => undefined,
        chunk(_, from, to) {
          bytes += to - from
        },
        end: () => undefined,
      })
      return bytes
    }
  },

  async 'node:http'() {
    const agent = new Agent({ keepAlive: true })
    return async (url, encoding) =>
      await new Promise<number>((resolve, reject) => {
        const request = getByNode(url, { agent, headers: { 'accept-encoding': encoding } }, (response) => {
          let bytes = 0
          const body = encoding === 'gzip' ? response.pipe(createGunzip()) : response
          body.on('data', (chunk: Buffer) => {
            bytes += chunk.length
          })
          body.on('end', () => resolve(bytes))
          body.on('error', reject)
        })
        request.on('error', reject)
      })
  },

  async undici() {
    // It is there when another dependency brings it.
    const undici = (await import('undici').catch(() => undefined)) as Undici | undefined
    if (undici === undefined) return undefined
    const agent = new undici.Agent()
    return async (url, encoding) =>
      await new Promise<number>((resolve, reject) => {
        let bytes = 0
        const gunzip = encoding === 'gzip' ? createGunzip() : undefined
        gunzip?.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        gunzip?.on('end', () => resolve(bytes))
        const options = { origin: url.origin, path: url.pathname, method: 'GET' }
        // The interface below fetch() and request(): the fastest that there is.
        agent.dispatch(
          { ...options, headers: { 'accept-encoding': encoding } },
          {
            onRequestStart: () => undefined,
            onResponseStart: () => undefined,
            onResponseData(_, chunk) {
              if (gunzip === undefined) bytes += chunk.length
              else gunzip.write(chunk)
            },
            onResponseEnd() {
              if (gunzip === undefined) resolve(bytes)
              else gunzip.end()
            },
            onResponseError: (_, error) => reject(error),
          },
        )
      })
  },
}

/** What of undici is used here. */
interface Undici {
  readonly Agent: new () => {
    dispatch(
      options: object,
      handler: {
        onRequestStart(): void
        onResponseStart(): void
        onResponseData(controller: unknown, chunk: Buffer): void
        onResponseEnd(): void
        onResponseError(controller: unknown, error: Error): void
      },
    ): void
  }
}

/** One exposition: lines as a container's are, padded to the length that was measured on real targets. */
function exposition(target: number): Buffer {
  const lines: string[] = []
  for (let sample = 0; sample < samplesPerTarget; sample++) {
    const pod = `app-${sample % 97}-${((sample * 2_654_435_761 + target) >>> 0).toString(16)}`
    const labels = `container="server",id="/kubepods/burstable/pod${pod}",namespace="namespace-${sample % 40}",pod="${pod}"`
    const line = `container_metric_${Math.floor(sample / 100)}{${labels},image="registry.example/`
    const value = `"} ${((sample * 7919 + target) % 1e6) / 100}`
    lines.push(
      line + 'team/service'.repeat(20).slice(0, bytesPerSample - line.length - value.length - 1) + value,
    )
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** Serves expositions that are ready to send, so that it does not take the time of who reads them. */
async function serve(): Promise<void> {
  const answers = new Map<string, Buffer>()
  for (let target = 0; target < targets; target++) {
    const plain = exposition(target)
    for (const [encoding, body] of [
      ['identity', plain],
      ['gzip', gzipSync(plain)],
    ] as const) {
      const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`
      answers.set(`/${target} ${encoding}`, Buffer.concat([Buffer.from(head), body]))
    }
  }
  const server = createServer((socket) => {
    socket.on('data', (request) => {
      const text = request.toString('latin1')
      const encoding = /accept-encoding: gzip/i.test(text) ? 'gzip' : 'identity'
      socket.write(answers.get(`${text.split(' ', 2)[1]} ${encoding}`) ?? 'HTTP/1.1 404 Not Found\r\n\r\n')
    })
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.((server.address() as AddressInfo).port)
}

async function measure(client: string, encoding: Encoding, port: number): Promise<void> {
  const get = await clients[client]?.()
  if (get === undefined) {
    process.send?.(undefined)
    process.exit()
  }
  // What an agent holds beside the bodies: chunks outside the heap cause collections, which cost by what lives on it.
  const living = Array.from({ length: targets * samplesPerTarget }, (_, index) => ({
    name: `series ${index}`,
    labels: [`pod-${index}`],
  }))
  const urls = Array.from({ length: targets }, (_, target) => new URL(`http://127.0.0.1:${port}/${target}`))
  let seconds = Infinity
  for (let round = 0; round < rounds + warmUp; round++) {
    const before = process.cpuUsage()
    const bytes = await Promise.all(urls.map(async (url) => await get(url, encoding)))
    const { user, system } = process.cpuUsage(before)
    const samples = bytes.reduce((sum, each) => sum + each, 0) / bytesPerSample
    // The least of the rounds, since other work on the machine only adds.
    if (round >= warmUp) seconds = Math.min(seconds, user / samples + system / samples)
  }
  process.send?.({ seconds, megabytes: process.resourceUsage().maxRSS / 1024, series: living.length })
  process.exit()
}

function run(...args: string[]): ChildProcess {
  return fork(import.meta.filename, args)
}

const [task, encoding, port] = process.argv.slice(2)
if (task === 'serve') await serve()
else if (task !== undefined) await measure(task, encoding === 'gzip' ? 'gzip' : 'identity', Number(port))
else {
  const server = run('serve')
  const [listening] = (await once(server, 'message')) as [number]
  for (const encoding of ['identity', 'gzip']) {
    for (const client of Object.keys(clients)) {
      const child = run(client, encoding, String(listening))
      const [result] = (await once(child, 'message')) as [{ seconds: number; megabytes: number } | undefined]
      if (result === undefined) continue
      const figures = `${result.seconds.toFixed(3)} CPU s per million samples, at most ${result.megabytes.toFixed(0)} MB`
      console.log(`${client.padEnd(10)} ${encoding.padEnd(9)} ${figures}`)
    }
  }
  server.kill()
}
