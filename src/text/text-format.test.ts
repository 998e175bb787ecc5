import { describe, expect, test } from 'vitest'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { acceptedText, refusedText } from '#src/testing/exposition-corpus.ts'
import { ExpositionError } from './exposition-error.ts'

function read(body: string | Buffer, step?: number): string[] {
  const reader = makeReader()
  try {
    return sampleLines(scrape(reader, body, step === undefined ? {} : { step }))
  } finally {
    reader.dispose()
  }
}

function mistake(body: string | Buffer): ExpositionError {
  const reader = makeReader()
  try {
    scrape(reader, body)
  } catch (error) {
    if (error instanceof ExpositionError) return error
    throw error
  } finally {
    reader.dispose()
  }
  throw new Error(`this was read: ${body.toString()}`)
}

describe('the text format takes', () => {
  test.each(acceptedText)('%s', (_, body, ...lines) => {
    expect(read(body)).toEqual(lines)
    for (const step of [1, 2, 7]) expect(read(body, step)).toEqual(lines)
  })
})

describe('the text format refuses, and tells the place of', () => {
  test.each(refusedText)('%s', (_, body, line, column, message) => {
    const error = mistake(body)
    expect(error).toMatchObject({ code: 'syntax', line, column })
    expect(error.message).toContain(message)
  })
})

test('an error shows the part of the line around its place, bounded and without characters that do something', () => {
  const { message } = mistake(`a{x="${'y'.repeat(500)}\u001b[31m",z=1,w="${'y'.repeat(500)}"} 1\n`)
  expect(message).toMatch(
    /^line 1, column 515: expected a quoted label value, in: \.\.\.y+\\u001b\[31m",z=1,w="y+\.\.\.$/,
  )
  expect(message.length).toBeLessThan(250)
})

test('types of OpenMetrics are taken from the text format too, since some libraries write them', () => {
  expect(read('# TYPE a info\na 1\n# TYPE b unknown\nb 1\n')).toEqual(['a{} 1', 'b{} 1'])
})
