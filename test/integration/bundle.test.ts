import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registry } from '#src/component/registry.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { childrenRunning } from '#src/testing/statfs-helpers.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Beside the bundle there is nothing: no node_modules, no source. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let main: string
beforeAll(async () => {
  folder = await temporaryFolder()
  const built = join(folder.path, 'dist')
  await exec(process.execPath, [join(root, 'scripts/build.ts'), built], { cwd: root })
  main = join(built, 'weir.js')
  await mkdir(join(folder.path, 'empty'))
}, 60_000)
afterAll(async () => await folder[Symbol.asyncDispose]())

/** Runs the bundle in the empty folder until it ends. */
async function weir(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // The schema of all components is more than Node takes from a child unless it is told.
  return await exec(process.execPath, [main, ...args], {
    cwd: join(folder.path, 'empty'),
    maxBuffer: 1 << 26,
  })
}

/** What `npm start` runs, but listening only where the system chooses, and its own metrics pushed. */
function hostOptions(peer: string, json: string): string[] {
  const reader = {
    periodic: {
      interval: 4_000,
      timeout: 4_000,
      exporter: { otlp: { protocol: 'grpc', endpoint: peer, insecure: true } },
    },
  }
  const sets = {
    'receivers.hostmetrics.initial_delay': '0s',
    'exporters.prometheus.endpoint': '127.0.0.1:0',
    'exporters.json.path': json,
    'extensions.health_check.endpoint': '127.0.0.1:0',
    'service.telemetry.logs.encoding': 'json',
    'service.telemetry.metrics.readers': [reader],
  }
  return [
    '--config',
    join(folder.path, 'host.yaml'),
    ...Object.entries(sets).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]),
  ]
}

function bytes(value: Buffer): Buffer {
  return value
}

/** Where own metrics are pushed to: an OTLP receiver that counts what it gets. */
async function startPeer(): Promise<{ readonly url: string; readonly received: Buffer[]; stop(): void }> {
  const received: Buffer[] = []
  const server = new Server()
  const method = {
    path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  } as const
  server.addService(
    { Export: method },
    {
      Export(call: { readonly request: Buffer }, reply: (error: null, response: Buffer) => void) {
        received.push(call.request)
        reply(null, Buffer.alloc(0))
      },
    },
  )
  const bind = promisify(server.bindAsync.bind(server))
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure())
  return { url: `http://127.0.0.1:${port}`, received, stop: () => server.forceShutdown() }
}

test('the bundle lists every component, and prints the schema of a configuration', async () => {
  const { stdout, stderr } = await weir('components')
  const types = Object.values(registry).flatMap((components) => Object.keys(components))
  expect(
    stdout
      .split('\n')
      .flatMap((line) => line.split(/\s+/)[1] ?? [])
      .toSorted(),
  ).toEqual(types.toSorted())
  expect(stderr).toBe('')
  const schema: unknown = JSON.parse((await weir('schema')).stdout)
  expect(schema).toMatchObject({ properties: { receivers: {}, service: {} } })
})

test('the bundle runs a host pipeline, and pushes its own metrics by OTLP', async () => {
  const peer = await startPeer()
  await cp(join(root, 'configs/host.yaml'), join(folder.path, 'host.yaml'))
  const json = join(folder.path, 'host.jsonl')
  const options = hostOptions(peer.url, json)
  expect((await weir('validate', ...options)).stdout).toBe('the configuration is good\n')

  await using running = new WeirProcess(options, { main, cwd: join(folder.path, 'empty') })
  const { look_at: lookAt } = await running.line('everything runs')
  const [url] = lookAt as string[]
  await running.until('samples', async () =>
    (await (await fetch(url ?? '')).text()).includes('node_filesystem_size_bytes{'),
  )
  await running.until('own metrics', () =>
    peer.received.some((request) => request.includes('weir_exporter_delivered_points')),
  )
  const ended = await running.end('SIGTERM')
  peer.stop()
  expect(ended).toMatchObject({ status: 0, stdout: '' })
  expect(running.log.filter(({ level }) => level !== 'info')).toEqual([])
  expect(await readFile(json, 'utf8')).toContain('"name":"node_load1"')
})

test('the bundle asks a file system that may hang by its own helper process', async () => {
  const host = await FakeHost.create({
    '/proc/1/mountinfo': '20 1 0:50 / / rw - nfs4 server:/ rw\n',
    '/proc/filesystems': 'nodev\tnfs4\n',
  })
  const output = join(folder.path, 'mounts.jsonl')
  const configuration = {
    receivers: {
      hostmetrics: { initial_delay: '0s', root_path: host.root, naming: 'vm', scrapers: { filesystem: {} } },
    },
    exporters: { json: { path: output, format: 'lines', flush_interval: '10ms' } },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['hostmetrics'], exporters: ['json'] } },
    },
  }
  await using running = new WeirProcess(['--config', `yaml:${JSON.stringify(configuration)}`], { main })
  await running.until(
    'a measured mount',
    async () => existsSync(output) && (await readFile(output, 'utf8')).includes('vm_node_filesystem_bytes'),
  )
  expect(childrenRunning('dist/statfs-helper.js', running.child.pid)).toHaveLength(1)
  expect(await running.end('SIGTERM')).toMatchObject({ status: 0 })
  await host.close()
})

