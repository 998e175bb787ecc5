import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientError } from './client-error.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'

interface Read {
  readonly heads: ResponseHead[]
  readonly body: string
  readonly done: boolean
  readonly persistent: boolean
  /** Bytes after the answer. */
  readonly rest: number
}

/** Reads an answer that comes in pieces of these sizes, over and over. */
function read(text: string, { method = 'GET', sizes = [text.length], closes = false } = {}): Read {
  const heads: ResponseHead[] = []
  let body = ''
  const reader = new ResponseReader({
    head: (head) => heads.push(head),
    body: (buffer, from, to) => {
      body += buffer.toString('latin1', from, to)
    },
  })
  reader.start(method)
  const bytes = Buffer.from(text, 'latin1')
  let at = 0
  for (let piece = 0; at < bytes.length && !reader.done; piece++) {
    const size = sizes[piece % sizes.length] ?? 1
    // Amid other bytes, which it must not look at.
    const window = Buffer.concat([Buffer.from('\r\n'), bytes.subarray(at, at + size), Buffer.from('\n\r\n0')])
    const length = Math.min(size, bytes.length - at)
    at += reader.feed(window, 2, 2 + length) - 2
  }
  if (closes) reader.finish()
  return { heads, body, done: reader.done, persistent: reader.persistent, rest: bytes.length - at }
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('an answer', () => {
  test('is the same however its bytes are cut, with a length, in chunks, or to the end of the connection', () => {
    const parts = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: 'binary-ascii' }), { maxLength: 6 })
    const framing = fc.constantFrom('length', 'chunked', 'close')
    fc.assert(
      fc.property(
        parts,
        framing,
        sizes,
        fc.string({ maxLength: 10, unit: 'grapheme-ascii' }),
        (list, kind, cut, extension) => {
          const text = list.join('')
          const lines = {
            length: `Content-Length: ${text.length}\r\n\r\n${text}`,
            chunked: `Transfer-Encoding: chunked\r\n\r\n${list
              .map((part) => `${part.length.toString(16)};${extension}\r\n${part}\r\n`)
              .join('')}0\r\nTrailer: x\r\n\r\n`,
            close: `\r\n${text}`,
          }
          const result = read(`HTTP/1.1 200 OK\r\nA: b\r\n${lines[kind]}`, {
            sizes: cut,
            closes: kind === 'close',
          })
          expect(result).toMatchObject({ body: text, done: true, persistent: kind !== 'close', rest: 0 })
          expect(result.heads).toHaveLength(1)
        },
      ),
    )
  })

  test('has headers in lower case, without blanks around them, those that repeat joined', () => {
    const { heads } = read('HTTP/1.1 404 Not Found\r\nX-A:  one \t\r\nx-a:two\r\nEmpty:\r\n\r\n')
    expect(heads[0]?.status).toBe(404)
    expect([...(heads[0]?.headers ?? [])]).toEqual([
      ['x-a', 'one, two'],
      ['empty', ''],
    ])
  })

  test('may end lines with LF alone, as hand-made exporters do', () => {
    expect(read('HTTP/1.0 200 OK\nContent-Length: 2\n\nab')).toMatchObject({ body: 'ab', done: true })
  })

  test.each([
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['CONNECT', 'HTTP/1.0 200 Connection established\r\n\r\n'],
  ])('to %s has no body: %j', (method, text) => {
    expect(read(text, { method })).toMatchObject({ body: '', done: true, persistent: true })
  })

  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, close\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n', true],
  ])('tells whether the connection stays: %j', (text, persistent) => {
    expect(read(text)).toMatchObject({ done: true, persistent })
  })

  test('comes after interim ones, which are skipped, and ends where the next begins', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'
    fc.assert(
      fc.property(sizes, (cut) => {
        const answer = `${interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na`
        expect(read(answer, { sizes: cut })).toMatchObject({ body: 'a', done: true })
      }),
    )
    expect(read(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK`)).toMatchObject({
      rest: 15,
    })
  })
})

/** What becomes of an answer that may be anything. */
function outcome(text: string, cut: number[]): string {
  try {
    read(text, { sizes: cut, closes: true })
    return 'an answer'
  } catch (error) {
    return error instanceof ClientError ? 'a typed error' : String(error)
  }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`

describe('what two readers could understand differently is refused', () => {
  test.each([
    [
      'another protocol',
      'SSH-2.0-OpenSSH_9.2\r\n\r\n',
      'does not begin as HTTP/1.1 does: "SSH-2.0-OpenSSH_9.2"',
    ],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n', 'does not begin'],
    ['an empty first line', '\r\n\r\n', 'does not begin'],
    ['a status beyond three digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'does not begin'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'changes the protocol'],
    [
      'interim answers without end',
      'HTTP/1.1 102 Processing\r\n\r\n'.repeat(9),
      'more than 8 interim answers',
    ],
    ['a length beside chunks', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 'has both'],
    ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 'is not one number: "5, 6"'],
    ['the same length twice', `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`, 'is not one number'],
    ['a length with a sign', `${ok}Content-Length: +5\r\n\r\n`, 'is not one number'],
    ['a length in hexadecimal', `${ok}Content-Length: 0x5\r\n\r\n`, 'is not one number'],
    ['an empty length', `${ok}Content-Length:\r\n\r\n`, 'is not one number'],
    ['a length beyond exact numbers', `${ok}Content-Length: 9999999999999999\r\n\r\n`, 'is not one number'],
    [
      'another transfer coding',
      `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      'is not understood: "gzip, chunked"',
    ],
    [
      'a transfer coding twice',
      `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n`,
      'is not understood',
    ],
    [
      'a transfer coding in HTTP/1.0',
      `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'is not understood',
    ],
    ['a folded header', `${ok}A: b\r\n c\r\n\r\n`, 'has no name: " c"'],
    ['a blank before the colon', `${ok}Content-Length : 5\r\n\r\n`, 'has no name'],
    ['a header without a colon', `${ok}Content-Length\r\n\r\n`, 'has no name'],
    ['a carriage return within a header', `${ok}A: b\rContent-Length: 5\r\n\r\n`, 'control characters'],
    ['a NUL within a header', `${ok}A: b\0\r\n\r\n`, 'control characters'],
    ['a chunk without a size', `${chunked}\r\n`, 'has no size'],
    ['a chunk with an odd size', `${chunked}g\r\n`, 'has no size'],
    ['a chunk with 0x', `${chunked}0x5\r\n`, 'is no number'],
    ['a chunk with a sign', `${chunked}-5\r\n`, 'has no size'],
    ['a size with LF alone', `${chunked}5\nabcde`, 'is no number'],
    ['an extension with LF alone', `${chunked}5;a\nabcde`, 'stray line end'],
    ['CR without LF after a size', `${chunked}5\rabcde`, 'not as long as it says'],
    ['a chunk that is longer than it says', `${chunked}1\r\nab\r\n`, 'not as long as it says'],
    ['a chunk beyond all sizes', `${chunked}fffffffffffff\r\n`, 'is too large'],
    ['extensions without end', `${chunked}5;${'a'.repeat(16_385)}`, 'are too long'],
    ['many extensions', `${chunked}${`1;${'a'.repeat(1000)}\r\na\r\n`.repeat(20)}`, 'are too long'],
    ['trailers without end', `${chunked}0\r\n${'A: b\r\n'.repeat(3000)}`, 'are too long'],
  ])('%s', (_, text, message) => {
    for (const sizes of [[1], [7], [text.length]]) {
      expect(() => read(text, { sizes })).toThrow(
        expect.objectContaining({
          code: 'malformed_response',
          message: expect.stringContaining(message) as string,
        }),
      )
    }
  })

  test.each([
    ['headers without end', `${ok}A: ${'b'.repeat(20_000)}`],
    ['a status line without end', `HTTP/1.1 200 ${'b'.repeat(20_000)}`],
    ['too many headers', `${ok}${'A: b\r\n'.repeat(101)}\r\n`],
  ])('%s are too large', (_, text) => {
    expect(() => read(text, { sizes: [100] })).toThrow(
      expect.objectContaining({ code: 'response_headers_too_large' }),
    )
  })

  test.each([
    ['', 'without an answer'],
    ['HTTP/1.1 200', 'in the midst of its answer'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'in the midst of its answer'],
    [`${ok}Content-Length: 5\r\n\r\nabcd`, 'in the midst of its answer'],
    [`${chunked}5\r\nabcde\r\n`, 'in the midst of its answer'],
    [`${chunked}0\r\n`, 'in the midst of its answer'],
  ])('an end after %j', (text, where) => {
    expect(() => read(text, { closes: true })).toThrow(
      expect.objectContaining({
        code: 'connection_closed',
        message: `the server closed the connection ${where}`,
      }),
    )
  })

  test('whatever comes, it ends in an answer or in a typed error', () => {
    const bytes = fc.array(
      fc.constantFrom(
        ok,
        chunked,
        'Content-Length: 3',
        '\r\n',
        '\n',
        '\r',
        ' ',
        ':',
        '0',
        'a',
        ';',
        '\0',
        'ÿ',
        '1f',
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(bytes, sizes, (list, cut) => {
        expect(['an answer', 'a typed error']).toContain(outcome(list.join(''), cut))
      }),
    )
  })
})
