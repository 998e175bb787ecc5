import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

/** A configuration in which one part listens on a port. */
const listeners: Readonly<Record<string, (port: number) => string>> = {
  'service.telemetry.metrics': (port) =>
    pluginConfiguration({
      exporters: { notebook: { path: 'unused' } },
      service: {
        telemetry: {
          logs: { encoding: 'json' },
          metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port } } } }] },
        },
      },
    }),
  'extensions.health_check': (port) =>
    pluginConfiguration({ exporters: { notebook: { path: 'unused' } }, admin: `127.0.0.1:${port}` }),
  'exporter prometheus': (port) =>
    pluginConfiguration({ exporters: { prometheus: { endpoint: `127.0.0.1:${port}` } } }),
}

test.each(Object.entries(listeners))(
  '57: %s names who holds its port, and the exit status is 1',
  async (part, configure) => {
    await using folder = await temporaryFolder()
    await using server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const file = join(folder.path, 'weir.yaml')
    await writeFile(file, configure(port))
    await using weir = new WeirProcess(['--config', file])
    const { status } = await weir.end()
    const name = (await readFile('/proc/self/comm', 'utf8')).trim()
    expect(weir.log.at(-1)).toMatchObject({
      level: 'error',
      msg: 'the configuration cannot run',
      reason: `${part}: cannot listen on 127.0.0.1:${port}: in use by pid ${process.pid} (${name})`,
    })
    expect(status).toBe(1)
  },
)
