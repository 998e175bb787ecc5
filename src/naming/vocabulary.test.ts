import { expect, test } from 'vitest'
import { chosenVocabularies } from './vocabulary.ts'

test('one vocabulary or several are chosen, in one order', () => {
  expect(chosenVocabularies('vm')).toEqual(['vm'])
  expect(chosenVocabularies(['vm', 'otel'])).toEqual(['otel', 'vm'])
})
