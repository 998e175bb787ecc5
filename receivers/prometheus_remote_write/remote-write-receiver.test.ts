import { zstdCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compress } from '#src/remote/snappy.ts'
import { resourceAttributes } from '#src/otlp/derived-resource.ts'
import type { Series } from '#src/model/series.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { writeRequest, type WrittenSeries } from '#src/testing/remote-write-message.ts'
import { contentTypes, TestReceiver } from './test-receiver.ts'

const time = 1_700_000_000_000
const up: WrittenSeries = {
  labels: ['__name__', 'up', 'instance', 'a:1', 'job', 'j'],
  samples: [{ value: 1, time }],
}

function gauge(name: string, value: number, ...labels: string[]): WrittenSeries {
  return { labels: ['__name__', name, ...labels], samples: [{ value, time }] }
}

function exemplar(value: number): { labels: string[]; value: number; time: number } {
  return { labels: ['trace_id', `t${value}`], value, time: time + value }
}

async function postTo(url: string, type: string): Promise<number> {
  return (await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: 'x' })).status
}

/** The series of what was emitted last. */
function seriesOf(receiver: TestReceiver): Series[] {
  return receiver.context.next.batches.flatMap(({ walk, layout }) =>
    [...walk].map((slot) => layout.series[slot]).filter((each) => each !== undefined),
  )
}

