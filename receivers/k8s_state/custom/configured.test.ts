import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { optionsOf } from '#src/testing/options.ts'
import { temporaryFolder } from '../../../test/temporary-folder.ts'
import { Config } from '../config.ts'
import { customResourcesOf, type CustomOptions } from './configured.ts'

function written(resource: object): object {
  return { kind: 'CustomResourceStateMetrics', spec: { resources: [resource] } }
}

function inline(resource: object): CustomOptions {
  return optionsOf(Config, { custom_resource_state: written(resource) })
}

const groupVersionKind = { group: 'example.org', version: 'v1', kind: 'Thing' }
const gauge = { name: 'replicas', each: { type: 'gauge', gauge: { path: ['spec', 'replicas'] } } }

function mistakeIn(options: CustomOptions): ConfigError {
  try {
    customResourcesOf(options)
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('there is no mistake')
}

async function inFile(text: string): Promise<{ file: string; mistake: string }> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'custom.yaml')
  await writeFile(file, text)
  return { file, mistake: mistakeIn({ custom_resource_state_file: file }).message }
}

test('what is in the configuration and what is in the file is told', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'custom.yaml')
  await writeFile(file, JSON.stringify(written({ groupVersionKind: { group: 'other.example' } })))
  const resources = customResourcesOf({ ...inline({ groupVersionKind }), custom_resource_state_file: file })
  expect(resources).toMatchObject([
    { group: 'example.org', version: 'v1', kind: 'Thing' },
    { group: 'other.example', version: '*', kind: '*' },
  ])
  expect(customResourcesOf({})).toEqual([])
})

test('an empty version or kind is any, as * is', () => {
  const any = { group: 'example.org', version: '', kind: '' }
  expect(customResourcesOf(inline({ groupVersionKind: any }))).toMatchObject([{ version: '*', kind: '*' }])
})

test('a file as generators write it is read: with a beginning of its own, nothing for what is not said, and empty texts', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'custom.yaml')
  await writeFile(
    file,
    `# Generated.
---
kind: CustomResourceStateMetrics
spec:
  resources:
  - errorLogV: 0
    groupVersionKind: { group: example.org, kind: Thing, version: v1 }
    labelsFromPath:
      name: [metadata, name]
    commonLabels: null
    metricNamePrefix: things
    metrics:
    - each:
        gauge: { nilIsZero: false, path: [metadata, creationTimestamp], valueFrom: null }
        type: Gauge
      help: When it was made.
      name: created
    - each:
        info:
          labelsFromPath:
            order: [spec, order, -1]
            all: []
          path: null
        type: Info
      help: About it.
      name: info
      labelsFromPath: null
    resourcePlural: ""
`,
  )
  const [resource] = customResourcesOf({ custom_resource_state_file: file })
  expect(resource?.plural).toBeUndefined()
  expect(resource?.metrics.map(({ name }) => name)).toEqual(['things_created', 'things_info'])
})

describe('a mistake names its place', () => {
  const place = ['custom_resource_state', 'spec', 'resources', 0, 'metrics', 0]

  test.each<[string, object, (string | number)[], string]>([
    [
      'a type without its description',
      { ...gauge, each: { type: 'info', gauge: {} } },
      ['each', 'info'],
      'is missing: the type info is described by it',
    ],
    [
      'a selection in a path',
      { ...gauge, each: { type: 'gauge', gauge: { path: ['status', '[Ready]'] } } },
      ['each', 'gauge', 'path', 1],
      '[Ready] selects nothing: expected [key=value]',
    ],
    [
      'a selection in the path of a label',
      { ...gauge, labelsFromPath: { ready: ['[Ready]'] } },
      ['labelsFromPath', 'ready', 0],
      '[Ready] selects nothing: expected [key=value]',
    ],
  ])('%s', (_, metric, path, message) => {
    const mistake = mistakeIn(inline({ groupVersionKind, metrics: [metric] }))
    expect(mistake).toEqual(new ConfigError(message, [...place, ...path]))
  })

  test('a selection in the path of a label of all metrics', () => {
    const labelsFromPath = { ready: ['status', '[Ready]'] }
    const path = [...place.slice(0, 4), 'labelsFromPath', 'ready', 1]
    const mistake = mistakeIn(inline({ groupVersionKind, labelsFromPath, metrics: [gauge, gauge] }))
    expect(mistake).toEqual(new ConfigError('[Ready] selects nothing: expected [key=value]', path))
  })

  test('in a file with line and column', async () => {
    const { file, mistake } = await inFile(`spec:
  resources:
    - groupVersionKind: { group: example.org, kind: Thing }
      metrics:
        - name: ready
          each: { type: Gauge, gauge: { path: [status, '[Ready]'] } }
`)
    expect(mistake).toContain(
      `${file}:6:56 error: spec.resources[0].metrics[0].each.gauge.path[1]: [Ready] selects nothing`,
    )
  })

  test('in a file that does not hold to the format', async () => {
    const { file, mistake } = await inFile(`spec:
  resources:
    - groupVersionKind: { group: example.org, kind: Thing }
      metrics:
        - { name: ready, each: { type: Counter } }
        - { nmae: ready }
`)
    expect(mistake).toContain(`${file}:5:40 error: spec.resources[0].metrics[0].each.type: `)
    expect(mistake).toContain(
      `${file}:6:13 error: spec.resources[0].metrics[1].nmae: unknown key: did you mean "name"?`,
    )
  })

  test('of a file that is not there', () => {
    expect(mistakeIn({ custom_resource_state_file: '/nowhere/custom.yaml' }).message).toBe(
      '/nowhere/custom.yaml: there is no such file',
    )
  })
})
