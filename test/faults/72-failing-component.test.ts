import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNotebook } from '../notebook.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

interface Status {
  readonly components: readonly { readonly id: string; readonly state: string; readonly error?: string }[]
}

test.each([
  ['factory', 'thrown in the factory'],
  ['start', 'thrown in start'],
  ['start_async', 'rejected by start'],
  ['timer', 'thrown in a timer'],
  ['rejection', 'rejected and not awaited'],
])('72: a component that fails in its %s fails alone; the others go on', async (how, error) => {
  await using folder = await temporaryFolder()
  const notebook = join(folder.path, 'notebook')
  const file = join(folder.path, 'weir.yaml')
  await writeFile(
    file,
    pluginConfiguration({
      receivers: { rogue: { how }, numbers: {} },
      exporters: { notebook: { path: notebook } },
      pipelines: {
        'metrics/rogue': { receivers: ['rogue'], exporters: ['notebook'] },
        'metrics/fine': { receivers: ['numbers'], exporters: ['notebook'] },
      },
    }),
  )
  await using weir = new WeirProcess(['--config', file])
  const line = await weir.line('the component failed')
  expect(line).toMatchObject({ level: 'error', kind: 'receiver', component: 'rogue', error })
  await weir.line('everything runs')
  const seen = readNotebook(notebook).length
  await weir.until('more samples', () => readNotebook(notebook).length > seen + 2)
  const { components } = (await (await weir.admin('/status')).json()) as Status
  expect(components).toMatchObject([
    { id: 'rogue', state: 'permanent_error', error },
    { id: 'numbers', state: 'ok' },
    { id: 'notebook', state: 'ok' },
  ])
  expect(await weir.metrics()).toMatch(
    /weir_component_state\{[^}]*component="rogue"[^}]*state="permanent_error"[^}]*\} 1\n/,
  )
  expect((await weir.admin('/readyz')).status).toBe(503)
  expect((await weir.end('SIGTERM')).status).toBe(0)
})

test.each(['stop', 'keeps_timer'])(
  '72: a component that fails by %s does not keep the process',
  async (how) => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'weir.yaml')
    const exporters = { notebook: { path: join(folder.path, 'notebook') } }
    await writeFile(file, pluginConfiguration({ receivers: { rogue: { how } }, exporters }))
    await using weir = new WeirProcess(['--config', file])
    await weir.line('everything runs')
    expect((await weir.end('SIGTERM')).status).toBe(0)
    expect(weir.logged('the receiver failed to stop').length).toBe(how === 'stop' ? 1 : 0)
  },
)

test('72: an error of the core stops everything in order, with status 70', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'weir.yaml')
  await writeFile(
    file,
    pluginConfiguration({ exporters: { notebook: { path: join(folder.path, 'notebook') } } }),
  )
  // Nothing of the core can be made to fail from outside: the error comes from a module loaded beside it.
  const failure = 'process.on("SIGUSR2", () => { throw new Error("of the core") })'
  const preload = `data:text/javascript,${encodeURIComponent(failure)}`
  await using weir = new WeirProcess(['--config', file], { env: { NODE_OPTIONS: `--import=${preload}` } })
  await weir.line('everything runs')
  expect((await weir.end('SIGUSR2')).status).toBe(70)
  expect(weir.logged('an error escaped from the core')).toMatchObject([
    { level: 'error', error: 'of the core' },
  ])
  expect(weir.log.at(-1)?.msg).toBe('stopped')
})
