import { describe, expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import {
  acceptedOpenMetrics,
  refusedOpenMetricsBodies,
  refusedOpenMetricsLines,
} from '#src/testing/exposition-corpus.ts'
import { ExpositionError } from './exposition-error.ts'

function read(body: string | Buffer, step = 1 << 16): string[] {
  const reader = makeReader()
  try {
    return sampleLines(scrape(reader, body, { format: 'openmetrics-1.0.0', step }))
  } finally {
    reader.dispose()
  }
}

function mistake(body: string | Buffer): ExpositionError {
  try {
    read(body)
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  }
  throw new Error(`this was read: ${body.toString()}`)
}

describe('OpenMetrics takes', () => {
  test.each(acceptedOpenMetrics)('%s', (_, body, ...lines) => {
    const whole = body.startsWith('# EOF') ? body : `${body}\n# EOF\n`
    expect(read(whole)).toEqual(lines)
    for (const step of [1, 3]) expect(read(whole, step)).toEqual(lines)
  })
})

describe('OpenMetrics refuses', () => {
  test.each(refusedOpenMetricsLines)('%s', (_, body) => {
    const line = Buffer.from(body)
    const rest = Buffer.from('z 1\n# EOF\n')
    expect(mistake(Buffer.concat([line, rest]))).toMatchObject({ code: 'syntax' })
    // Behind good lines the number of the line tells where.
    expect(mistake(Buffer.concat([Buffer.from('y 1\ny2 1\n'), line, rest])).line).toBe(
      line[0] === 0x0a ? 3 : line.at(-2) === 0x0a ? 4 : 3,
    )
  })

  test.each(refusedOpenMetricsBodies)('%s', (_, body, line) => {
    expect(mistake(body)).toMatchObject({ code: 'syntax', line })
  })
})

test('a line behind the end is refused also where it was known', () => {
  const reader = makeReader()
  const om = { format: 'openmetrics-1.0.0' } as const
  scrape(reader, 'a 1\nb 2\n# EOF\n', om)
  expect(() => scrape(reader, 'a 1\n# EOF\nb 2\n', om)).toThrowError(expect.objectContaining({ line: 3 }))
})

test('exemplars come with their labels, values and times; those whose labels are too long are left out', () => {
  const reader = makeReader()
  const long = 'x'.repeat(128)
  const body = `# TYPE a counter\na_total 5 # {trace_id="ab"} 0.5 1.5\nb 1 # {t="\u{1f600}"} 2\nc 1 # {t="${long}"} 2\n# EOF\n`
  const [batch] = scrape(reader, body, { format: 'openmetrics-1.0.0', time: 9000 })
  expect(
    batch?.exemplars?.map(({ slot, value, time, attributes }) => [slot, value, time, attributes.entries]),
  ).toEqual([
    [0, 0.5, 1500, ['trace_id', 'ab']],
    [1, 2, 9000, ['t', '\u{1f600}']],
  ])
})
