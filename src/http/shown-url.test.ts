import { expect, test } from 'vitest'
import { shownUrl } from './shown-url.ts'

test('people see a URL without the parameters that sound like secrets', () => {
  expect(shownUrl('https://a:1/probe?access_token=canary&apiKey=canary&apiKey=canary&target=x')).toBe(
    'https://a:1/probe?access_token=REDACTED&apiKey=REDACTED&target=x',
  )
})
