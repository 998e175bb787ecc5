import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { longestLine } from './log-line.ts'
import { notHeldBack } from './logger.ts'
import { StructuredLogger, type LogSettings } from './structured-logger.ts'

function open(settings: Partial<LogSettings> = {}): {
  readonly logger: StructuredLogger
  readonly lines: string[]
  readonly clock: FakeClock
} {
  const lines: string[] = []
  const clock = new FakeClock()
  const logger = StructuredLogger.open({
    level: 'info',
    encoding: 'json',
    clock,
    write: (line) => lines.push(line),
    ...settings,
  })
  return { logger, lines, clock }
}

const parsed = (lines: readonly string[]): unknown[] => lines.map((line): unknown => JSON.parse(line))

describe('a line', () => {
  test('bears level, time and message, then the fields of the log, of the component and its own', () => {
    const { logger, lines } = open({ initialFields: { site: 'north' } })
    logger.child({ kind: 'receiver', component: 'hostmetrics' }).warn('a file cannot be read', { file: '/x' })
    expect(lines).toEqual([
      '{"level":"warn","ts":"2023-11-14T22:13:20.000Z","msg":"a file cannot be read","site":"north","kind":"receiver","component":"hostmetrics","file":"/x"}\n',
    ])
  })

  test('reads as text where the encoding is console', () => {
    const { logger, lines } = open({ encoding: 'console' })
    logger.info('everything runs', { pipelines: ['metrics'], port: 8888, path: '/a b', file: '/a' })
    expect(lines).toEqual([
      '2023-11-14T22:13:20.000Z info  everything runs pipelines=["metrics"] port=8888 path="/a b" file=/a\n',
    ])
  })

  test('is written only from the level up', () => {
    const { logger, lines } = open({ level: 'warn' })
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    expect(parsed(lines)).toMatchObject([{ msg: 'c' }, { msg: 'd' }])
  })

  test('changes its style with the log, for loggers that were made before too', () => {
    const { logger, lines } = open({ level: 'warn', initialFields: { site: 'north' } })
    const child = logger.child({ component: 'batch' })
    child.info('not written')
    logger.restyle({ level: 'info', encoding: 'console', initialFields: { site: 'south' } })
    child.info('written')
    expect(lines).toEqual(['2023-11-14T22:13:20.000Z info  written site=south component=batch\n'])
  })

  test('keeps its own level, time and message when a field has such a name', () => {
    const { logger, lines } = open()
    logger.info('real', { level: 'error', ts: 'never', msg: 'false' })
    expect(parsed(lines)).toMatchObject([
      { level: 'info', msg: 'real', level_: 'error', ts_: 'never', msg_: 'false' },
    ])
  })

  test('holds what JSON has no word for', () => {
    const { logger, lines } = open()
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    logger.info('values', {
      big: 2n ** 63n,
      nan: Number.NaN,
      absent: undefined,
      nothing: null,
      map: new Map([['__proto__', 1]]),
      set: new Set(['a']),
      date: new Date(0),
      bytes: new Uint8Array(3),
      work: parsed,
      circle,
      invalid: new Date(Number.NaN),
      mark: Symbol('mark'),
    })
    expect(lines[0]).toContain(
      '"big":"9223372036854775808","nan":"NaN","nothing":null,"map":{"__proto__":1},"set":["a"],"date":"1970-01-01T00:00:00.000Z","bytes":"3 bytes","work":"function parsed","circle":{"self":{"self":{"self":{"self":"..."}}}},"invalid":"Invalid Date","mark":"Symbol(mark)"',
    )
  })

  test('says of a property that throws that it does, and of a long list how much is left out', () => {
    const { logger, lines } = open()
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    const wide = new Map(Array.from({ length: 40 }, (_, index) => [index, index]))
    logger.info('bounds', { hostile, list: Array.from({ length: 40 }, () => 0), wide })
    expect(lines[0]).toContain('"hostile":{"x":"unreadable"}')
    expect(lines[0]).toContain('0,"... 8 more"]')
    expect(lines[0]).toContain('"31":31,"...":8}')
  })
})

describe('a long line', () => {
  test('says how many fields did not fit, and keeps those that do', () => {
    const { logger, lines } = open()
    const long = 'x'.repeat(5000)
    logger.info('many', Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, index])))
    logger.info('long', { a: long, list: [long, long, long, long, long, long, long, long], z: 1 })
    const [many, large] = parsed(lines)
    expect(many).toMatchObject({ f31: 31, omitted: 8 })
    expect(many).not.toHaveProperty('f32')
    expect(large).toMatchObject({ a: `${'x'.repeat(1024)}... 3976 more`, z: 1, omitted: 1 })
  })
})

