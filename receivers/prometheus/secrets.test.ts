import { rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { plainValue } from '#src/telemetry/log-value.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { jobOf, TestReceiver } from './test-receiver.ts'

/** What must be seen nowhere, in any form. */
const canary = 'canary-5e1f77'
const forms = [
  canary,
  Buffer.from(`u:${canary}`).toString('base64'),
  Buffer.from(`weir:${canary}`).toString('base64'),
  encodeURIComponent(canary),
]

let target: FakeTarget
let tokens: FakeTarget
let receiver: TestReceiver | undefined

beforeEach(async () => {
  target = await FakeTarget.start('a 1\n')
  tokens = await FakeTarget.start(JSON.stringify({ access_token: canary, token_type: 'Bearer' }))
  tokens.contentType = 'application/json'
})

afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await Promise.all([target.close(), tokens.close()])
})

/** All that a person or another system may get to see of a receiver. */
function visibleOf({ context, receiver: { targets } }: TestReceiver): string {
  const active = [...targets.active()]
  return JSON.stringify([
    plainValue(context.logger.lines),
    plainValue(context.reports),
    active,
    [...targets.dropped()],
    active.map(({ id }) => targets.traceSeries(id, [['__name__', 'a']])),
    targets.traceTarget('j', [['__address__', target.address]]),
    [...context.collections.bySource].map(([source, { errors }]) => [source, ...errors]),
    [...context.ledger.dropped],
    context.next.samples,
    context.next.batches.map(({ layout }) => [
      layout.source.id,
      ...layout.series.map((each) => each?.metric),
    ]),
  ])
}

/** Scrapes once, and expects that nothing of the canary is visible; returns what is. */
async function scrapeUnseen(running: TestReceiver): Promise<string> {
  await running.cycle()
  const visible = visibleOf(running)
  for (const form of forms) expect(visible).not.toContain(form)
  return visible
}

/** Ways for a job to hold a secret, given a file that has it and a server of tokens. */
const holders: readonly [string, (file: string, tokenUrl: string) => string][] = [
  ['a bearer token in a file', (file) => `authorization: { credentials_file: '${file}' }`],
  ['a bearer token', () => `authorization: { credentials: ${canary} }`],
  ['the old option of a file', (file) => `bearer_token_file: '${file}'`],
  ['a password in a file', (file) => `basic_auth: { username: u, password_file: '${file}' }`],
  [
    'a client secret in a file',
    (file, url) => `oauth2: { client_id: weir, client_secret_file: '${file}', token_url: '${url}' }`,
  ],
  ['a header', () => `http_headers: { X-Key: { secrets: [${canary}] } }`],
  ['a header in a file', (file) => `http_headers: { X-Key: { files: ['${file}'] } }`],
  ['a parameter of the URL', () => `params: { token: [${canary}] }`],
]

/** What a target does with the request, which bears the secret. */
const answers: readonly [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
  ['a body', (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('a 1\n')],
  [
    '401 and an echo',
    ({ headers, url }, response) => response.writeHead(401).end(JSON.stringify([headers, url])),
  ],
  [
    'a redirect to another host with an echo',
    ({ headers, url }, response) =>
      response.writeHead(302, { location: `http://other.invalid/?${url}&${headers.authorization}` }).end(),
  ],
  [
    'a type that echoes',
    ({ headers }, response) =>
      response.writeHead(200, { 'content-type': `x/${headers.authorization ?? ''}` }).end('a 1\n'),
  ],
  [
    'a malformed line that echoes',
    ({ headers, url }, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(`a{ ${headers.authorization} ${headers['x-key'] as string} ${url}\n`),
  ],
  [
    'a malformed line that echoes what it decoded',
    ({ headers }, response) => {
      const [, credentials = ''] = (headers.authorization ?? '').split(' ')
      const decoded = Buffer.from(credentials, 'base64').toString()
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`a{ ${decoded}\n`)
    },
  ],
  [
    'an end in the midst',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' })
      response.write('a 1')
      response.destroy()
    },
  ],
]

describe.each(holders)('%s is seen nowhere', (_, holder) => {
  test.each(answers)('where the target answers with %s', async (_answer, handler) => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'secret')
    await writeFile(file, `${canary}\n`)
    const requests: string[] = []
    target.handler = (request, response) => {
      requests.push(JSON.stringify([request.headers, request.url]))
      handler(request, response)
    }
    const job = `${holder(file, `http://${tokens.address}/token`)}\n`
    receiver = await TestReceiver.start(jobOf([target.address], job))
    await scrapeUnseen(receiver)
    // The secret did go to the target, so this test could see it.
    expect(forms.some((form) => requests[0]?.includes(form))).toBe(true)
    await scrapeUnseen(receiver)
  })
})

describe('an unusable secret is told without it', () => {
  test('where its file is gone, or is not what a header may be', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'secret')
    for (const content of [undefined, `${canary}\u0001`, `${canary}\nX-More: b`]) {
      await rm(file, { force: true })
      if (content !== undefined) await writeFile(file, content)
      using running = await TestReceiver.start(
        jobOf([target.address], `authorization: { credentials_file: '${file}' }`),
      )
      await scrapeUnseen(running)
      expect([running.target.health, running.target.error]).toEqual([
        'down',
        expect.stringMatching(/secret'|header Authorization/),
      ])
    }
  })

  test.each([
    ['refuses and echoes', 401, (body: string) => body],
    ['answers nonsense', 200, (body: string) => body],
    ['answers with an error', 400, () => `{"error":"invalid_client","error_description":"not ${canary}"}`],
  ])('where the server of tokens %s', async (_, status, answer) => {
    tokens.handler = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => void chunks.push(chunk))
      request.on('end', () =>
        response
          .writeHead(status)
          .end(answer(`${Buffer.concat(chunks).toString()} ${request.headers.authorization}`)),
      )
    }
    const url = `http://${tokens.address}/token`
    receiver = await TestReceiver.start(
      jobOf([target.address], `oauth2: { client_id: weir, client_secret: ${canary}, token_url: '${url}' }`),
    )
    await scrapeUnseen(receiver)
    expect([tokens.requests.length > 0, receiver.target.health]).toEqual([true, 'down'])
  })

  test('where discovery by a server fails', async () => {
    target.handler = ({ headers }, response) => response.writeHead(403).end(headers.authorization)
    receiver = await TestReceiver.start(`config:
  scrape_configs:
    - job_name: j
      http_sd_configs:
        - url: http://user:${canary}@${target.address}/sd?token=${canary}
        - { url: 'http://${target.address}/sd', authorization: { credentials: ${canary} } }
        - { url: 'http://${target.address}/sd', basic_auth: { username: u, password: ${canary} } }
`)
    const { logger } = receiver.context
    await expect.poll(() => logger.lines.length).toBeGreaterThanOrEqual(3)
    const visible = visibleOf(receiver)
    for (const form of forms) expect(visible).not.toContain(form)
  })
})
