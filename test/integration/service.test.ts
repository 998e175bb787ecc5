import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNotebook } from '../notebook.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it with status 0, after everything was delivered',
  async (signal) => {
    await using folder = await temporaryFolder()
    const notebook = join(folder.path, 'notebook')
    await writeFile(
      join(folder.path, 'weir.yaml'),
      pluginConfiguration({ exporters: { notebook: { path: notebook } } }),
    )
    await using weir = new WeirProcess(['--config', 'weir.yaml'], { cwd: folder.path })
    await weir.until('samples', () => readNotebook(notebook).length > 2)
    const ended = await weir.end(signal)
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: '' })
    expect(weir.log.map(({ msg }) => msg)).toEqual([
      'starting',
      'own metrics are served',
      'health and status are served',
      'notebook start',
      'numbers start',
      'everything runs',
      'stopping',
      'numbers stop',
      'notebook stop',
      'stopped',
    ])
    expect(weir.logged('stopped')[0]).toMatchObject({ lost_points: 0 })
    expect(readNotebook(notebook).every(({ value }) => value === 1)).toBe(true)
  },
)

test('what could not be delivered by the deadline is reported, by exporter and number', async () => {
  await using folder = await temporaryFolder()
  const config = pluginConfiguration({
    receivers: { numbers: { names: ['a', 'b', 'c'] } },
    exporters: { notebook: { path: 'unused', keeps: true } },
  })
  await writeFile(join(folder.path, 'weir.yaml'), config)
  await using weir = new WeirProcess(['--config', 'weir.yaml'], { cwd: folder.path })
  await weir.until('points in the queue', async () =>
    /weir_exporter_queued_points\{.*\} [1-9]/.test(await weir.metrics()),
  )
  expect((await weir.end('SIGTERM')).status).toBe(0)
  const [loss] = weir.logged(
    'data points were lost at the stop: they were accepted and could not be delivered in time',
  )
  expect(loss).toMatchObject({ level: 'warn', exporter: 'notebook' })
  expect(Number(loss?.['points']) % 3).toBe(0)
  expect(weir.logged('stopped')[0]?.['lost_points']).toBe(loss?.['points'])
})

test('the pipelines, own metrics and health agree on what runs', async () => {
  await using folder = await temporaryFolder()
  const notebook = join(folder.path, 'notebook')
  await writeFile(
    join(folder.path, 'weir.yaml'),
    pluginConfiguration({ exporters: { notebook: { path: notebook } } }),
  )
  await using weir = new WeirProcess(['--config', 'weir.yaml'], { cwd: folder.path })
  await weir.line('everything runs')
  await weir.until('samples', () => readNotebook(notebook).length > 0)
  const status = (await (await weir.admin('/status')).json()) as { readonly components: readonly object[] }
  expect(status.components).toMatchObject([
    { kind: 'receiver', id: 'numbers', state: 'ok' },
    { kind: 'exporter', id: 'notebook', state: 'ok' },
  ])
  expect((await weir.admin('/readyz')).status).toBe(200)
  const metrics = await weir.metrics()
  expect(metrics).toMatch(/weir_exporter_imbalance_points\{component="notebook"\} 0\n/)
  expect(metrics).toMatch(/weir_config_last_reload_successful 1\n/)
})
