import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readConfiguration } from './read-configuration.ts'

/** What is said of a configuration, with every variable unset. */
async function findingsOf(file: string): Promise<string[]> {
  const { findings } = await readConfiguration({ files: [file], sets: [], strict: true, environment: {} })
  return findings.map(({ text }) => text)
}

const examples = [
  'docs/configuration.md',
  'docs/dashboards.md',
  'docs/queue.md',
  ...globSync('{receivers,processors,exporters,src/extensions}/*/README.md'),
].flatMap((readme) =>
  [...readFileSync(readme, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, yaml = ''], index) =>
    /^service:/m.test(yaml) ? [{ readme, index, yaml }] : [],
  ),
)

describe('every configuration that we ship reads without findings', () => {
  test.each(globSync('configs/*.yaml'))('%s', async (file) => {
    expect(await findingsOf(file)).toEqual([])
  })
})

describe('every whole configuration in a guide or a README reads without mistakes', () => {
  test.each(examples)('$readme, example $index', async ({ yaml }) => {
    const variables = [...yaml.matchAll(/\$\{(?:env:)?(\w+)/g)].map(([, name = '']): [string, string] => [
      name,
      'x',
    ])
    const { findings } = await readConfiguration({
      files: [`yaml:${yaml}`],
      sets: [],
      strict: true,
      environment: Object.fromEntries(variables),
    })
    expect(findings.filter(({ severity }) => severity === 'error').map(({ text }) => text)).toEqual([])
  })
})
