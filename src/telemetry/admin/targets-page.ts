import type { DroppedTargetStatus, TargetStatus } from '../targets-view.ts'
import type { ServiceView } from '../service-view.ts'
import { markup, type Html } from './html.ts'
import { labelsHtml } from './page.ts'
import {
  activeTargets,
  droppedCounts,
  droppedTargets,
  targetFilter,
  type Listed,
  type TargetFilter,
} from './target-list.ts'

/** Rows of a table at most; filters show the others. */
const mostRows = 1000

/** The page of targets: those that are scraped by job, and those that are not, with reasons. */
export function targetsPage(service: ServiceView, query: URLSearchParams, now: number): Html {
  const filter = targetFilter(query)
  const active = [...activeTargets(service, filter)]
  const dropped = [...droppedTargets(service, filter)]
  return markup`${filterForm(filter)}
${jobsTable(active, droppedCounts(service, filter))}
<h2>Scraped</h2>
${more(active.length)}
<table><tr><th>Target</th><th>State</th><th>Labels</th><th>Last scrape</th><th>Duration</th><th>Samples</th><th>Error</th></tr>
${active.slice(0, mostRows).map((target) => activeRow(target, now))}</table>
<h2>Found and not scraped</h2>
${more(dropped.length)}
<table><tr><th>Job</th><th>Reason</th><th>Found</th></tr>
${dropped.slice(0, mostRows).map(droppedRow)}</table>`
}

function filterForm({ component, job, health }: TargetFilter): Html {
  const options = ['up', 'down', 'unknown'].map((value) =>
    value === health ? markup`<option selected>${value}</option>` : markup`<option>${value}</option>`,
  )
  return markup`<form method="get">
<label>Job <input name="job" value="${job ?? ''}"></label>
<label>Receiver <input name="component" value="${component ?? ''}"></label>
<label>State <select name="health"><option></option>${options}</select></label>
<button>Filter</button> <a href="/api/v1/targets">JSON</a>
</form>`
}

function jobsTable(active: readonly Listed<TargetStatus>[], dropped: ReadonlyMap<string, number>): Html {
  const jobs = new Map<string, { up: number; all: number }>()
  for (const job of dropped.keys()) jobs.set(job, { up: 0, all: 0 })
  for (const { job, health } of active) {
    const counts = jobs.get(job) ?? { up: 0, all: 0 }
    counts.all++
    if (health === 'up') counts.up++
    jobs.set(job, counts)
  }
  const rows = Array.from(
    jobs,
    ([job, { up, all }]) => markup`<tr>
<td><a href="?job=${encodeURIComponent(job)}">${job}</a></td>
<td class="${up === all ? 'up' : 'down'}">${up} of ${all} up</td>
<td>${dropped.get(job) ?? 0} not scraped</td></tr>
`,
  )
  return markup`<table><tr><th>Job</th><th>Scraped</th><th></th></tr>
${rows}</table>`
}

function more(count: number): Html {
  if (count <= mostRows) return markup`<p>${count} targets</p>`
  return markup`<p>${count} targets, of which ${mostRows} are shown: choose a job or a state.</p>`
}

function activeRow(target: Listed<TargetStatus>, now: number): Html {
  const { id, component, url, health, labels, discovered, lastScrape, lastDurationMs, samples, error } =
    target
  const debug = new URLSearchParams({ component, id })
  const ago = lastScrape === undefined ? '' : `${Math.max(0, Math.round((now - lastScrape) / 1000))} s ago`
  return markup`<tr>
<td>${url}<br><a href="/relabel-debug?${debug.toString()}">relabeling</a></td>
<td class="${health}">${health}</td>
<td>${labelsHtml(labels)}<details><summary>found</summary>${labelsHtml(discovered)}</details></td>
<td>${ago}</td>
<td class="number">${lastScrape === undefined ? '' : `${(lastDurationMs / 1000).toFixed(3)} s`}</td>
<td class="number">${samples}</td>
<td class="error">${error}</td></tr>
`
}

function droppedRow({ job, component, reason, detail, discovered }: Listed<DroppedTargetStatus>): Html {
  const labels = `target{${discovered.map(([name, value]) => `${JSON.stringify(name)}=${JSON.stringify(value)}`).join(',')}}`
  const debug = new URLSearchParams({ component, job, labels })
  return markup`<tr>
<td>${job}<br><a href="/relabel-debug?${debug.toString()}">relabeling</a></td>
<td>${reason}${detail === '' ? '' : `: ${detail}`}</td>
<td>${labelsHtml(discovered)}</td></tr>
`
}
