import { expect, test } from 'vitest'
import { readConfiguration } from '#src/config/read-configuration.ts'

async function errorsOf(text: string): Promise<string[]> {
  const { findings } = await readConfiguration({
    files: [`yaml:${text}`],
    sets: [],
    strict: false,
    environment: {},
  })
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const tooMuch = 'the aliases of this file stand for too much: 100 uses and 20000 values are allowed'

/** Each level names the one before nine times. */
function levels(count: number, write: (inner: string) => string): string {
  const lines = ['a0: &a0 {x: y}']
  for (let level = 1; level < count; level++) {
    lines.push(`a${level}: &a${level} ${write(Array.from({ length: 9 }, () => `*a${level - 1}`).join())}`)
  }
  return lines.join('\n')
}

test('59: a billion laughs are refused', async () => {
  expect(await errorsOf(levels(10, (inner) => `[${inner}]`))).toEqual([`6:10 ${tooMuch}`])
})

test('59: a billion laughs of merge keys are refused', async () => {
  expect(await errorsOf(levels(15, (inner) => `{<<: [${inner}]}`))).toEqual([
    expect.stringContaining(tooMuch),
  ])
  const growing = Array.from({ length: 60 }, (_, level) => {
    const before = level === 0 ? '' : `<<: *a${level - 1}, k${level}: *a${level - 1}, `
    return `a${level}: &a${level} {${before}x${level}: 1}`
  })
  expect(await errorsOf(growing.join('\n'))).toEqual([expect.stringContaining(tooMuch)])
})

test('59: an alias of what it stands in is refused', async () => {
  expect(await errorsOf('a: &a {b: *a}')).toEqual(['1:11 there is no anchor &a before this'])
  expect(await errorsOf('a: &a {<<: *a}')).toEqual(['1:12 there is no anchor &a before this'])
})

test('59: tabs and duplicate keys are refused at their place', async () => {
  expect(await errorsOf('a:\n\tb: 1')).toEqual(['2:1 a TAB cannot indent: use spaces'])
  expect(await errorsOf('a: 1\n"a": 2')).toEqual(['2:1 the key "a" is here twice; the first is in line 1'])
})

test.each([
  '!!js/function',
  '!!js/regexp',
  '!!python/object/apply:os.system',
  '!!binary',
  '!!set',
  '!!omap',
  '!!timestamp',
  '!include',
  '!<tag:x,1:y>',
])('59: the tag %s is refused', async (tag) => {
  expect(await errorsOf(`a: ${tag} "2001-12-14"`)).toEqual([
    expect.stringMatching(/the tag ".+" is not known: remove it/),
  ])
})

test('59: a tag that a directive renames is refused too', async () => {
  expect(await errorsOf('%TAG !e! tag:example.com,2000:\n---\na: !e!x y')).toEqual([
    expect.stringContaining('the tag "tag:example.com,2000:x" is not known'),
  ])
})
