import { hostname } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeHost } from '#src/testing/fake-host.ts'
import { HostFiles } from './host-files.ts'
import { nodeName } from './node-name.ts'

let host: FakeHost

beforeEach(async () => {
  host = await FakeHost.create({ '/etc/hostname': 'node-7\n' })
})

afterEach(async () => await host.close())

test('the variable NODE_NAME wins, then the name of the mounted host, then our own', async () => {
  const mounted = new HostFiles(host.root)
  expect(nodeName(mounted, { NODE_NAME: 'given' })).toBe('given')
  expect(nodeName(mounted, { NODE_NAME: '' })).toBe('node-7')
  await host.remove('/etc/hostname')
  expect(nodeName(mounted, {})).toBe(hostname())
  await host.write('/etc/hostname/folder', '')
  expect(nodeName(mounted, {})).toBe(hostname())
  expect(nodeName(new HostFiles(), {})).toBe(hostname())
})
