import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfiguration, type ConfigurationReading } from './read-configuration.ts'

const define = (kind: string, type: string): string =>
  `{ kind: '${kind}', type: '${type}', stability: 'alpha', description: 'x', config: { type: 'object', properties: { size: { type: 'integer', default: 3 } }, additionalProperties: false }, create: () => ({}) }`

const modules = {
  'one.mjs': `export default ${define('exporter', 'mine')}`,
  'list.cjs': `module.exports = [${define('exporter', 'first')}, ${define('processor', 'first')}]`,
  'node_modules/installed/package.json': '{ "name": "installed", "main": "index.js" }',
  'node_modules/installed/index.js': `module.exports = ${define('exporter', 'mine')}`,
  'taken.mjs': `export default ${define('exporter', 'debug')}`,
  'twice.mjs': `export default [${define('exporter', 'mine')}, ${define('exporter', 'mine')}]`,
  'bad-type.mjs': `export default ${define('exporter', 'not-a-type')}`,
  'bad-kind.mjs': `export default ${define('gadget', 'mine')}`,
  'bad-schema.mjs': `export default { ...${define('exporter', 'mine')}, config: { type: 'nonsense' } }`,
  'nothing.mjs': 'export const x = 1',
  'throws.mjs': "throw new Error('on purpose')",
  'syntax.mjs': 'export default {',
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-plugins-'))
  for (const [name, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

async function readWith(plugins: string, exporter = 'mine'): Promise<ConfigurationReading> {
  const file = join(folder, 'weir.yaml')
  writeFileSync(
    file,
    `plugins: ${plugins}
receivers: { hostmetrics: { scrapers: { load: } } }
exporters: { ${exporter}: }
service: { pipelines: { metrics: { receivers: [hostmetrics], exporters: [${exporter}] } } }`,
  )
  return readConfiguration({ files: [file], sets: [], strict: false, environment: { NAME: './one.mjs' } })
}

describe('a plugin brings components', () => {
  test.each([
    ['[./one.mjs]', 'mine'],
    ['["${env:NAME}"]', 'mine'],
    ['[./list.cjs]', 'first'],
    ['[installed]', 'mine'],
    ['[./list.cjs, ./one.mjs]', 'mine'],
  ])('%s', async (plugins, exporter) => {
    const { configuration, findings } = await readWith(plugins, exporter)
    expect(findings.map(({ text }) => text)).toEqual([])
    expect(configuration?.exporters.get(exporter)).toMatchObject({
      options: { size: 3 },
      definition: { type: exporter },
    })
  })

  test('by an absolute path', async () => {
    expect((await readWith(`["${folder}/one.mjs"]`)).configuration?.exporters.has('mine')).toBe(true)
  })
})

describe('a plugin that does not load is found', () => {
  test.each([
    ['./one.mjs', 'plugins: expected a list of modules'],
    ['[[]]', 'plugins.0: expected a path or the name of a module'],
    ['[""]', 'plugins.0: expected a path or the name of a module'],
    ['[./missing.mjs]', 'plugins.0: the module cannot be loaded: Cannot find module'],
    ['[missing]', "plugins.0: the module cannot be loaded: Cannot find module 'missing'"],
    [
      '["https://example.com/x.js"]',
      'plugins.0: the module cannot be loaded: expected a path or the name of a module',
    ],
    [
      '["data:text/javascript,1"]',
      'plugins.0: the module cannot be loaded: expected a path or the name of a module',
    ],
    ['[./throws.mjs]', 'plugins.0: the module cannot be loaded: on purpose'],
    ['[./syntax.mjs]', 'plugins.0: the module cannot be loaded: '],
    ['[./nothing.mjs]', 'plugins.0: the module is no plugin: its default export must be what'],
    ['[./bad-kind.mjs]', 'plugins.0: the module is no plugin: its default export must be what'],
    [
      '[./bad-type.mjs]',
      'plugins.0: the module brings a exporter of the type "not-a-type", which is no type name',
    ],
    ['[./taken.mjs]', 'plugins.0: the module brings a exporter of the type debug, which there is already'],
    ['[./twice.mjs]', 'plugins.0: the module brings a exporter of the type mine, which there is already'],
    ['[./bad-schema.mjs]', 'exporters.mine: the component cannot be used: schema is invalid'],
  ])('%s', async (plugins, message) => {
    const { configuration, findings } = await readWith(plugins)
    expect(configuration).toBeUndefined()
    expect(findings.map(({ path, message }) => `${path.join('.')}: ${message}`)).toContainEqual(
      expect.stringContaining(message),
    )
  })
})
