import { describe, expect, test } from 'vitest'
import { Source } from '#src/model/source.ts'
import { defaultReaderOptions, ExpositionReader } from '#src/text/exposition-reader.ts'
import { ScrapeBody } from './scrape-body.ts'
import type { ScrapeProtocol } from './scrape-protocol.ts'

function scrape(
  contentType: string | undefined,
  text: string,
  { fallback, status = 200 }: { fallback?: ScrapeProtocol; status?: number } = {},
): number {
  const reader = new ExpositionReader(new Source('test', ''), () => undefined, defaultReaderOptions)
  const body = new ScrapeBody(reader, fallback)
  const headers = new Map(contentType === undefined ? [] : [['content-type', contentType]])
  body.begin({ status, minorVersion: 1, headers })
  body.chunk(Buffer.from(text), 0, text.length)
  body.end()
  return reader.counts.scraped
}

describe('without a fallback', () => {
  test.each([
    [
      undefined,
      'the answer has no Content-Type: fallback_scrape_protocol can name the format to take it for',
    ],
    ['text/html', 'the Content-Type "text/html" of the answer is none of an exposition'],
  ])('a body of the type %s fails', (type, message) => {
    expect(() => scrape(type, 'a 1\n')).toThrow(message)
  })

  test('an empty body needs no type', () => {
    expect(scrape(undefined, '')).toBe(0)
  })
})

test('a body of a known type is read as that, whatever the fallback', () => {
  expect(scrape('text/plain', 'a 1\n', { fallback: 'OpenMetricsText1.0.0' })).toBe(1)
  expect(() => scrape(undefined, 'a 1\n', { fallback: 'OpenMetricsText1.0.0' })).toThrow('EOF')
})

test('only the status 200 has a body', () => {
  expect(() => scrape('text/plain', '', { status: 206 })).toThrow(
    'the target answered with HTTP status 206 Partial Content',
  )
})
