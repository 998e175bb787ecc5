import { mkdir, symlink, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNotebook } from '../notebook.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const pipeline = (lists: object): Readonly<Record<string, object>> => ({
  metrics: { receivers: ['numbers'], exporters: ['notebook'], ...lists },
})
const exporters = { notebook: { path: 'unused' } }

/** Bad configurations, and what the log must say of each: its path, and the way out. */
const bad: readonly (readonly [name: string, text: string, reason: RegExp])[] = [
  ['bad YAML', 'receivers: {\n', /./],
  ['a TAB', 'receivers:\n\tnumbers: {}\n', /tab/i],
  [
    'an unknown key',
    pluginConfiguration({ exporters, receivers: { numbers: { intreval: '1s' } } }),
    /^receivers\.numbers\.intreval: .*"interval"/,
  ],
  [
    'a wrong type',
    pluginConfiguration({ exporters, receivers: { numbers: { names: 5 } } }),
    /^receivers\.numbers\.names: /,
  ],
  [
    'an undefined exporter',
    pluginConfiguration({ exporters, pipelines: pipeline({ exporters: ['notebok'] }) }),
    /^service\.pipelines\.metrics\.exporters.*"notebook"/,
  ],
  [
    'a component that refuses its options',
    pluginConfiguration({
      exporters,
      processors: { batch: { send_batch_size: 10, send_batch_max_size: 5 } },
    }),
    /^processors\.batch\.send_batch_max_size: send_batch_max_size must be greater/,
  ],
]

test.each(bad)(
  '56: %s, brought by a swap of ..data, leaves the old configuration running',
  async (_, text, reason) => {
    await using folder = await temporaryFolder()
    const notebook = join(folder.path, 'notebook')
    const config = join(folder.path, 'config')

    async function swap(version: string, content: string): Promise<void> {
      await mkdir(join(config, version), { recursive: true })
      await writeFile(join(config, version, 'weir.yaml'), content)
      await symlink(version, join(config, '..data_tmp'))
      await rename(join(config, '..data_tmp'), join(config, '..data'))
    }

    const good = pluginConfiguration({ exporters: { notebook: { path: notebook } } })
    await swap('..one', good)
    await symlink('..data/weir.yaml', join(config, 'weir.yaml'))
    await using weir = new WeirProcess(['--config', join(config, 'weir.yaml')])
    await weir.line('everything runs')
    expect(await weir.metrics()).toMatch(/weir_config_last_reload_successful 1\n/)

    await swap('..two', text)
    await weir.line('the new configuration was refused; the one before goes on')
    const [told] = weir.logged('the configuration cannot run')
    expect(told?.['reason']).toMatch(reason)
    expect(told?.['place']).toMatch(/weir\.yaml:\d+:\d+$/)
    const metrics = await weir.metrics()
    expect(metrics).toMatch(/weir_config_last_reload_successful 0\n/)
    expect(metrics).toMatch(/weir_config_reloads_total\{outcome="failed"\} 1\n/)
    const seen = readNotebook(notebook).length
    await weir.until('more samples', () => readNotebook(notebook).length > seen + 2)
    expect(weir.logged('numbers start').length).toBe(1)

    // What is mended runs, and says so.
    await swap('..three', good)
    await weir.until('the mended configuration', async () =>
      /weir_config_last_reload_successful 1\n/.test(await weir.metrics()),
    )
    expect(readNotebook(notebook).every(({ value }) => value === 1)).toBe(true)
    expect((await weir.end('SIGTERM')).status).toBe(0)
  },
)

test('56: a new part that cannot start gives way to the configuration before', async () => {
  await using folder = await temporaryFolder()
  const notebook = join(folder.path, 'notebook')
  const file = join(folder.path, 'weir.yaml')
  await writeFile(file, pluginConfiguration({ exporters: { notebook: { path: notebook } } }))
  await using weir = new WeirProcess(['--config', file])
  await weir.line('everything runs')
  await weir.until('samples', () => readNotebook(notebook).length > 0)
  const taken = String((await weir.line('health and status are served'))['address'])
  await writeFile(
    file,
    pluginConfiguration({ exporters: { notebook: { path: notebook }, prometheus: { endpoint: taken } } }),
  )
  weir.signal('SIGHUP')
  await weir.line('the new configuration was refused; the one before goes on')
  expect(weir.logged('the configuration cannot run')[0]?.['reason']).toMatch(
    /^exporter prometheus: cannot listen on .* in use by another component of this process$/,
  )
  const seen = readNotebook(notebook).length
  await weir.until('more samples', () => readNotebook(notebook).length > seen + 2)
  expect(readNotebook(notebook).every(({ value }) => value === 1)).toBe(true)
})
