import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { Options } from '#src/config/schema.ts'
import { httpClientProperties } from '#src/http/client/prometheus-client-config.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { CertificateMaker } from '#src/testing/certificates.ts'
import { optionsOf } from '#src/testing/options.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { openCluster } from './cluster-access.ts'
import type { ClusterOptions } from './cluster-config.ts'
import { clusterStatistics } from './api-statistics.ts'
import { acquireCluster } from './clusters.ts'
import { nodes } from '#src/testing/kubernetes-client.ts'
import { serviceAccountAccess } from './service-account.ts'

const ClientOptions = Options(httpClientProperties)
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const sink = { begin: () => undefined, chunk: () => undefined, end: () => undefined }
const list = answerOf('{"metadata":{"resourceVersion":"1"},"items":[]}')

/** A server with TLS in a folder with its authority, and what a client of it is given. */
async function setting() {
  const folder = await temporaryFolder()
  const maker = new CertificateMaker(folder.path)
  const authority = await maker.make('authority')
  const { cert, key } = await maker.make('server', { authority })
  const user = await maker.make('user', { authority })
  const tls = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false }
  const server = await ScriptedServer.start(() => list, tls)
  const surroundings = { clock: systemClock, logger: new CapturedLog(), environment: { HOME: folder.path } }
  const kubeconfig = join(folder.path, 'config')
  const options: ClusterOptions = { auth_type: 'kubeConfig', kubeconfig }
  const configure = async (users: object, cluster: object = { 'certificate-authority': 'authority.crt' }) => {
    // JSON is YAML.
    const config = {
      'current-context': 'here',
      clusters: [{ name: 'c', cluster: { server: server.url('/prefix').href, ...cluster } }],
      users: [{ name: 'u', user: users }],
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'mine' } }],
    }
    await writeFile(kubeconfig, JSON.stringify(config))
  }
  const ask = async () => {
    const access = await openCluster(options, surroundings)
    const answer = await access.client.get({ url: new URL(access.server), timeoutMs: 5000 }, sink)
    access.client.close()
    const request = server.requests.at(-1)
    return { access, answer, authorization: request?.headers.get('authorization'), request }
  }
  return {
    folder,
    authority,
    user,
    server,
    surroundings,
    kubeconfig,
    options,
    configure,
    ask,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a kubeconfig with a token and a file of authorities, relative to it, is enough', async () => {
  await using here = await setting()
  await here.configure({ token: 'abc' })
  const { access, authorization, request } = await here.ask()
  expect([authorization, request?.target]).toEqual(['Bearer abc', '/prefix'])
  expect(access.namespace).toBe('mine')
  expect(access.trust).toContain('authority.crt')
})

test('authorities, certificates and keys may stand in the file', async () => {
  await using here = await setting()
  const { cert, key } = here.user
  let shown: unknown
  here.server.script = (_, socket) => {
    shown = (socket as TLSSocket).getPeerCertificate().subject.CN
    return list
  }
  await here.configure(
    { 'client-certificate-data': base64(cert), 'client-key-data': base64(key), as: 'somebody' },
    { 'certificate-authority-data': base64(here.authority.cert) },
  )
  const { authorization, request } = await here.ask()
  expect([shown, authorization]).toEqual(['user', undefined])
  expect(request?.headers.get('impersonate-user')).toBe('somebody')
})

test('a name and a password are basic credentials', async () => {
  await using here = await setting()
  await here.configure({ username: 'me', password: 'a:b' })
  expect((await here.ask()).authorization).toBe(`Basic ${btoa('me:a:b')}`)
})

test('a command gives a token, which is kept, and asked for again when it is refused', async () => {
  await using here = await setting()
  const command = join(here.folder.path, 'give')
  const count = join(here.folder.path, 'count')
  const credential = '{"kind":"ExecCredential","status":{"token":"t%s"}}'
  await writeFile(
    command,
    `#!/bin/sh\necho >>"${count}"\nprintf '${credential}' "$(wc -l <"${count}" | tr -d ' ')"\n`,
  )
  await chmod(command, 0o700)
  await here.configure({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args: [] } })
  const { access, authorization } = await here.ask()
  expect(authorization).toBe('Bearer t1')
  here.server.script = ({ headers }) =>
    headers.get('authorization') === 'Bearer t1' ? answerOf('', { status: 401 }) : list
  const { status } = await access.client.get({ url: access.server, timeoutMs: 5000 }, sink)
  expect(status).toBe(200)
  expect(here.server.requests.at(-1)?.headers.get('authorization')).toBe('Bearer t2')
})