test('the bundle runs worker threads', async () => {
  await using target = await FakeTarget.start('x_total 1\n')
  await using receiver = await RemoteWriteReceiver.start()
  const job = { job_name: 't', static_configs: [{ targets: [target.address] }] }
  const configuration = {
    receivers: {
      prometheus: {
        config: { global: { scrape_interval: '100ms', scrape_timeout: '100ms' }, scrape_configs: [job] },
      },
    },
    exporters: { prometheus_remote_write: { endpoint: receiver.url } },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      workers: 2,
      extensions: ['health_check'],
      telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] } },
    },
  }
  const text = `yaml:${JSON.stringify(configuration)}`
  await using running = new WeirProcess(['--config', text], { main, cwd: join(folder.path, 'empty') })
  await running.line('everything runs')
  await running.until('samples', () => receiver.requests.length > 2)
  expect(await running.end('SIGTERM')).toMatchObject({ status: 0, stdout: '' })
  expect(running.log.filter(({ level }) => level !== 'info')).toEqual([])
})

test('the bundle loads built-in modules when they are used', async () => {
  const listing = 'process.on("exit", () => console.log(process.moduleLoadList.join("\\n")))'
  const { stdout } = await exec(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(listing)}`,
    main,
    'validate',
    '--config',
    join(root, 'configs/host.yaml'),
  ])
  expect(stdout).toContain('NativeModule fs\n')
  expect(stdout).not.toMatch(/^NativeModule (?:http|tls|child_process|internal\/deps\/undici\/undici)$/m)
})

test('the bundle loads what a configuration uses, and nothing else', async () => {
  const list = join(folder.path, 'loaded')
  const hooks = `
    import { appendFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + '\\n'); return next(url, context) } })`
  await writeFile(join(folder.path, 'hooks.mjs'), hooks)
  const config = join(folder.path, 'small.yaml')
  await writeFile(
    config,
    JSON.stringify({
      receivers: { hostmetrics: { scrapers: { load: {} } } },
      processors: { batch: {} },
      exporters: { debug: {} },
      service: {
        pipelines: { metrics: { receivers: ['hostmetrics'], processors: ['batch'], exporters: ['debug'] } },
      },
    }),
  )
  await exec(process.execPath, [main, 'validate', '--config', config], {
    cwd: folder.path,
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${new URL(`file:${join(folder.path, 'hooks.mjs')}`).href}`,
    },
  })
  const chunks = (await readFile(list, 'utf8')).match(/(?<=\/chunks\/)[a-z_]+(?=-)/g) ?? []
  const types = Object.values(registry).flatMap((components) => Object.keys(components))
  expect(chunks.filter((name) => types.includes(name)).toSorted()).toEqual(['batch', 'debug', 'hostmetrics'])
  expect(chunks.filter((name) => /^(?:otlp|prometheus|kubernetes|dist)/.test(name))).toEqual([])
})

test('providers of virtual nodes build on the bundle', async () => {
  const use = `
    import { metricFamiliesToText, podHandler, summaryToMetricFamilies } from './dist/kubelet.js'
    const summary = { node: { nodeName: 'n', startTime: null }, pods: [] }
    console.log(typeof podHandler({}), metricFamiliesToText(summaryToMetricFamilies(summary)))`
  const program = join(folder.path, 'provider.mjs')
  await writeFile(program, use)
  const { stdout } = await exec(process.execPath, [program])
  expect(stdout).toMatch(/^function # HELP .*\n# TYPE .*\nresource_scrape_error 0\n/)
})

test('a plugin builds on the bundle that loads it', async () => {
  const plugin = 'test/fixtures/plugins/numbers.ts'
  await cp(join(root, plugin), join(folder.path, 'numbers.ts'))
  const config = join(folder.path, 'plugin.yaml')
  const json = join(folder.path, 'numbers.jsonl')
  await writeFile(
    config,
    JSON.stringify({
      plugins: ['./numbers.ts'],
      receivers: { numbers: { names: ['a_plugin'] } },
      exporters: { json: { path: json, format: 'lines' } },
      extensions: { health_check: { endpoint: '127.0.0.1:0' } },
      service: {
        extensions: ['health_check'],
        telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
        pipelines: { metrics: { receivers: ['numbers'], exporters: ['json'] } },
      },
    }),
  )
  await using running = new WeirProcess(['--config', config], { main, cwd: join(folder.path, 'empty') })
  await running.until(
    'samples',
    async () => existsSync(json) && (await readFile(json, 'utf8')).includes('"a_plugin"'),
  )
  expect((await running.end('SIGTERM')).status).toBe(0)
})
