import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { GraphError } from '#src/pipeline/graph-error.ts'
import { StartError } from '#src/pipeline/start-error.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { explain, mistakesIn, tellWarnings } from './explanation.ts'

const text = `yaml:
receivers: { hostmetrics: { scrapers: { load: } } }
exporters:
  debug: { verbosity: basic }
  debug/unused:
service:
  pipelines: { metrics: { receivers: [hostmetrics], exporters: [debug] } }
`
const read = async (yaml = text) =>
  await readConfiguration({ files: [yaml], sets: [], strict: false, environment: {} })

test('what a component says of its options gets its place in the file', async () => {
  const reading = await read()
  const component = reading.configuration?.exporters.get('debug')
  if (component === undefined) throw new Error('the configuration was not read')
  const error = new ConfigError('too plain', ['verbosity'])
  expect(explain(new GraphError([{ component, error }]), reading)).toMatchObject([
    {
      message: 'exporters.debug.verbosity: too plain',
      place: expect.stringMatching(/:4:\d+$/) as string,
      text: expect.stringContaining('  debug: { verbosity: basic }') as string,
    },
  ])
})

test('an error of a start is told in its own words, any other with its causes', async () => {
  const reading = await read()
  const cause = new Error('in use by pid 5', { cause: new Error('EADDRINUSE') })
  expect(explain(new StartError('exporter prometheus', cause), reading)).toEqual([
    { message: 'exporter prometheus: in use by pid 5', text: 'exporter prometheus: in use by pid 5' },
  ])
  expect(explain(cause, reading)).toMatchObject([{ message: 'in use by pid 5: EADDRINUSE' }])
})

test('warnings are logged, mistakes are not', async () => {
  const log = new CapturedLog()
  const { findings } = await read(`${text}nonsense: 1\n`)
  tellWarnings(findings, log)
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      fields: {
        place: expect.stringMatching(/:5:3$/) as string,
        warning: expect.stringMatching(/^exporters\.debug\/unused: /) as string,
      },
    },
  ])
  expect(mistakesIn(findings)).toMatchObject([{ message: expect.stringMatching(/^nonsense: /) as string }])
})

test('a mistake that is in no line has the file for its place, or none', async () => {
  const [unread] = (await read('/does/not/exist.yaml')).findings
  if (unread === undefined) throw new Error('nothing was found')
  expect(mistakesIn([unread, { ...unread, file: '' }]).map(({ place }) => place)).toEqual([
    '/does/not/exist.yaml',
    undefined,
  ])
})
