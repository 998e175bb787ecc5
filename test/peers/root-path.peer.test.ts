import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort, MountNamespace, quoted, scraped, until } from './mount-namespace.ts'
import { weirCommand } from './served-host.ts'

const scrapers = ['cpu', 'memory', 'load', 'disk', 'filesystem', 'network']

/** What is served, once all scrapers have been at work. */
async function complete(port: number): Promise<ReadonlyMap<string, number> | undefined> {
  const values = await scraped(port)
  const collectors = [...(values?.keys() ?? [])].filter((key) =>
    key.startsWith('node_scrape_collector_success'),
  )
  return collectors.length > scrapers.length ? values : undefined
}

test('in a container that has the host below a folder, the series are those of the host', async () => {
  await using folder = await temporaryFolder()
  const [inside, outside] = [await freePort(), await freePort()]
  // As in a container: the first process is another one, and there is nothing of the host beside the folder.
  await using _ = new MountNamespace(
    `cd ${quoted(folder.path)}; mkdir host
    mount --rbind / host
    mount -t proc proc /proc; mount -t tmpfs none /sys; mount -t tmpfs none /run
    cp /proc/1/comm first
    exec ${weirCommand(inside, scrapers, `${folder.path}/host`)}`,
    [],
  )
  const host = spawn('sh', ['-c', `exec ${weirCommand(outside, scrapers)}`], { stdio: 'inherit' })
  try {
    const ours = await until('the series inside', async () => await complete(inside))
    const theirs = await until('the series outside', async () => await complete(outside))
    expect(await readFile(`${folder.path}/first`, 'utf8')).not.toBe(await readFile('/proc/1/comm', 'utf8'))
    expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted())
    const constant =
      /^node_(filesystem_(size|readonly|device_error|files\{)|memory_MemTotal|network_mtu|disk_info|scrape_collector_success)/
    const steady = (values: ReadonlyMap<string, number>) =>
      [...values]
        .filter(([key]) => constant.test(key))
        .map(([key, value]) => `${key} ${value}`)
        .toSorted()
    expect(steady(ours)).toEqual(steady(theirs))
    expect(steady(ours).length).toBeGreaterThan(10)
  } finally {
    host.kill('SIGKILL')
  }
})
