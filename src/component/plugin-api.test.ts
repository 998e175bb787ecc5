import { expect, test } from 'vitest'
import { offerPluginApi } from './plugin-api.ts'

const module = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`

test('a plugin gets what it builds on by one name, wherever it lies; other names lead where they did', async () => {
  offerPluginApi(new URL(module('export const answer = 42')))
  const plugin = module('export { answer } from "weir/plugin"; export { sep } from "node:path"')
  expect(await import(plugin)).toMatchObject({ answer: 42, sep: '/' })
})
