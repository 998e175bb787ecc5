import { expect, test } from 'vitest'
import { defineExporter } from '#src/component/define.ts'
import { readComponents, type ReadComponents } from './components.ts'
import { ConfigError } from './config-error.ts'
import { Findings } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { KnownComponents } from './known-components.ts'
import { resolveReferences, type References } from './pipelines.ts'
import { Options, Type } from './schema.ts'
import { SourceText } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

const definition = defineExporter({
  type: 'new_name',
  stability: 'alpha',
  description: 'An exporter.',
  config: Options({ size: Type.Integer({ default: 1 }) }),
  validate({ size }) {
    if (size === 13) throw new ConfigError('13 is unlucky', ['size'], { others: [new ConfigError('really')] })
    if (size === 14) throw new TypeError('a bug')
  },
  create: () => ({ consume: () => true, forget: () => undefined }),
})
const oldNames = { receiver: {}, processor: {}, exporter: { oldname: 'new_name' }, extension: {} }

interface Read {
  readonly components: ReadComponents
  readonly references: References
  readonly said: readonly string[]
}

async function readExporters(exporters: string, used: readonly string[]): Promise<Read> {
  const yaml = `exporters: ${exporters}`
  const source = new SourceText('a.yaml', yaml, '/')
  const read = readYaml(yaml, (start, end) => ({ source, start, end }))
  if (read.problems !== undefined || read.node.kind !== 'map') throw new Error('bad test')
  const { node } = read
  const hidden = new HiddenPlaces()
  const findings = new Findings(hidden)
  const known = new KnownComponents([definition], oldNames)
  const components = await readComponents(node, { known, findings, hidden })
  const references = resolveReferences(
    {
      extensions: [],
      pipelines: { metrics: { receivers: ['x'], processors: [], exporters: [...used] } },
    } as never,
    { components, known, findings, node },
  )
  const said = findings.list([]).map(({ text }) => (text.split('\n')[0] ?? '').replace('a.yaml:', ''))
  return { components, references, said: said.filter((each) => !each.includes('no receiver "x"')) }
}

test('an old type name is accepted with a warning, also where it is referred to, and today’s is used', async () => {
  const { components, references, said } = await readExporters('{ oldname/a: { size: 2 } }', ['oldname/a'])
  expect(said).toEqual(['1:14 warning: exporters.oldname/a: oldname is the old name of new_name: rename it'])
  expect(components.get('exporters')?.get('new_name/a')?.config).toMatchObject({
    id: 'new_name/a',
    path: ['exporters', 'oldname/a'],
    options: { size: 2 },
  })
  expect(references.pipelines.get('metrics')?.exporters).toEqual(['new_name/a'])
})

test('old and new names may be mixed between definition and use', async () => {
  for (const [defined, used] of [
    ['oldname', 'new_name'],
    ['new_name', 'oldname'],
    ['new_name / a', 'new_name/a'],
  ] as const) {
    const { references } = await readExporters(`{ ${defined}: }`, [used])
    expect(references.pipelines.get('metrics')?.exporters).toHaveLength(1)
  }
})

test('two names of one component are a mistake', async () => {
  const { said } = await readExporters('{ oldname: , new_name: }', ['new_name'])
  expect(said).toContain(
    '1:25 error: exporters.new_name: this is new_name once more, by another name; the first is in line 1',
  )
})

test('what a definition finds is placed, and a bug in it is told as one', async () => {
  expect((await readExporters('{ new_name: { size: 13 } }', ['new_name'])).said).toEqual([
    '1:14 error: exporters.new_name: really',
    '1:32 error: exporters.new_name.size: 13 is unlucky',
  ])
  expect((await readExporters('{ new_name: { size: 14 } }', ['new_name'])).said).toEqual([
    '1:14 error: exporters.new_name: cannot be checked: TypeError: a bug',
  ])
})