describe.each([1, 2] as const)('a request of version %i.0', (version) => {
  test('becomes samples with the labels and times that it has, and is answered with what was written', async () => {
    await using receiver = await TestReceiver.start()
    const answer = await receiver.push({ series: [up, gauge('größe', -0.5, 'label', '✓')] }, { version })
    expect(answer).toMatchObject({ status: 204, text: '', written: ['2', '0', '0'] })
    expect(receiver.context.next.samples).toEqual([
      { name: 'up', attributes: { instance: 'a:1', job: 'j' }, value: 1, time },
      { name: 'größe', attributes: { label: '✓' }, value: -0.5, time },
    ])
  })

  test('is compressed with snappy, zstd, gzip or not at all', async () => {
    await using receiver = await TestReceiver.start()
    const message = writeRequest({ series: [up] }, version)
    const bodies = { snappy: compress(message), zstd: zstdCompressSync(message), gzip: gzipSync(message) }
    for (const [encoding, body] of Object.entries(bodies)) {
      const headers = { 'content-encoding': encoding, 'content-type': contentTypes[version] }
      expect(await receiver.post(body, headers)).toMatchObject({ status: 204, written: ['1', '0', '0'] })
    }
    const headers = { 'content-encoding': 'identity', 'content-type': contentTypes[version] }
    expect(await receiver.post(message, headers)).toMatchObject({ status: 204 })
    expect(await receiver.post(bodies.snappy, { 'content-type': contentTypes[version] })).toMatchObject({
      status: 204,
    })
    expect(receiver.context.next.take()).toHaveLength(5)
  })

  test('has stale markers, NaN and infinities, which are told apart', async () => {
    await using receiver = await TestReceiver.start()
    const values = ['stale', Number.NaN, Infinity, -Infinity, 0] as const
    for (const value of values) {
      await receiver.push({ series: [{ ...up, samples: [{ value, time }] }] }, { version })
    }
    expect(receiver.context.next.samples.map(({ value }) => value)).toEqual(values)
  })

  test('hands samples of one series on in the order in which they came, whatever their times are', async () => {
    await using receiver = await TestReceiver.start()
    const samples = [5, 3, 9].map((after, value) => ({ value, time: time + after }))
    await receiver.push({ series: [{ ...up, samples }, gauge('other', 7)] }, { version })
    expect(
      receiver.context.next.batches.map((batch) => samplesOf(batch).map((each) => each.time - time)),
    ).toEqual([[5, 0], [3], [9]])
  })

  test('brings integer and float histograms, those with bounds of their own, and stale ones', async () => {
    await using receiver = await TestReceiver.start()
    const positive = { 0: 3, 1: 0, 4: 2 }
    const answer = await receiver.push(
      {
        series: [
          {
            labels: ['__name__', 'whole'],
            histograms: [
              { time, sum: 9, schema: 2, zeroThreshold: 0.1, zeroCount: 1, positive, negative: { [-1]: 5 } },
            ],
          },
          {
            labels: ['__name__', 'float'],
            histograms: [{ time, sum: 9, schema: 0, positive: { 2: 1.5 }, float: true }],
          },
          {
            labels: ['__name__', 'custom'],
            histograms: [{ time, sum: 6, schema: -53, positive: { 0: 1, 2: 4 }, customValues: [1, 2.5] }],
          },
          { labels: ['__name__', 'gauge'], histograms: [{ time, sum: 1, positive: { 0: 1 }, resetHint: 3 }] },
          { labels: ['__name__', 'custom'], histograms: [{ time: time + 1, sum: 'stale' }] },
        ],
      },
      { version },
    )
    expect(answer).toMatchObject({ status: 204, written: ['0', '5', '0'] })
    const { batches } = receiver.context.next
    expect(batches[0]?.points).toMatchObject([
      {
        kind: 'exponential_histogram',
        count: 11,
        sum: 9,
        scale: 2,
        zeroCount: 1,
        zeroThreshold: 0.1,
        positive: { offset: -1, counts: [3, 0, 0, 0, 2] },
        negative: { offset: -2, counts: [5] },
      },
      { kind: 'exponential_histogram', count: 1.5, positive: { offset: 1, counts: [1.5] } },
      { kind: 'histogram', isNative: true, count: 5, sum: 6, bounds: [1, 2.5], counts: [1, 0, 4] },
      { kind: 'exponential_histogram', count: 1 },
    ])
    expect(seriesOf(receiver).map(({ metric }) => metric.descriptor.kind)).toEqual([
      'exponential_histogram',
      'exponential_histogram',
      'histogram',
      'gauge_histogram',
      'histogram',
    ])
    expect(batches[1] && samplesOf(batches[1])).toMatchObject([
      { name: 'custom', value: 'stale', time: time + 1 },
    ])
  })

  test('brings exemplars with their samples, by themselves, and ahead of their samples', async () => {
    await using receiver = await TestReceiver.start()
    const { labels } = up
    await receiver.push(
      {
        series: [
          { ...up, exemplars: [exemplar(1)] },
          { labels, exemplars: [exemplar(2)] },
        ],
      },
      { version },
    )
    const answer = await receiver.push({ series: [{ labels, exemplars: [exemplar(3)] }] }, { version })
    expect(answer).toMatchObject({ status: 204, written: ['0', '0', '1'] })
    await receiver.push({ series: [up] }, { version })
    expect(
      receiver.context.next.batches.map(({ exemplars = [] }) =>
        exemplars.map(({ slot, value, time: at, attributes }) => [
          slot,
          value,
          Number(at) - time,
          attributes.get('trace_id'),
        ]),
      ),
    ).toEqual([
      [
        [0, 1, 1, 't1'],
        [0, 2, 2, 't2'],
      ],
      [[0, 3, 3, 't3']],
    ])
  })

  test('writes what it can where some series are none, and says what it refused', async () => {
    await using receiver = await TestReceiver.start()
    const answer = await receiver.push(
      {
        series: [
          up,
          gauge('twice', 1, 'a', '1', 'a', '2'),
          { labels: ['job', 'j'], samples: [{ value: 1, time }] },
          { labels: ['__name__', 'h'], histograms: [{ time, sum: 1, positive: { 0: 1 }, count: 5 }] },
        ],
      },
      { version },
    )
    expect(answer).toMatchObject({ status: 400, written: ['1', '0', '0'] })
    expect(answer.text).toContain('2 samples, 1 histograms')
    expect(answer.text).toContain('two labels have the name "a"')
    expect(answer.text).toContain('a series has no name')
    expect(answer.text).toContain('a histogram of "h" contradicts itself')
    expect(receiver.context.next.samples.map(({ name }) => name)).toEqual(['up'])
    expect([...receiver.context.ledger.dropped]).toEqual([
      ['invalid_labels', 2],
      ['invalid_histogram', 1],
    ])
  })

  test('that is cut anywhere is refused as a whole, with the place, or is shorter', async () => {
    await using receiver = await TestReceiver.start()
    const message = writeRequest({ series: [up, gauge('b', 2)] }, version)
    for (let length = 1; length < message.length; length += 3) {
      const answer = await receiver.post(message.subarray(0, length), {
        'content-type': contentTypes[version],
        'content-encoding': 'identity',
      })
      expect(`${answer.status} ${answer.text}`).toMatch(/^204 $|^400 .*byte \d+: expected/)
    }
    const names = receiver.context.next.samples.map(({ name }) => name)
    expect(new Set(names).size).toBeLessThan(2)
  })
})

