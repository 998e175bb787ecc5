/**
 * Scraping and remote write beside vmagent, Prometheus and the OpenTelemetry Collector: the same targets at the same
 * interval in the same window, each agent with a sink of its own. Agents share one CPU, targets and sink the other.
 *
 *     npm run bench:scrape -- [--rows plain,gzip] [--agents weir,vmagent,prometheus,otelcol] [--seconds 20] [--rounds 1]
 *         [--minutes 10] [--out FILE] [--verify weir] [--node-flags="--cpu-prof --trace-gc"] [--keep FOLDER]
 *
 * Each table is printed when it is known, and appended to the file of `--out`; of several rounds it has medians. `--minutes`
 * is how long the row churn-flat watches memory. What Weir sends is compared with what was exposed in every row that is one
 * window, value by value; `--verify` names others to check, or none. `--node-flags` are for the Node that runs Weir; `--keep`
 * leaves in a folder what the agents wrote.
 */
import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { agents, type AgentName } from './agents.ts'
import type { Bench } from './bench-run.ts'
import { rows, type Row, type RowName } from './rows.ts'
import { studies, type StudyName } from './studies.ts'
import { verify } from './verification.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: Object.keys(studies).join(',') },
    agents: { type: 'string', default: Object.keys(agents).join(',') },
    seconds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    out: { type: 'string' },
    verify: { type: 'string', default: 'weir' },
    'node-flags': { type: 'string', default: '' },
    keep: { type: 'string' },
  },
})

/** The names in a list with commas; throws where one is not known. */
function chosen<Name extends string>(text: string, known: readonly Name[]): Name[] {
  return text
    .split(',')
    .filter((name) => name !== '' && name !== 'none')
    .map((name) => {
      const found = known.find((each) => each === name)
      if (found === undefined) throw new Error(`"${name}" is none of ${known.join(', ')}`)
      return found
    })
}

function positive(name: 'seconds' | 'minutes' | 'rounds'): number {
  const value = Number(values[name])
  if (!(value > 0)) throw new Error(`--${name} is a number above 0, not ${values[name]}`)
  return value
}

const agentNames = chosen(values.agents, Object.keys(agents) as AgentName[])
const studyNames = chosen(values.rows, Object.keys(studies) as StudyName[])
const verified = chosen(values.verify, Object.keys(agents) as AgentName[]).filter((name) =>
  agentNames.includes(name),
)
if (cpus().length < 2) throw new Error('two CPUs are needed: one for the agents, one for targets and sink')
if (agentNames.includes('otelcol')) execFileSync('scripts/otelcol.sh', { stdio: 'inherit' })

const folder = resolve(values.keep ?? (await mkdtemp(join(tmpdir(), 'weir-bench-'))))
const bundle = join(folder, 'dist')
execFileSync(process.execPath, ['scripts/build.ts', bundle], { stdio: 'ignore' })

const bench: Bench = {
  agents: agentNames,
  rounds: Math.ceil(positive('rounds')),
  windowMs: positive('seconds') * 1000,
  watchMs: positive('minutes') * 60_000,
  stage: (row, names) => ({
    row,
    agents: names,
    folder,
    weir: join(bundle, 'weir.js'),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
  }),
}

async function print(text: string): Promise<void> {
  console.log(text)
  if (values.out !== undefined) await appendFile(values.out, `${text}\n`)
}

async function printVerification(name: RowName, row: Row, agent: AgentName): Promise<void> {
  const { series, samples, bad, failedScrapes, examples } = await verify(bench.stage(row, [agent]))
  const failures = failedScrapes > 0 ? `; ${failedScrapes} scrapes timed out or failed` : ''
  const text = `${name}, ${agents[agent].title}: ${samples} samples of ${series} series compared, ${bad} bad${failures}`
  await print([text, ...examples.map((example) => `  ${example}`), ''].join('\n'))
  if (bad > 0) process.exitCode = 1
}

try {
  for (const name of studyNames) {
    console.error(`measuring ${name}`)
    await print(await studies[name](bench))
    const row = Object.entries(rows).find(([known]) => known === name)
    if (row !== undefined)
      for (const agent of verified) await printVerification(row[0] as RowName, row[1], agent)
  }
} finally {
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true })
}
