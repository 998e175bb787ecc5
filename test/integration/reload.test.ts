import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNotebook } from '../notebook.ts'
import { pluginConfiguration, type PluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

/** A folder as kubelet writes a ConfigMap: files are links through `..data`, which is swapped as a whole. */
class ConfigMapFolder {
  readonly path: string
  #version = 0

  constructor(path: string) {
    this.path = path
  }

  async write(text: string): Promise<void> {
    const version = `..version_${this.#version++}`
    await mkdir(join(this.path, version), { recursive: true })
    await writeFile(join(this.path, version, 'weir.yaml'), text)
    await symlink(version, join(this.path, '..data_tmp'))
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'))
    if (this.#version === 1) await symlink('..data/weir.yaml', join(this.path, 'weir.yaml'))
    else await rm(join(this.path, `..version_${this.#version - 2}`), { recursive: true })
  }
}

const runs = 'the new configuration runs'

test('SIGHUP restarts only what changed', async () => {
  await using folder = await temporaryFolder()
  // Beside the folder that is watched, so that only the signal counts.
  const file = join(folder.path, 'weir.yaml')
  const given: PluginConfiguration = {
    receivers: { numbers: {}, 'numbers/two': {} },
    exporters: {
      notebook: { path: join(folder.path, 'one') },
      'notebook/two': { path: join(folder.path, 'two') },
    },
  }
  await writeFile(file, pluginConfiguration(given))
  await using weir = new WeirProcess(['--config', file])
  await weir.line('everything runs')
  const before = weir.log.length
  await writeFile(
    file,
    pluginConfiguration({
      receivers: { numbers: {}, 'numbers/two': { names: ['b'] } },
      exporters: { ...given.exporters, 'notebook/two': { path: join(folder.path, 'three') } },
    }),
  )
  weir.signal('SIGHUP')
  await weir.line(runs)
  const touched = weir.log.slice(before).filter(({ msg }) => /^(?:numbers|notebook) /.test(msg))
  expect(touched.map(({ msg, component }) => [msg, component])).toEqual([
    ['numbers stop', 'numbers/two'],
    ['notebook stop', 'notebook/two'],
    ['notebook start', 'notebook/two'],
    ['numbers start', 'numbers/two'],
  ])
  expect((await weir.end('SIGTERM')).status).toBe(0)
})

test('POST /-/reload answers what came of it', async () => {
  await using folder = await temporaryFolder()
  const configMap = new ConfigMapFolder(join(folder.path, 'config'))
  const file = join(configMap.path, 'weir.yaml')
  const exporters = { notebook: { path: join(folder.path, 'notebook') } }
  await configMap.write(pluginConfiguration({ exporters }))
  await using weir = new WeirProcess(['--config', file])
  await weir.line('everything runs')
  const same = await weir.admin('/-/reload', 'POST')
  expect([same.status, await same.text()]).toEqual([200, 'nothing changed\n'])
  await configMap.write(pluginConfiguration({ receivers: { numbers: { names: ['b'] } }, exporters }))
  const changed = await weir.admin('/-/reload', 'POST')
  expect([changed.status, await changed.text()]).toEqual([200, `${runs}\n`])
  await configMap.write(pluginConfiguration({ receivers: { numbers: { nmaes: ['b'] } }, exporters }))
  const bad = await weir.admin('/-/reload', 'POST')
  expect(bad.status).toBe(400)
  expect(await bad.text()).toMatch(/weir\.yaml:\d+:\d+ error: receivers\.numbers\.nmaes: .*names/)
})

test('a swap of ..data, as of a ConfigMap, is noticed, and what ended gets stale markers', async () => {
  await using folder = await temporaryFolder()
  const configMap = new ConfigMapFolder(join(folder.path, 'config'))
  const notebook = join(folder.path, 'notebook')
  const exporters = { notebook: { path: notebook } }
  await configMap.write(pluginConfiguration({ receivers: { numbers: { names: ['a', 'b'] } }, exporters }))
  await using weir = new WeirProcess(['--config', join(configMap.path, 'weir.yaml')])
  await weir.until('samples', () => readNotebook(notebook).length > 2)
  for (const [count, names] of [
    ['b', 'c'],
    ['c', 'd'],
  ].entries()) {
    await configMap.write(pluginConfiguration({ receivers: { numbers: { names } }, exporters }))
    await weir.line(runs, count + 1)
    await weir.until(`a sample of ${names[1]}`, () =>
      readNotebook(notebook).some(({ name }) => name === names[1]),
    )
  }
  await weir.end('SIGTERM')
  const samples = readNotebook(notebook)
  expect(samples.filter(({ value }) => value === 'stale').map(({ name }) => name)).toEqual(['a', 'b'])
  const times = samples.filter(({ name }) => name === 'b').map(({ time }) => time)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
})

test('a reload that changes nothing emits no stale marker and restarts nothing', async () => {
  await using folder = await temporaryFolder()
  const notebook = join(folder.path, 'notebook')
  const file = join(folder.path, 'weir.yaml')
  await writeFile(file, pluginConfiguration({ exporters: { notebook: { path: notebook } } }))
  await using weir = new WeirProcess(['--config', file])
  await weir.line('everything runs')
  weir.signal('SIGHUP')
  await weir.line('the configuration was read again; nothing in it changed')
  const seen = readNotebook(notebook).length
  await weir.until('more samples', () => readNotebook(notebook).length > seen + 2)
  await weir.end('SIGTERM')
  expect(readNotebook(notebook).every(({ value }) => value === 1)).toBe(true)
  expect(weir.logged('numbers start').length).toBe(1)
})

test('the log changes its level and its encoding with the configuration', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'weir.yaml')
  const exporters = { notebook: { path: join(folder.path, 'notebook') } }
  await writeFile(file, pluginConfiguration({ exporters }))
  await using weir = new WeirProcess(['--config', file])
  await weir.line('everything runs')
  const telemetry = { logs: { level: 'warn', encoding: 'console' }, metrics: { level: 'none' } }
  await writeFile(file, pluginConfiguration({ exporters, service: { telemetry } }))
  weir.signal('SIGHUP')
  await weir.line(runs)
  await writeFile(file, 'receivers: {')
  await weir.until('a line of text', () =>
    /^\S+Z error the configuration cannot run place=/m.test(weir.stderr),
  )
  expect(weir.stderr).not.toMatch(/^\S+Z info /m)
})