describe('version 2.0', () => {
  test('says since when samples and histograms count, and what they are', async () => {
    await using receiver = await TestReceiver.start()
    const metadata = { type: 1, help: 'Requests.', unit: 'seconds' }
    await receiver.push(
      {
        series: [
          { labels: ['__name__', 'a_total'], samples: [{ value: 1, time, startTime: time - 9 }], metadata },
          {
            labels: ['__name__', 'h'],
            histograms: [{ time, startTime: time - 7, sum: 1, positive: { 1: 1 } }],
            metadata: { type: 3, help: 'Sizes.' },
          },
          {
            labels: ['__name__', 'c_bucket', 'le', '1'],
            samples: [{ value: 1, time }],
            metadata: { type: 3, help: 'Classic.' },
          },
          { labels: ['__name__', 'c_count'], samples: [{ value: 1, time }], metadata: { type: 3 } },
          {
            labels: ['__name__', 's', 'quantile', '1'],
            samples: [{ value: 1, time }],
            metadata: { type: 5 },
          },
        ],
      },
      { version: 2 },
    )
    const [batch] = receiver.context.next.batches
    expect([0, 1, 2].map((slot) => batch?.startTimeAt(slot))).toEqual([time - 9, time - 7, undefined])
    expect(seriesOf(receiver).map(({ metric, role }) => [metric.name, role, metric.descriptor.kind])).toEqual(
      [
        ['a', 'total', 'sum'],
        ['h', 'none', 'exponential_histogram'],
        ['c', 'bucket', 'histogram'],
        ['c', 'count', 'histogram'],
        ['s', 'quantile', 'summary'],
      ],
    )
    expect(seriesOf(receiver)[0]?.metric.descriptor).toMatchObject({
      description: 'Requests.',
      unit: 's',
      monotonic: true,
    })
  })

  test('may change what it says of a series, which stays the same one where its kind does', async () => {
    await using receiver = await TestReceiver.start()
    const push = async (type: number, help: string): Promise<Series | undefined> => {
      await receiver.push({ series: [{ ...up, metadata: { type, help } }] }, { version: 2 })
      return seriesOf(receiver).at(-1)
    }
    const first = await push(2, 'Old.')
    const second = await push(2, 'New.')
    expect(second).toBe(first)
    expect(second?.metric.descriptor.description).toBe('New.')
  })

  test('refers to symbols that are there, else it is refused', async () => {
    await using receiver = await TestReceiver.start()
    const sample = '120909000000000000f03f'
    const broken = Buffer.from(`22002201612a0f0a020105${sample}`, 'hex')
    const refused = await receiver.post(compress(broken), {
      'content-type': contentTypes[2],
      'content-encoding': 'snappy',
    })
    expect(refused).toMatchObject({ status: 400, written: ['0', '0', '0'] })
    expect(refused.text).toContain('expected a symbol below 2, found 5')
  })
})

