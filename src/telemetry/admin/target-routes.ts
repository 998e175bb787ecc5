import type { IncomingMessage } from 'node:http'
import { sendCompressed, sendText } from '#src/http/content-encoding.ts'
import { sendPage } from './page.ts'
import { relabelPage } from './relabel-page.ts'
import { answerRelabeling, relabelQuestion } from './relabel-question.ts'
import type { Exchange, Route, RouteContext } from './routes.ts'
import { targetsPage } from './targets-page.ts'
import { targetsReport } from './targets-report.ts'

/** Bytes of a form at most. */
const largestForm = 1_048_576

/** What shows the targets of receivers that scrape, and what relabeling does to them: for operators. */
export function targetRoutes({ service, clock }: RouteContext): Route[] {
  const reads = ['GET', 'HEAD']
  return [
    {
      path: '/targets',
      methods: reads,
      access: 'operator',
      async answer({ request, response, query }) {
        await service.refresh({ targets: true })
        await sendPage(request, response, 'Targets', targetsPage(service, query, clock.now()))
      },
    },
    {
      path: '/api/v1/targets',
      methods: reads,
      access: 'operator',
      async answer(exchange) {
        await service.refresh({ targets: true })
        await sendReport(exchange, targetsReport(service, exchange.query))
      },
    },
    {
      path: '/relabel-debug',
      methods: [...reads, 'POST'],
      access: 'operator',
      answer: withForm(async ({ request, response }, form) => {
        const question = relabelQuestion(form)
        const page = relabelPage(question, await answerRelabeling(service, question))
        await sendPage(request, response, 'Relabel debugger', page)
      }),
    },
    {
      path: '/api/v1/relabel-debug',
      methods: [...reads, 'POST'],
      access: 'operator',
      answer: withForm(async (exchange, form) => {
        const answer = await answerRelabeling(service, relabelQuestion(form))
        await sendReport(exchange, answer ?? { mistake: 'a target, a job, or rules are to be given' })
      }),
    },
  ]
}

async function sendReport({ request, response }: Exchange, value: object): Promise<void> {
  await sendCompressed(request, response, {
    contentType: 'application/json; charset=utf-8',
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  })
}

/** Answers from the query, or from the form that is posted, which may hold more. */
function withForm(answer: (exchange: Exchange, form: URLSearchParams) => Promise<void>): Route['answer'] {
  return async function answerForm(exchange) {
    const { request, response, query } = exchange
    if (request.method !== 'POST') {
      await answer(exchange, query)
      return
    }
    const form = await readForm(request)
    if (form === undefined) sendText(response, 413, 'the form is too large\n')
    else await answer(exchange, form)
  }
}

/** Undefined where the form is too large; what comes more of it is not kept. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length <= largestForm) parts.push(part)
  }
  return length > largestForm ? undefined : new URLSearchParams(Buffer.concat(parts).toString('utf8'))
}
