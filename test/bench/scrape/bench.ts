/**
 * Scraping and remote write beside vmagent, Prometheus and the OpenTelemetry Collector: the same targets at the same
 * interval in the same window, each agent with a sink of its own. Agents share one CPU, targets and sink the other.
 *
 *     npm run bench:scrape -- [--rows plain,gzip] [--agents weir,vmagent,prometheus,otelcol] [--seconds 20] [--rounds 1]
 *
 * What Weir sends is compared with what was exposed in every row, value by value; `--verify` names others to check, or none.
 * `--node-flags` are for the Node that runs Weir, as in `--node-flags="--cpu-prof --trace-gc"`; `--keep FOLDER` leaves there what the
 * agents wrote.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { agents, type AgentName } from './agents.ts'
import { smallSeries } from './data-set.ts'
import { measure, verify, type Measurement } from './measurement.ts'
import { rows, type Row, type RowName } from './rows.ts'
import { measureSaturation } from './saturation.ts'
import type { StageOptions } from './stage.ts'
import { memoryTable, rowTable } from './table.ts'
import { standardSeries } from '../scrape-bodies.ts'

const saturation = 'saturation'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: [...Object.keys(rows), saturation].join(',') },
    agents: { type: 'string', default: Object.keys(agents).join(',') },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '1' },
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

const agentNames = chosen(values.agents, Object.keys(agents) as AgentName[])
const rowNames = chosen(values.rows, [...(Object.keys(rows) as RowName[]), saturation])
const verified = chosen(values.verify, agentNames)
const rounds = Number(values.rounds)
const windowMs = Number(values.seconds) * 1000
if (!(rounds >= 1 && windowMs > 0)) throw new Error('--rounds and --seconds are numbers above 0')
if (cpus().length < 2) throw new Error('two CPUs are needed: one for the agents, one for targets and sink')
if (agentNames.includes('otelcol')) execFileSync('scripts/otelcol.sh', { stdio: 'inherit' })

const folder = resolve(values.keep ?? (await mkdtemp(join(tmpdir(), 'weir-bench-'))))
const bundle = join(folder, 'dist')
if (agentNames.includes('weir'))
  execFileSync(process.execPath, ['scripts/build.ts', bundle], { stdio: 'ignore' })

function stageOf(row: Row, names: readonly AgentName[]): StageOptions {
  return {
    row,
    agents: names,
    journal: false,
    folder,
    weir: join(bundle, 'weir.js'),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
  }
}

const results = new Map<RowName | typeof saturation, Map<AgentName, Measurement[]>>()

function keep(name: RowName | typeof saturation, agent: AgentName, measurement: Measurement): void {
  const byAgent = results.get(name) ?? new Map<AgentName, Measurement[]>()
  results.set(name, byAgent)
  byAgent.set(agent, [...(byAgent.get(agent) ?? []), measurement])
  if (measurement.failure !== undefined) console.error(`${name}, ${agent}: ${measurement.failure}`)
}

try {
  for (let round = 1; round <= rounds; round++) {
    for (const name of rowNames) {
      console.error(`round ${round} of ${rounds}: ${name}`)
      if (name === saturation) {
        for (const agent of agentNames) {
          const measurement = await measureSaturation(stageOf(rows.plain, [agent]))
          if (measurement !== undefined) keep(name, agent, measurement)
        }
        continue
      }
      const measurements = await measure(stageOf(rows[name], agentNames), windowMs)
      for (const [index, measurement] of measurements.entries()) {
        const agent = agentNames[index]
        if (agent !== undefined) keep(name, agent, measurement)
      }
    }
  }
  for (const [name, byAgent] of results) {
    console.log(
      rowTable(name === saturation ? 'the most that it delivers, alone on a CPU' : rows[name].title, byAgent),
    )
  }
  const [small, large] = [results.get('small'), results.get('plain')]
  if (small !== undefined && large !== undefined)
    console.log(memoryTable(small, large, (standardSeries - smallSeries) / 1e5))
  for (const name of rowNames) {
    if (name === saturation) continue
    for (const agent of verified) {
      const { series, samples, bad, examples } = await verify(stageOf(rows[name], [agent]))
      console.log(
        `${name}, ${agents[agent].title}: ${samples} samples of ${series} series compared, ${bad} bad`,
      )
      for (const example of examples) console.log(`  ${example}`)
      if (bad > 0) process.exitCode = 1
    }
  }
} finally {
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true })
}
