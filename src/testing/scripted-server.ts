import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, type TlsOptions } from 'node:tls'

/** A request as the bytes had it. */
export interface ScriptedRequest {
  readonly method: string
  /** Path and query, or what else stood there. */
  readonly target: string
  /** By name in lower case, the last of each. */
  readonly headers: ReadonlyMap<string, string>
  /** Request line and headers as they came. */
  readonly head: string
  readonly body: string
  /** The number of the connection that it came on, from 1. */
  readonly connection: number
}

/** What to write back, byte for byte; whoever gives nothing does what he wants with the socket. */
export type Script = (request: ScriptedRequest, socket: Socket) => string | Buffer | undefined

/** A server that writes whatever bytes a test wants, at whatever time, and keeps what it was asked. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: ScriptedRequest[] = []
  /** Connections so far. */
  connections = 0
  script: Script
  /** Called for each connection, before anything is read. */
  onConnection: (socket: Socket) => void = () => undefined
  readonly sockets = new Set<Socket>()
  readonly #server: Server
  readonly #scheme: 'http' | 'https'

  private constructor(script: Script, tls: TlsOptions | undefined) {
    this.script = script
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createServer() : createSecureServer(tls)
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      this.#serve(socket),
    )
    this.#server.on('tlsClientError', () => undefined)
  }

  /** Starts one on a free port of the loopback; with `tls` it speaks TLS. */
  static async start(script: Script, tls?: TlsOptions): Promise<ScriptedServer> {
    const server = new ScriptedServer(script, tls)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The URL of a path on it. */
  url(path = '/', host = '127.0.0.1'): URL {
    return new URL(path, `${this.#scheme}://${host}:${this.port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    const connection = ++this.connections
    let text = ''
    this.sockets.add(socket)
    this.onConnection(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1')
      for (;;) {
        const request = parseRequest(text, connection)
        if (request === undefined) return
        text = text.slice(request.head.length + request.body.length)
        this.requests.push(request)
        const answer = this.script(request, socket)
        if (answer !== undefined) socket.write(answer)
      }
    })
  }
}

/** The request that a text begins with, if it is complete. */
function parseRequest(text: string, connection: number): ScriptedRequest | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end + 4)
  const [line = '', ...lines] = head.trimEnd().split('\r\n')
  const headers = new Map(
    lines.map((each) => [
      each.slice(0, each.indexOf(':')).toLowerCase(),
      each.slice(each.indexOf(':') + 1).trim(),
    ]),
  )
  const length = Number(headers.get('content-length') ?? '0')
  if (text.length < head.length + length) return undefined
  const [method = '', target = ''] = line.split(' ')
  return { method, target, headers, head, body: text.slice(head.length, head.length + length), connection }
}

/** An answer with a length. */
export function answerOf(
  body: string | Buffer,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Word\r\nContent-Length: ${bytes.length}\r\n${lines.join('')}\r\n`),
    bytes,
  ])
}