describe('an error', () => {
  const error = Object.assign(new Error('cannot listen on :1', { cause: new Error('bind EACCES') }), {
    code: 'cannot_listen',
  })

  test('is written as its message, its causes and its code', () => {
    const { logger, lines } = open()
    logger.error('the server failed', { error })
    const outer = new Error('fetch failed', {
      cause: Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }),
    })
    logger.error('the request failed', { error: outer })
    logger.error('both failed', { error: new AggregateError([new Error('first'), new Error('second')]) })
    expect(parsed(lines)).toMatchObject([
      { error: 'cannot listen on :1: bind EACCES', error_code: 'cannot_listen' },
      { error: 'fetch failed: no route', error_code: 'EHOSTUNREACH' },
      { error: 'AggregateError: first' },
    ])
    expect(lines.join('')).not.toContain('stack')
  })

  test('shows its stack at level debug', () => {
    const { logger, lines } = open({ level: 'debug' })
    logger.error('the server failed', { error })
    expect(parsed(lines)).toMatchObject([{ error_stack: expect.stringContaining('structured-logger.test') }])
  })

  test('whose cause is something else, or itself, is written all the same', () => {
    const { logger, lines } = open()
    const own: Error & { cause?: unknown } = new Error('round')
    own.cause = own
    logger.error('a', { error: own })
    logger.error('b', { error: new Error('outer', { cause: { status: 5 } }), nested: { error } })
    expect(parsed(lines)).toMatchObject([
      { error: 'round' },
      { error: 'outer: {"status":5}', nested: { error: 'cannot listen on :1: bind EACCES' } },
    ])
  })
})

test('a secret never shows, wherever it is', () => {
  const secret = new Secret('canary')
  for (const encoding of ['json', 'console'] as const) {
    const { logger, lines } = open({ encoding })
    logger.child({ token: secret }).error(`refused ${String(secret)}`, {
      secret,
      list: [secret],
      deep: { options: new Map([['password', secret]]), [String(secret)]: 1 },
      error: new Error('outer', { cause: secret }),
    })
    expect(lines.join('')).not.toContain('canary')
    expect(lines.join('')).toContain('[REDACTED]')
  }
})

describe('one cause', () => {
  test('gets one line a minute, and the next says how many were held back', async () => {
    const { logger, lines, clock } = open()
    for (let count = 0; count < 5; count++) logger.warn('a file cannot be read', { file: count })
    await clock.advance(60_000)
    logger.warn('a file cannot be read', { file: 5 })
    await clock.advance(60_000)
    logger.warn('a file cannot be read', { file: 6 })
    expect(parsed(lines)).toMatchObject([{ file: 0 }, { file: 5, suppressed: 4 }, { file: 6 }])
    expect(lines[2]).not.toContain('suppressed')
  })

  test('is a component and a message, whatever the other fields are', () => {
    const { logger, lines } = open()
    for (const component of ['a', 'b']) {
      const child = logger.child({ kind: 'receiver', component })
      child.child({ target: 1 }).warn('failed')
      child.child({ target: 2 }).warn('failed')
      child.warn('failed otherwise')
    }
    logger.child({ kind: 'exporter', component: 'a' }).warn('failed')
    expect(lines.length).toBe(5)
  })

  test('is measured by a clock that nobody sets', async () => {
    const { logger, lines, clock } = open()
    logger.warn('failed')
    clock.setWall(0)
    logger.warn('failed')
    await clock.advance(60_000)
    logger.warn('failed')
    expect(lines.length).toBe(2)
  })

  test('is told of at the end, if lines of it are held back', () => {
    const { logger, lines } = open()
    const child = logger.child({ kind: 'receiver', component: 'a', target: 'x' })
    child.warn('failed', { try: 1 })
    child.warn('failed', { try: 2 })
    logger.info('stopped')
    logger.flush()
    logger.flush()
    expect(parsed(lines.slice(2))).toEqual([
      {
        level: 'warn',
        ts: expect.any(String),
        msg: 'failed',
        kind: 'receiver',
        component: 'a',
        suppressed: 1,
      },
    ])
  })

  test('is forgotten when there are more than 1024, and its count is told', () => {
    const { logger, lines } = open()
    logger.warn('first')
    logger.warn('first')
    for (let count = 0; count < 1024; count++) logger.warn(`cause ${count}`)
    expect(parsed(lines.slice(-2))).toMatchObject([{ msg: 'first', suppressed: 1 }, { msg: 'cause 1023' }])
    logger.warn('first')
    expect(lines.length).toBe(1027)
  })

  test('is written each time where the line answers what a person did', () => {
    const { logger, lines } = open()
    for (const mistakes of ['one', 'two']) logger.error('refused', { mistakes, [notHeldBack]: true })
    expect(parsed(lines)).toMatchObject([{ mistakes: 'one' }, { mistakes: 'two' }])
  })
})

test('any line is one line of at most 8192 bytes, without a control character, and JSON where it says so', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3000 })
  const fields = fc.dictionary(text, fc.oneof(text, fc.anything({ maxDepth: 3 })), { maxKeys: 50 })
  fc.assert(
    fc.property(
      fc.constantFrom('json' as const, 'console' as const),
      text,
      fields,
      (encoding, message, given) => {
        const { logger, lines } = open({ encoding })
        logger.info(message, given)
        const [line = ''] = lines
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(longestLine)
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u)
        expect(line.endsWith('\n')).toBe(true)
        const json: unknown = encoding === 'json' ? JSON.parse(line) : { level: 'info' }
        expect(json).toMatchObject({ level: 'info' })
      },
    ),
  )
})
