import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const types: Readonly<Record<string, number>> = { A: 1, NS: 2, MX: 15, AAAA: 28, SRV: 33 }

/** What a name stands for: the data of records, or how the server fails. */
export type FakeAnswer = readonly Buffer[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence'

/** A DNS server on the loopback that answers from a table; names that are not in it do not exist. */
export class FakeDns implements AsyncDisposable {
  readonly #socket: Socket
  /** By `NAME TYPE`: `_http._tcp.example.org SRV`. */
  readonly records = new Map<string, FakeAnswer>()
  /** What was asked for, as in `records`. */
  readonly questions: string[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (query, peer) => {
      const answer = this.#answerTo(query)
      if (answer !== undefined) socket.send(answer, peer.port, peer.address)
    })
  }

  static async start(): Promise<FakeDns> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new FakeDns(socket)
  }

  /** For `Resolver.setServers`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #answerTo(query: Buffer): Buffer | undefined {
    let at = 12
    const labels: string[] = []
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const code = query.readUInt16BE(at + 1)
    const type = Object.keys(types).find((name) => types[name] === code) ?? String(code)
    const question = `${labels.join('.')} ${type}`
    this.questions.push(question)
    const found = this.records.get(question) ?? 'NXDOMAIN'
    if (found === 'silence') return undefined
    const records = typeof found === 'string' ? [] : found
    const status = found === 'NXDOMAIN' ? 3 : found === 'SERVFAIL' ? 2 : 0
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8180 | status, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    const answers = records.map((data) => {
      const record = Buffer.alloc(12)
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(code, 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([record, data])
    })
    return Buffer.concat([head, query.subarray(12, at + 5), ...answers])
  }
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** The data of records. */
export const dnsRecord = {
  a: (address: string): Buffer => Buffer.from(address.split('.').map(Number)),
  aaaa: (lastByte: number): Buffer =>
    Buffer.concat([Buffer.from([0xfd]), Buffer.alloc(14), Buffer.from([lastByte])]),
  name: (name: string): Buffer =>
    Buffer.concat([
      ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
      Buffer.from([0]),
    ]),
  mx: (name: string): Buffer => Buffer.concat([number16(10), dnsRecord.name(name)]),
  srv: (name: string, port: number): Buffer =>
    Buffer.concat([number16(0), number16(0), number16(port), dnsRecord.name(name)]),
}
