import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendCompressed, sendText } from '#src/http/content-encoding.ts'
import { metricFamiliesToText, textContentType } from '#src/kubelet/metric-family-text.ts'
import { podListJson, type Pod } from '#src/kubelet/pod-list.ts'
import { messageOf } from '#src/kubelet/provider-error.ts'
import { onlyCpuAndMemory, summaryToJson } from '#src/kubelet/summary-json.ts'
import { summaryToMetricFamilies } from '#src/kubelet/summary-metrics.ts'
import type { Summary } from '#src/kubelet/summary.ts'

/** What the endpoints tell; undefined where nothing is known now. */
export interface EndpointSource {
  /** @param startsOfAll whether every container has a start, also where nobody says which */
  summary(startsOfAll: boolean): Summary | undefined
  /** The pods that the numbers are about; undefined where they are not to be shown. */
  readonly runningPods: (() => readonly Pod[]) | undefined
  /** The pods of the node, as JSON; undefined where nobody tells. */
  readonly pods: (() => Promise<string>) | undefined
}

/** A body and its type; or a status and a line of text. */
type Answer =
  | { readonly contentType: string; readonly body: string }
  | { readonly status: number; readonly text: string }

interface Endpoint {
  readonly methods: readonly string[]
  readonly answer: (query: URLSearchParams) => Answer | Promise<Answer>
}

/** Answers the paths of a kubelet that are about metrics. */
export function kubeletEndpoints(
  source: EndpointSource,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { runningPods, pods } = source
  const reading = ['GET', 'HEAD']
  const endpoints = new Map<string, Endpoint>([
    ['/healthz', { methods: reading, answer: () => ({ status: 200, text: 'ok' }) }],
    ['/metrics/resource', { methods: reading, answer: () => resourceMetrics(source.summary(false)) }],
    // Heapster and metrics-server before 0.3 asked by POST.
    [
      '/stats/summary',
      { methods: [...reading, 'POST'], answer: (query) => statsSummary(source.summary(true), query) },
    ],
  ])
  if (pods !== undefined)
    endpoints.set('/pods', { methods: reading, answer: async () => await podsAnswer(pods) })
  if (runningPods !== undefined) {
    const answer = (): Answer => ({ contentType: 'application/json', body: podListJson(runningPods()) })
    endpoints.set('/runningpods', { methods: reading, answer })
  }

  return async function answerKubelet(request, response) {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    const endpoint = endpoints.get(path.replace(/\/$/, ''))
    if (endpoint === undefined) {
      sendText(response, 404, `404 page not found: there are ${[...endpoints.keys()].join(', ')}\n`)
      return
    }
    if (!endpoint.methods.includes(request.method ?? '')) {
      response.setHeader('allow', endpoint.methods.join(', '))
      sendText(response, 405, 'Method Not Allowed')
      return
    }
    const answer = await endpoint.answer(new URLSearchParams(query))
    if ('status' in answer) sendText(response, answer.status, answer.text)
    else await sendCompressed(request, response, answer)
  }
}

async function podsAnswer(pods: () => Promise<string>): Promise<Answer> {
  try {
    return { contentType: 'application/json', body: await pods() }
  } catch (error) {
    return { status: 502, text: `Bad Gateway: ${messageOf(error)}` }
  }
}

/** Where nothing is known the answer says so with 200, as a kubelet's does. */
function resourceMetrics(summary: Summary | undefined): Answer {
  return {
    contentType: `${textContentType}; charset=utf-8`,
    body: metricFamiliesToText(summaryToMetricFamilies(summary)),
  }
}

function statsSummary(summary: Summary | undefined, query: URLSearchParams): Answer {
  if (summary === undefined)
    return { status: 500, text: 'Internal Error: no node, pod or container was measured lately' }
  const isShort = query.get('only_cpu_and_memory') === 'true'
  return {
    contentType: 'application/json',
    body: summaryToJson(isShort ? onlyCpuAndMemory(summary) : summary),
  }
}
