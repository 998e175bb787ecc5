import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '#src/telemetry/logger.ts'
import { answer } from './go-answer.ts'
import { metricFamiliesToText, textContentType } from './metric-family-text.ts'
import type { MetricFamily } from './metric-family.ts'
import { podListJson, type Pod } from './pod-list.ts'
import { messageOf, statusOf } from './provider-error.ts'
import { answerNotImplemented, makeRouter, type Route, type RouteHandler } from './router.ts'
import { summaryToJson } from './summary-json.ts'
import type { Summary } from './summary.ts'

/** Gets something for a request; the signal aborts when the client has gone. */
export type Get<Value> = (signal: AbortSignal) => Value | Promise<Value>

/** What a provider of virtual nodes offers; what is absent is answered as upstream answers it. */
export interface PodHandlerConfig {
  /** The pods that the provider runs: `/runningpods/`, where `debug` is set. */
  readonly getPods?: Get<readonly Pod[]> | undefined
  /** The pods that Kubernetes wants to run on the node: `/pods`. */
  readonly getPodsFromKubernetes?: Get<readonly Pod[]> | undefined
  /** `/stats/summary`, as metrics-server read it before Kubernetes 1.24. */
  readonly getStatsSummary?: Get<Summary> | undefined
  /** `/metrics/resource`, as metrics-server reads it since. */
  readonly getMetricsResource?: Get<readonly MetricFamily[]> | undefined
  /** `GET /containerLogs/{namespace}/{pod}/{container}`. It answers for itself, like those below. */
  readonly getContainerLogs?: RouteHandler | undefined
  /** `/exec/{namespace}/{pod}/{container}`. */
  readonly runInContainer?: RouteHandler | undefined
  /** `/attach/{namespace}/{pod}/{container}`. */
  readonly attachToContainer?: RouteHandler | undefined
  /** `/portForward/{namespace}/{pod}`. */
  readonly portForward?: RouteHandler | undefined
  /** Serves `/runningpods/` too. */
  readonly debug?: boolean | undefined
  /** Hears of requests that failed: at level error from 500 on, else at debug. */
  readonly logger?: Pick<Logger, 'error' | 'debug'> | undefined
}

const metricsPath = '/metrics/resource'
const summaryPath = '/stats/summary'

/**
 * Answers what the API server and metrics-server ask of a kubelet, from the functions of a provider: a listener for
 * `node:http` and `node:https`. Its ways are virtual-kubelet's: `/stats/summary` and `/metrics/resource` without a function are
 * 404, the other routes 501; a path that differs by the slash at its end is moved; other methods are 405.
 */
export function podHandler(config: PodHandlerConfig): RequestListener {
  const {
    getPods,
    getPodsFromKubernetes,
    getStatsSummary,
    getMetricsResource,
    debug = false,
    logger,
  } = config
  const get = ['GET']
  const stream = ['POST', 'GET']
  const container = '{namespace}/{pod}/{container}'
  const routes: Route[] = [
    { path: '/pods', methods: get, handler: podsHandler(getPodsFromKubernetes, logger) },
    {
      path: `/containerLogs/${container}`,
      methods: get,
      handler: streaming(config.getContainerLogs, logger),
    },
    { path: `/exec/${container}`, methods: stream, handler: streaming(config.runInContainer, logger) },
    { path: `/attach/${container}`, methods: stream, handler: streaming(config.attachToContainer, logger) },
    {
      path: '/portForward/{namespace}/{pod}',
      methods: stream,
      handler: streaming(config.portForward, logger),
    },
  ]
  if (debug) routes.push({ path: '/runningpods/', methods: get, handler: podsHandler(getPods, logger) })
  if (getStatsSummary !== undefined) {
    routes.push({ path: summaryPath, methods: get, handler: summaryHandler(getStatsSummary, logger) })
  }
  if (getMetricsResource !== undefined) {
    routes.push({ path: metricsPath, methods: get, handler: metricsHandler(getMetricsResource, logger) })
  }
  return makeRouter(routes, { strictSlash: true })
}

/** `/metrics/resource` alone, with and without a slash at its end; without a function 501 to everything. */
export function podMetricsResourceHandler(
  getMetricsResource: Get<readonly MetricFamily[]> | undefined,
  logger?: PodHandlerConfig['logger'],
): RequestListener {
  if (getMetricsResource === undefined) return notImplemented
  return bothForms(metricsPath, metricsHandler(getMetricsResource, logger))
}

