import { inspect } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import type { RunningServer } from '#src/http/server.ts'
import { defaultAdminSettings, startAdminServer } from '#src/telemetry/admin/admin-server.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { fakeComponent, fakeService } from '#src/testing/service.ts'
import { optionsOf, TestReceiver } from '../../receivers/prometheus/test-receiver.ts'

const canary = 'canary-7f3a'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Jobs with every option that holds a secret; of the target, and of a token server that is none. */
function jobs(target: string, elsewhere: string): string {
  const secrets = [
    `basic_auth: { username: u, password: ${canary} }`,
    `authorization: { credentials: ${canary} }`,
    `bearer_token: ${canary}`,
    `http_headers: { X-Key: { secrets: [${canary}] } }`,
    `params: { access_token: [${canary}], api_key: [${canary}] }`,
    `oauth2: { client_id: c, client_secret: ${canary}, token_url: 'http://${elsewhere}/token' }`,
    `proxy_url: 'http://u:${canary}@127.0.0.1:1'`,
    `relabel_configs: [{ target_label: __param_password, replacement: ${canary} }]`,
  ]
  const items = secrets.map(
    (secret, index) => `
    - job_name: j${index}
      scrape_interval: 15s
      scrape_offset: 0s
      static_configs: [{ targets: ['${target}'] }]
      ${secret}`,
  )
  return `config:\n  scrape_configs:${items.join('')}
    - job_name: addresses
      static_configs: [{ targets: ['u:${canary}@a:1', 'http://u:${canary}@b:1/m?token=${canary}'] }]
    - job_name: sd
      http_sd_configs: [{ url: 'http://u:${canary}@${elsewhere}/sd', refresh_interval: 1s }]
`
}

test('70: no secret of a job is in the log, on a page, in JSON, in a sample or an error', async () => {
  const target = await FakeTarget.start()
  closing.push(async () => await target.close())
  target.handler = (request, response) => {
    // It tells what it was told, in all that it can say.
    const told = JSON.stringify([request.url, request.headers])
    response.writeHead(401, {
      'www-authenticate': `Basic realm=${JSON.stringify(told.slice(0, 200))}`,
      'x-told': 'x',
    })
    response.end(told)
  }
  const receiver = await TestReceiver.start(jobs(target.address, target.address))
  closing.push(() => receiver.stop())
  for (let cycle = 0; cycle < 2; cycle++) await receiver.cycle()
  expect([...receiver.receiver.targets.active()].map(({ health }) => health)).toEqual(
    Array.from({ length: 8 }, () => 'down'),
  )

  const service = fakeService(
    fakeComponent({ kind: 'receiver', id: 'prometheus', targets: receiver.receiver.targets }),
  )
  const settings = { ...defaultAdminSettings, server: { endpoint: '127.0.0.1:0' } }
  const admin: RunningServer = await startAdminServer(settings, service, new CapturedLog())
  closing.push(async () => await admin.close())
  const seen = [inspect(receiver.context.logger.lines, { depth: 10 }), inspect(receiver.context.next.samples)]
  for (const path of ['/targets', '/api/v1/targets', '/status']) {
    seen.push(await (await fetch(admin.url + path)).text())
  }
  for (const { id } of receiver.receiver.targets.active()) {
    const query = new URLSearchParams({ component: 'prometheus', id })
    for (const path of ['/relabel-debug', '/api/v1/relabel-debug']) {
      seen.push(await (await fetch(`${admin.url}${path}?${query.toString()}`)).text())
    }
  }
  expect(seen.join('\n').length).toBeGreaterThan(10_000)
  const told = seen.map((text) =>
    text.includes(canary) ? text.slice(text.indexOf(canary) - 200, text.indexOf(canary) + 50) : '',
  )
  expect(told.filter((text) => text !== '')).toEqual([])
})

test('70: a mistake in the options tells no secret', () => {
  const yaml = jobs('a:1', 'b:1').replaceAll('scrape_interval: 15s', 'scrape_timeout: 5m')
  expect(() => optionsOf(yaml)).toThrow('is longer than')
  expect(() => optionsOf(yaml)).not.toThrow(canary)
})