describe('version 1.0', () => {
  test('says by itself what families are: parts of histograms are known from then on', async () => {
    await using receiver = await TestReceiver.start()
    const bucket = gauge('h_bucket', 1, 'le', '1')
    await receiver.push({ series: [bucket] })
    const metadata = [{ family: 'h', type: 3, help: 'Sizes.', unit: 'bytes' }]
    expect(await receiver.push({ metadata })).toMatchObject({ status: 204 })
    await receiver.push({ series: [bucket] })
    const [before, after] = seriesOf(receiver)
    expect(before).toMatchObject({ role: 'none', metric: { name: 'h_bucket' } })
    expect(after).toMatchObject({
      role: 'bucket',
      metric: { name: 'h', descriptor: { kind: 'histogram', description: 'Sizes.', unit: 'By' } },
    })
    expect(receiver.context.next.batches.at(-1)?.size).toBe(1)
  })

  test('that two senders contradict each other in: what was said first holds until it is repeated no more', async () => {
    await using receiver = await TestReceiver.start()
    const say = async (type: number): Promise<unknown> => {
      await receiver.push({ metadata: [{ family: 'up', type }] })
      await receiver.push({ series: [up] })
      return seriesOf(receiver).at(-1)?.metric.descriptor.kind
    }
    expect(await say(2)).toBe('gauge')
    expect(await say(6)).toBe('gauge')
    await receiver.context.clock.advance(11 * 60_000)
    expect(await say(6)).toBe('info')
  })
})

describe('resources', () => {
  test('are made of job, instance and target_info, and series that are known get them as they come', async () => {
    await using receiver = await TestReceiver.start()
    const info = { ...up, labels: ['__name__', 'target_info', 'instance', 'a:1', 'job', 'j', 'host', 'h'] }
    const resources = async (...series: WrittenSeries[]): Promise<unknown[]> => {
      receiver.context.next.take()
      await receiver.push({ series })
      return seriesOf(receiver).map(({ resource }) => resourceAttributes(resource))
    }
    const plain = ['service.instance.id', 'a:1', 'service.name', 'j']
    expect(await resources(up)).toEqual([expect.arrayContaining(plain)])
    const full = expect.arrayContaining([...plain, 'host', 'h'])
    expect(await resources(info)).toEqual([full])
    expect(await resources(up, info)).toEqual([full, full])
    expect(receiver.context.next.batches[0]?.layout.size).toBe(2)
    expect(await resources(up, info)).toEqual([full, full])
    expect(receiver.context.next.batches[0]?.layout.size).toBe(2)
  })
})

describe('requests are refused', () => {
  test('for other paths, methods and types', async () => {
    await using receiver = await TestReceiver.start()
    const url = receiver.receiver.location ?? ''
    expect(await postTo(`${url}/other`, contentTypes[1])).toBe(404)
    expect((await fetch(url)).status).toBe(405)
    expect(await postTo(url, 'application/json')).toBe(415)
    expect(await postTo(url, 'application/x-protobuf;proto=other')).toBe(415)
    const headers = { 'content-type': contentTypes[1], 'content-encoding': 'br' }
    expect(await receiver.post(Buffer.from('x'), headers)).toMatchObject({ status: 415 })
  })

  test('without the credentials that are asked for', async () => {
    await using receiver = await TestReceiver.start({ bearer_token: 'secret' })
    expect(await receiver.push({ series: [up] })).toMatchObject({ status: 401 })
    const headers = { 'content-type': contentTypes[1], authorization: 'Bearer secret' }
    const body = compress(writeRequest({ series: [up] }, 1))
    expect(await receiver.post(body, headers)).toMatchObject({ status: 204 })
  })

  test('where they are too large, or lie about their length', async () => {
    await using receiver = await TestReceiver.start({ max_request_body_size: '1KiB' })
    const zeros = Buffer.alloc(100_000)
    expect(await receiver.post(zeros, { 'content-type': contentTypes[1] })).toMatchObject({ status: 413 })
    for (const [encoding, body] of [
      ['zstd', zstdCompressSync(zeros)],
      ['gzip', gzipSync(zeros)],
      ['snappy', compress(zeros)],
    ] as const) {
      const headers = { 'content-type': contentTypes[1], 'content-encoding': encoding }
      const { status } = await receiver.post(body, headers)
      expect([encoding, status]).toEqual([encoding, 413])
    }
  })

  test('as long as the pipelines refuse, and the sender is asked to come back', async () => {
    await using receiver = await TestReceiver.start()
    receiver.context.next.accepting = false
    const answer = await receiver.push({ series: [up] })
    expect(answer).toMatchObject({ status: 503, written: ['0', '0', '0'] })
    expect(answer.headers.get('retry-after')).toBe('5')
    receiver.context.next.accepting = true
    expect(await receiver.push({ series: [up] })).toMatchObject({ status: 204 })
  })
})