/** `/stats/summary` alone, with and without a slash at its end; without a function 501 to everything. */
export function podStatsSummaryHandler(
  getStatsSummary: Get<Summary> | undefined,
  logger?: PodHandlerConfig['logger'],
): RequestListener {
  if (getStatsSummary === undefined) return notImplemented
  return bothForms(summaryPath, summaryHandler(getStatsSummary, logger))
}

/** A list of pods, at whatever path it is mounted; without a function 501. */
export function runningPodsHandler(
  getPods: Get<readonly Pod[]> | undefined,
  logger?: PodHandlerConfig['logger'],
): RequestListener {
  const handler = podsHandler(getPods, logger)
  return function answerPods(request, response) {
    void handler(request, response, {})
  }
}

/** One of the routes that stream, at whatever path it is mounted; without a function 501. */
export function containerLogsHandler(
  getContainerLogs: RouteHandler | undefined,
  logger?: PodHandlerConfig['logger'],
): RequestListener {
  if (getContainerLogs === undefined) return notImplemented
  const path = '/containerLogs/{namespace}/{pod}/{container}'
  return makeRouter([{ path, methods: ['GET'], handler: streaming(getContainerLogs, logger) }], {
    strictSlash: false,
  })
}

function notImplemented(_: IncomingMessage, response: ServerResponse): void {
  answerNotImplemented(response)
}

function bothForms(path: string, handler: RouteHandler): RequestListener {
  const methods = ['GET']
  const forms = [path, `${path}/`].map((form) => ({ path: form, methods, handler }))
  return makeRouter(forms, { strictSlash: false })
}

function metricsHandler(
  getMetricsResource: Get<readonly MetricFamily[]>,
  logger: PodHandlerConfig['logger'],
): RouteHandler {
  return answering(logger, async (response, signal) => {
    const families = await statusFrom(getMetricsResource, signal)
    let body: string
    try {
      body = metricFamiliesToText(families)
    } catch (error) {
      throw new Error(`could not convert metrics to prometheus text format: ${messageOf(error)}`, {
        cause: error,
      })
    }
    answer(response, { contentType: textContentType, body })
  })
}

function summaryHandler(getStatsSummary: Get<Summary>, logger: PodHandlerConfig['logger']): RouteHandler {
  return answering(logger, async (response, signal) => {
    const summary = await statusFrom(getStatsSummary, signal)
    let body: string
    try {
      body = summaryToJson(summary)
    } catch (error) {
      throw new Error(`error marshalling stats: ${messageOf(error)}`, { cause: error })
    }
    answer(response, { body })
  })
}

function podsHandler(
  getPods: Get<readonly Pod[]> | undefined,
  logger: PodHandlerConfig['logger'],
): RouteHandler {
  if (getPods === undefined) return notImplemented
  return answering(logger, async (response, signal) => {
    const pods = await getPods(signal)
    answer(response, { contentType: 'application/json', body: podListJson(pods) })
  })
}

/** Asks the provider; what it throws says where it came from, unless the client went. */
async function statusFrom<Value>(get: Get<Value>, signal: AbortSignal): Promise<Value> {
  try {
    return await get(signal)
  } catch (error) {
    if (isCancelled(error)) throw error
    throw new Error(`error getting status from provider: ${messageOf(error)}`, { cause: error })
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Gives a handler a signal that aborts when the client goes, and answers what it throws. */
function answering(
  logger: PodHandlerConfig['logger'],
  handle: (response: ServerResponse, signal: AbortSignal) => Promise<void>,
): RouteHandler {
  return async function answerFromProvider(_, response) {
    const gone = new AbortController()
    const leave = (): void => gone.abort()
    response.once('close', leave)
    try {
      await handle(response, gone.signal)
    } catch (error) {
      answerFailure(error, response, logger)
    } finally {
      response.off('close', leave)
    }
  }
}

/** A handler that answers for itself; what it throws before it has begun is answered as all other errors are. */
function streaming(handler: RouteHandler | undefined, logger: PodHandlerConfig['logger']): RouteHandler {
  if (handler === undefined) return notImplemented
  return async function answerStream(request, response, parameters) {
    try {
      await handler(request, response, parameters)
    } catch (error) {
      answerFailure(error, response, logger)
    }
  }
}

function answerFailure(error: unknown, response: ServerResponse, logger: PodHandlerConfig['logger']): void {
  const status = statusOf(error)
  const body = messageOf(error)
  logger?.[status >= 500 ? 'error' : 'debug']('a request failed', { status, error: body })
  if (response.headersSent) response.destroy()
  else answer(response, { status, body })
}
