import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { jobOf, TestReceiver } from '../../receivers/prometheus/test-receiver.ts'

const megabyte = 1_048_576

let good: FakeTarget
let bad: FakeTarget
let receiver: TestReceiver | undefined

beforeEach(async () => {
  good = await FakeTarget.start('good 1\n')
  bad = await FakeTarget.start('bad 1\n')
})

afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await Promise.all([good.close(), bad.close()])
})

async function start(job = '', address = bad.address): Promise<TestReceiver> {
  receiver = await TestReceiver.start(jobOf([good.address, address], `scrape_timeout: 5s\n${job}`))
  return receiver
}

function upOf(samples: readonly Sample[], address: string): number | 'stale' | undefined {
  return samples.find(({ name, attributes }) => name === 'up' && attributes['instance'] === address)?.value
}

function errorOf(running: TestReceiver, address: string): string | undefined {
  for (const { labels, error } of running.receiver.targets.active()) {
    if (labels.some(([name, value]) => name === 'instance' && value === address)) return error
  }
  return undefined
}

/** One cycle: the good target is scraped whatever the other one does. Returns the samples of both. */
async function cycle(running: TestReceiver): Promise<Sample[]> {
  const samples = await running.cycle()
  expect(upOf(samples, good.address)).toBe(1)
  expect(samples.find(({ name }) => name === 'good')?.value).toBe(1)
  return samples
}

describe('a target that', () => {
  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['25: accepts and never answers', () => undefined],
    [
      '26: answers a byte at a time',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' })
        const drip = setInterval(() => response.write('#'), 5)
        response.on('close', () => clearInterval(drip))
      },
    ],
    [
      '26: stops in the midst of a body',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
        response.write('a 1\nb 2\n')
      },
    ],
  ])('%s fails when its time is up, and its connection is closed', async (_, handler) => {
    bad.handler = handler
    const running = await start()
    const { clock, next } = running.context
    await running.tick()
    await expect.poll(() => upOf(next.samples, good.address)).toBe(1)
    await expect.poll(() => bad.requests.length).toBe(1)
    expect(upOf(next.samples, bad.address)).toBeUndefined()
    await clock.advance(5000)
    await expect.poll(() => upOf(next.samples, bad.address)).toBe(0)
    expect(errorOf(running, bad.address)).toMatch(/^timed out after 5 s, while the answer of .* was/)
    await expect.poll(() => bad.requests[0]?.socket.destroyed).toBe(true)
  })

  test('27: exposes without end is cut off at body_size_limit, and leaves nothing of it', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      let line = 0
      const more = (): void => {
        while (!response.destroyed) {
          let lines = ''
          for (let count = 0; count < 1000; count++) lines += `endless{line="${line++}"} 1\n`
          if (!response.write(lines)) break
        }
      }
      response.on('drain', more)
      more()
    }
    const running = await start('body_size_limit: 4MB')
    const sets = internedSets()
    expect(upOf(await cycle(running), bad.address)).toBe(0)
    expect(errorOf(running, bad.address)).toContain('body size limit exceeded')
    // What is left are the labels of the two targets, and of the one good series.
    expect(internedSets() - sets).toBeLessThanOrEqual(3)
  })

  test('28: sends a bomb of gzip is cut off after it is inflated to the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * megabyte, '# '))
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      response.end(bomb)
    }
    const running = await start('body_size_limit: 1MB')
    expect(upOf(await cycle(running), bad.address)).toBe(0)
    expect(errorOf(running, bad.address)).toContain('body size limit exceeded')
  })

  test.each([
    ['a broken gzip', Buffer.from('1f8b0800', 'hex'), 'gzip'],
    ['an encoding that was not asked for', Buffer.from('bad 1\n'), 'br'],
  ])('28: sends %s fails', async (_, body, encoding) => {
    bad.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding })
      response.end(body)
    }
    const running = await start()
    expect(upOf(await cycle(running), bad.address)).toBe(0)
  })

  test.each([
    ['a byte order mark', '\ufeffbad 1\n'],
    ['a NUL between tokens', 'bad\0 1\n'],
    ['a part of a line', 'bad{x="'],
    ['a page of HTML', '<!doctype html><title>bad</title>\n'],
    ['noise', Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * 37) % 256)).toString('latin1')],
  ])('29: exposes %s fails as a whole, with the place', async (_, body) => {
    bad.body = `fine 1\n${body}`
    const running = await start()
    const samples = await cycle(running)
    expect(upOf(samples, bad.address)).toBe(0)
    expect(samples.map(({ name }) => name)).not.toContain('fine')
    expect(errorOf(running, bad.address)).toMatch(/^line 2, column \d+: /)
  })

  test('30: exposes a series twice, and two types of a family, keeps the first; the others are counted', async () => {
    bad.body =
      '# TYPE bad counter\n# TYPE bad gauge\nbad{x="1"} 1\nbad{x="1"} 2\n# HELP bad One.\n# HELP bad Two.\n'
    const running = await start()
    const samples = await cycle(running)
    expect(samples.filter(({ name }) => name === 'bad').map(({ value }) => value)).toEqual([1])
    const series = running.context.next.batches.flatMap(({ layout }) => layout.series)
    const descriptor = series.find((each) => each?.name === 'bad')?.metric.descriptor
    expect(descriptor).toMatchObject({ kind: 'sum', description: 'One.' })
    expect(running.context.ledger.dropped.get('duplicate_series')).toBeGreaterThan(0)
  })

  test('31: exposes a million series is cut off at sample_limit, and leaves none of them', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      let sent = 0
      const more = (): void => {
        while (sent < 1_000_000) {
          let lines = ''
          for (const end = sent + 5000; sent < end; sent++) lines += `explosion{id="${sent}"} 1\n`
          if (!response.write(lines)) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    }
    const running = await start('sample_limit: 10000')
    const samples = await cycle(running)
    expect(upOf(samples, bad.address)).toBe(0)
    expect(samples.map(({ name }) => name)).not.toContain('explosion')
    expect(errorOf(running, bad.address)).toContain('sample limit exceeded: 1000000 samples after relabeling')
    const scraped = samples.filter(({ name }) => name === 'scrape_samples_scraped').map(({ value }) => value)
    expect(scraped).toEqual(expect.arrayContaining([1, 1_000_000]))
  }, 60_000)

  test.each([
    [
      'label_limit: 50',
      `bad{${Array.from({ length: 200 }, (_, index) => `l${index}="x"`).join(',')}} 1\n`,
      'label limit exceeded: bad has 203 labels, expected at most 50',
    ],
    [
      'label_value_length_limit: 1000',
      `bad{x="${'v'.repeat(megabyte)}"} 1\n`,
      'the value of the label x of bad has 1048576 bytes, expected at most 1000',
    ],
    [
      'label_name_length_limit: 100',
      `bad{${'n'.repeat(100_000)}="x"} 1\n`,
      'has 100000 bytes, expected at most 100',
    ],
  ])('31: exposes more than %s allows fails as a whole', async (limit, body, error) => {
    bad.body = `fine 1\n${body}`
    const running = await start(limit)
    expect(upOf(await cycle(running), bad.address)).toBe(0)
    expect(errorOf(running, bad.address)).toContain(error)
  })

  test('32: exposes bytes that are no UTF-8 fails', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(Buffer.concat([Buffer.from('bad{x="'), Buffer.from([0xc3, 0x28]), Buffer.from('"} 1\n')]))
    }
    const running = await start()
    expect(upOf(await cycle(running), bad.address)).toBe(0)
  })

  test('32: uses names of prototypes as labels changes nothing but its series', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
    bad.body = names.map((name) => `bad{"${name}"="${name}"} 1\n{"${name}"} 2\n`).join('')
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))
    const running = await start()
    const samples = await cycle(running)
    expect(upOf(samples, bad.address)).toBe(1)
    const shown = samples.map(({ name }) => name)
    for (const name of names) expect(shown).toContain(name)
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('33: exposes unusual numbers has them bit by bit, and one that is no number fails', async () => {
    bad.body =
      'nan NaN\ninf +Inf\nninf -Inf\nnegative_zero -0\nlargest 1.7976931348623157e308\nsmallest 5e-324\n'
    const running = await start()
    const samples = new Map((await cycle(running)).map(({ name, value }) => [name, value]))
    expect(samples.get('nan')).toBeNaN()
    expect(Object.is(samples.get('negative_zero'), -0)).toBe(true)
    expect([samples.get('inf'), samples.get('ninf')]).toEqual([Infinity, -Infinity])
    expect([samples.get('largest'), samples.get('smallest')]).toEqual([Number.MAX_VALUE, Number.MIN_VALUE])
    bad.body = 'overflow 1e400\n'
    expect(upOf(await cycle(running), bad.address)).toBe(0)
  })

  test.each([
    ['elsewhere', 'http://169.254.169.254/latest/meta-data/', /redirects to http:\/\/169\.254\.169\.254/],
    ['to a file', 'file:///etc/passwd', /redirects to a URL of another kind/],
    ['to itself for ever', '/metrics', /redirects more than 10 times/],
  ])('34: redirects %s fails', async (_, location, message) => {
    bad.handler = (_request, response) => response.writeHead(302, { location }).end()
    const running = await start()
    expect(upOf(await cycle(running), bad.address)).toBe(0)
    expect(errorOf(running, bad.address)).toMatch(message)
  })

  test('35: has a name that does not exist fails', async () => {
    const address = 'nowhere.invalid:9100'
    const running = await start('', address)
    expect(upOf(await cycle(running), address)).toBe(0)
    expect(errorOf(running, address)).toContain('nowhere.invalid')
  })
})

