import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeReader, scrape } from '#src/testing/exposition.ts'
import {
  acceptedOpenMetrics,
  acceptedText,
  refusedOpenMetricsBodies,
  refusedOpenMetricsLines,
  refusedText,
} from '#src/testing/exposition-corpus.ts'
import { ExpositionError } from '#src/text/exposition-error.ts'
import type { ExpositionFormat } from '#src/text/exposition-reader.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { peerBinary } from './peer-binary.ts'

interface Case {
  readonly what: string
  readonly body: Buffer
  readonly format: ExpositionFormat
}

const contentTypes: Partial<Record<ExpositionFormat, string>> = {
  'text-0.0.4': 'text/plain; version=0.0.4; charset=utf-8',
  'openmetrics-1.0.0': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

const end = Buffer.from('z 1\n# EOF\n')

const cases: Case[] = [
  ...[...acceptedText, ...refusedText].map(([what, body]): Case => ({
    what,
    body: Buffer.from(body),
    format: 'text-0.0.4',
  })),
  ...acceptedOpenMetrics.map(([what, body]): Case => {
    const whole = body.startsWith('# EOF') ? body : `${body}\n# EOF\n`
    return { what, body: Buffer.from(whole), format: 'openmetrics-1.0.0' }
  }),
  ...refusedOpenMetricsLines.map(([what, line]): Case => ({
    what,
    body: Buffer.concat([Buffer.from(line), end]),
    format: 'openmetrics-1.0.0',
  })),
  ...refusedOpenMetricsBodies.map(([what, body]): Case => ({
    what,
    body: Buffer.from(body),
    format: 'openmetrics-1.0.0',
  })),
]

/** Where we differ, and mean to. */
const differences: Readonly<Record<string, string>> = {
  'openmetrics-1.0.0: an empty body':
    'it lacks its end; Prometheus asks for none where there is nothing at all',
  'text-0.0.4: NUL before a name': 'Prometheus stops reading there, and takes what was before it for all',
  'text-0.0.4: NUL in HELP and in comments': 'the same',
  'text-0.0.4: a quoted name behind HELP that is empty': 'no family has that name',
  'text-0.0.4: a newline in a value': 'the format has it escaped: lines end with a newline',
  'text-0.0.4: tabs': 'Prometheus takes a tab before a name for a part of it',
  'text-0.0.4: times before 1970': 'the format has them',
}

/** A series and its value, as both sides are compared: labels sorted, without empty ones. */
function sampleText(name: string, labels: Iterable<readonly [string, unknown]>, value: number): string {
  const kept = [...labels].filter(([, text]) => text !== '').toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify([name, ...kept.flat()])} ${Object.is(value, -0) ? 0 : value}`
}

/** What we make of a body: its samples, or that it is refused. */
function ours({ body, format }: Case): readonly string[] | 'refused' {
  try {
    const batches = scrape(makeReader({ honorTimestamps: false }), body, { format })
    return batches
      .flatMap((batch) =>
        [...batch.walk].map((slot) => {
          const series = batch.layout.series[slot]
          return sampleText(series?.name ?? '', series?.attributes ?? [], batch.values[slot] ?? Number.NaN)
        }),
      )
      .toSorted()
  } catch (error) {
    if (error instanceof ExpositionError) return 'refused'
    throw error
  }
}

interface QueryAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>
      readonly value: readonly [number, string]
    }[]
  }
}

interface TargetsAnswer {
  readonly data: {
    readonly activeTargets: readonly { readonly labels: Record<string, string>; readonly health: string }[]
  }
}

async function get<Answer>(url: string): Promise<Answer> {
  const answer = await fetch(url)
  return (await answer.json()) as Answer
}

const added: ReadonlySet<string> = new Set(['job', 'instance', 'case', '__name__'])

/** What a server of Prometheus holds of a case. */
async function theirs(address: string, index: number): Promise<readonly string[]> {
  const query = encodeURIComponent(`{case="${index}"}`)
  const { data } = await get<QueryAnswer>(`http://${address}/api/v1/query?query=${query}`)
  return data.result
    .filter(({ metric }) => !/^(?:up|scrape_.*)$/.test(metric['__name__'] ?? ''))
    .map(({ metric, value }) => {
      const labels = Object.entries(metric).filter(([name]) => !added.has(name))
      return sampleText(metric['__name__'] ?? '', labels, Number(value[1].replace('Inf', 'Infinity')))
    })
    .toSorted()
}

test('Prometheus takes, refuses and understands every body as we do', async () => {
  await using folder = await temporaryFolder()
  const server = createServer((request, response) => {
    const one = cases[Number(request.url?.slice(1))]
    response.setHeader('content-type', contentTypes[one?.format ?? 'protobuf'] ?? '')
    response.end(one?.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const targets = cases.map(
    (_, index) => `      - targets: ['127.0.0.1:${port}']
        labels: { __metrics_path__: /${index}, case: '${index}' }`,
  )
  const file = join(folder.path, 'prometheus.yml')
  await writeFile(
    file,
    `scrape_configs:
  - job_name: cases
    scrape_interval: 1s
    scrape_timeout: 1s
    honor_timestamps: false
    static_configs:
${targets.join('\n')}
`,
  )
  const address = '127.0.0.1:39417'
  const peer = spawn(
    peerBinary('prometheus', '3.16.0'),
    [`--config.file=${file}`, `--storage.tsdb.path=${folder.path}/data`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  )
  try {
    let active: TargetsAnswer['data']['activeTargets'] = []
    while (active.length < cases.length || active.some(({ health }) => health === 'unknown')) {
      await sleep(250)
      active = await get<TargetsAnswer>(`http://${address}/api/v1/targets`).then(
        ({ data }) => data.activeTargets,
        () => [],
      )
    }
    const health = new Map(active.map(({ labels, health }) => [labels['case'], health]))
    const found = new Map<string, unknown>()
    const expected = new Map<string, unknown>()
    for (const [index, one] of cases.entries()) {
      const name = `${one.format}: ${one.what}`
      if (name in differences) continue
      expected.set(name, health.get(String(index)) === 'up' ? await theirs(address, index) : 'refused')
      found.set(name, ours(one))
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
  } finally {
    peer.kill()
    await once(peer, 'exit')
    server.close()
  }
})
