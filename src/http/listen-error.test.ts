import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { explainListenError } from './listen-error.ts'
import { findPortOwner } from './port-owner.ts'

const failure = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code })

test('the owner of a port is this process, and nobody where none listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  expect(await findPortOwner(port)).toMatchObject({ pid: process.pid })
  const error = await explainListenError(failure('EADDRINUSE'), { host: '127.0.0.1', port })
  expect(error.message).toBe(
    `cannot listen on 127.0.0.1:${port}: in use by another component of this process`,
  )
  server.close()
  await once(server, 'close')
  expect(await findPortOwner(port)).toBeUndefined()
})

test.each([
  ['EACCES', { host: '', port: 80 }, 'cannot listen on :80: port 80 is privileged'],
  ['EACCES', { host: '', port: 8080 }, 'cannot listen on :8080: permission denied'],
  ['EADDRNOTAVAIL', { host: '::7', port: 8080 }, 'cannot listen on [::7]:8080: no interface of this machine'],
  [
    'ENOTFOUND',
    { host: 'nowhere', port: 8080 },
    'cannot listen on nowhere:8080: the name nowhere is not known',
  ],
  ['EIO', { host: '', port: 1 }, 'cannot listen on :1: listen EIO'],
])('%s is explained', async (code, endpoint, message) => {
  expect((await explainListenError(failure(code), endpoint)).message).toContain(message)
})