test('66: a thousand targets at once, and one in ten of them silent, are all scraped', async () => {
  const addresses = Array.from({ length: 1000 }, (_, index) => `${good.address}/${index}`.replace('/', '/m/'))
  good.handler = (request, response) => {
    if (request.url?.endsWith('0') === true) return
    response.writeHead(200, { 'content-type': 'text/plain' }).end('good 1\n')
  }
  receiver = await TestReceiver.start(
    jobOf(
      addresses.map((address) => `http://${address}`),
      'scrape_timeout: 5s',
    ),
  )
  const { clock, next } = receiver.context
  await receiver.tick()
  // They are begun in slices, so that other work goes on.
  for (let turns = 0; turns < 100; turns++) {
    await clock.advance(1)
    await nextTurn()
  }
  const ups = (): (number | 'stale')[] =>
    next.batches.flatMap(samplesOf).flatMap(({ name, value }) => (name === 'up' ? [value] : []))
  const upsLater = async (): Promise<number> => {
    // Where the thread is busy, what waits for a silent target goes on after a quarter of a second.
    await clock.advance(25)
    return ups().length
  }
  await expect.poll(upsLater, { timeout: 30_000 }).toBeGreaterThanOrEqual(900)
  await clock.advance(5000)
  await expect.poll(() => ups().length, { timeout: 30_000 }).toBe(1000)
  expect(ups().filter((value) => value === 1)).toHaveLength(900)
}, 60_000)