describe('the answer', () => {
  test('waits until the data is where it survives', async () => {
    await using receiver = await TestReceiver.start()
    const held: Receipt[] = []
    receiver.context.next.held = held
    let answered = false
    const answer = receiver.push({ series: [up] }).finally(() => (answered = true))
    await expect.poll(() => held.length).toBe(1)
    expect(answered).toBe(false)
    held[0]?.settle()
    expect(await answer).toMatchObject({ status: 204 })
  })

  test('asks for another try where that failed, and not where the peer refused for good', async () => {
    await using receiver = await TestReceiver.start()
    const held: Receipt[] = []
    receiver.context.next.held = held
    const push = async (end: (receipt: Receipt) => void): Promise<unknown> => {
      const answer = receiver.push({ series: [up, gauge('b', 1)] }, { version: 2 })
      await expect.poll(() => held.length).toBe(1)
      const receipt = held.pop()
      if (receipt !== undefined) end(receipt)
      return await answer
    }
    expect(await push((receipt) => receipt.fail('lost'))).toMatchObject({
      status: 503,
      text: 'it could not be delivered: lost\n',
    })
    expect(await push((receipt) => receipt.reject(1, 'bad'))).toMatchObject({
      status: 400,
      text: 'the rest was written, and these were refused: 1 samples: bad\n',
      written: ['1', '0', '0'],
    })
    const inOneBranchOnly = await push((receipt) => {
      receipt.retain().reject(1, 'bad')
      receipt.fail('lost')
    })
    expect(inOneBranchOnly).toMatchObject({ status: 503, written: ['0', '0', '0'] })
  })

  test('says to send again where the delivery takes too long, or the receiver stops', async () => {
    const receiver = await TestReceiver.start({ delivery_timeout: '3s' })
    const held: Receipt[] = []
    receiver.context.next.held = held
    const late = receiver.push({ series: [up] })
    await expect.poll(() => held.length).toBe(1)
    await receiver.context.clock.advance(3000)
    const answer = await late
    expect(answer).toMatchObject({ status: 503, text: 'its delivery takes longer than it may\n' })
    expect(answer.headers.get('retry-after')).toBe('5')
    held[0]?.settle()
    const cut = receiver.push({ series: [up] })
    await expect.poll(() => held.length).toBe(2)
    await receiver[Symbol.asyncDispose]()
    expect((await cut).status).toBe(503)
  })
})

describe('series', () => {
  test('beyond limits are refused', async () => {
    await using receiver = await TestReceiver.start({
      max_series: 3,
      label_limit: 3,
      label_name_length_limit: 10,
      label_value_length_limit: 10,
    })
    const refused = async (...series: WrittenSeries[]): Promise<string> =>
      (await receiver.push({ series })).text
    expect(await refused(up)).toBe('')
    expect(await refused(gauge('m', 1, 'a', '1', 'b', '2', 'c', '3'))).toContain('"m" has 4 labels')
    expect(await refused(gauge('m', 1, 'a', 'x'.repeat(11)))).toContain(
      'the value of the label "a" of "m" has 11 bytes',
    )
    expect(await refused(gauge('m', 1, 'a'.repeat(11), 'x'))).toContain('has 11 bytes, expected at most 10')
    const answer = await receiver.push({ series: ['b', 'c', 'd', 'b'].map((name) => gauge(name, 1)) })
    expect(answer).toMatchObject({ status: 400, written: ['3', '0', '0'] })
    expect(answer.text).toContain('max_series')
    expect(receiver.context.ledger.dropped.get('series_limit')).toBe(1)
  })

  test('that are silent are let go, and their sources are forgotten', async () => {
    await using receiver = await TestReceiver.start({ series_idle_timeout: '5m' })
    await receiver.push({ series: [up] })
    await receiver.context.clock.advance(20 * 60_000)
    expect(receiver.context.next.forgotten).toHaveLength(1)
    expect(receiver.context.next.samples.map(({ value }) => value)).toEqual([1])
  })
})