test('a command that fails is told as such, and no secret with it', async () => {
  await using here = await setting()
  await here.configure({ exec: { command: '/nonexistent/give', args: [] } })
  await expect(openCluster(here.options, here.surroundings)).rejects.toThrowError(
    'the user of the kubeconfig has no credentials: spawn /nonexistent/give ENOENT',
  )
})

test('what a kubeconfig lacks is said', async () => {
  await using here = await setting()
  await here.configure({ token: 'abc' })
  const open = async (options: Partial<ClusterOptions>) =>
    await openCluster({ auth_type: 'kubeConfig', ...options }, here.surroundings)
  await expect(open({ kubeconfig: here.kubeconfig, context: 'other' })).rejects.toThrowError(
    'no context other',
  )
  await expect(open({})).rejects.toThrowError('neither $KUBECONFIG nor')
  await writeFile(here.kubeconfig, '{}')
  await expect(open({ kubeconfig: here.kubeconfig })).rejects.toThrowError('no cluster')
})

test('a pod finds the server by its environment, and its token, authority and namespace in files', async () => {
  await using here = await setting()
  const { path } = here.folder
  await writeFile(join(path, 'token'), 'from-file\n')
  await writeFile(join(path, 'ca.crt'), here.authority.cert)
  await writeFile(join(path, 'namespace'), 'mine')
  const environment = {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(here.server.port),
  }
  const access = serviceAccountAccess({ ...here.surroundings, environment }, path)
  await access.client.get({ url: access.server, timeoutMs: 5000 }, sink)
  access.client.close()
  expect(here.server.requests[0]?.headers.get('authorization')).toBe('Bearer from-file')
  expect(access.namespace).toBe('mine')
})

test('a server whose URL is known is asked as options of Prometheus say', async () => {
  await using here = await setting()
  const file = join(here.folder.path, 'authority.crt')
  const ask = async (tls: object) => {
    const client = optionsOf(ClientOptions, { bearer_token: 'abc', tls_config: tls })
    const options = { server: here.server.url('/prefix').href, client }
    const access = await openCluster(options, here.surroundings)
    const asked = access.client.get({ url: access.server, timeoutMs: 5000 }, sink)
    await asked.catch(() => undefined)
    access.client.close()
    return { access, asked }
  }
  const { access, asked } = await ask({ ca_file: file })
  expect(await asked).toMatchObject({ status: 200 })
  expect([access.trust, access.namespace]).toEqual([`those of ${file}`, undefined])
  expect(here.server.requests[0]?.headers.get('authorization')).toBe('Bearer abc')
  const distrusting = await ask({})
  await expect(distrusting.asked).rejects.toMatchObject({ code: 'tls_certificate_untrusted' })
  expect(distrusting.access.trust).toBe('those of this machine')
  expect((await ask({ ca: here.authority.cert })).access.trust).toBe('those of tls_config.ca')
})

test('outside of a pod it is said what to do', async () => {
  const surroundings = { clock: systemClock, logger: new CapturedLog(), environment: {} }
  await expect(openCluster({ auth_type: 'serviceAccount' }, surroundings)).rejects.toThrowError(
    'this is no pod. Outside of one say by a kubeconfig where the API server is',
  )
})

test('those who ask for the same cluster get the same, with one watch for the same objects', async () => {
  await using here = await setting()
  await here.configure({ token: 'abc' })
  here.server.script = ({ target }) => (target.includes('watch=true') ? answerOf('', { status: 422 }) : list)
  const one = await acquireCluster(here.options, here.surroundings)
  const two = await acquireCluster({ ...here.options }, here.surroundings)
  expect(two.api).toBe(one.api)
  let synced = 0
  const subscription = { scope: { resource: nodes }, projection: () => 1, synced: () => synced++ }
  const first = one.watches.subscribe(subscription)
  await vi.waitFor(() => expect(synced).toBe(1))
  const second = two.watches.subscribe(subscription)
  await vi.waitFor(() => expect(synced).toBe(2))
  expect(one.api.statistics.sharedWatches).toBe(1)
  expect([...clusterStatistics]).toEqual([one.api.statistics])
  first.close()
  second.close()
  one.release()
  one.release()
  expect(clusterStatistics.size).toBe(1)
  two.release()
  await vi.waitFor(() => expect(clusterStatistics.size).toBe(0))
})

test('a cluster that cannot be opened is tried anew by the next who asks', async () => {
  await using here = await setting()
  await expect(acquireCluster(here.options, here.surroundings)).rejects.toThrowError('ENOENT')
  await here.configure({ token: 'abc' })
  const held = await acquireCluster(here.options, here.surroundings)
  held.release()
})
