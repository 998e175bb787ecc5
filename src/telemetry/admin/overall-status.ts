import type { ComponentStatus, ServiceView } from '../service-view.ts'

/** `component_health` of the health_check extension: which errors make the answer 500, and after how long. */
export interface ComponentHealth {
  readonly include_permanent_errors: boolean
  readonly include_recoverable_errors: boolean
  /** Milliseconds. */
  readonly recovery_duration: number
}

/** The health of the service as a whole, in the words of the Collector's health_check v2. */
export interface OverallStatus {
  /** The answer's HTTP status. */
  readonly code: 200 | 500 | 503
  readonly body: {
    readonly start_time: string
    readonly healthy: boolean
    readonly status: string
    readonly status_time: string
    /** Which component it is; its error is in the details. */
    readonly error?: string
  }
}

/**
 * The status that weighs most: a permanent error, then a recoverable one, then what the service does as a whole. Errors
 * answer 200 unless they are included, as in the Collector.
 */
export function overallStatus(service: ServiceView, health: ComponentHealth, now: number): OverallStatus {
  const components = [...service.components()]
  const permanent = components.find(({ state }) => state === 'permanent_error')
  const recoverable = components.find(({ state }) => state === 'recoverable_error')
  const lasts = recoverable !== undefined && now - recoverable.since > health.recovery_duration
  if (service.stopping) return status(503, 'StatusStopping', service.startedAt)
  if (!service.started) return status(503, 'StatusStarting', service.startedAt)
  if (permanent !== undefined) {
    return status(
      health.include_permanent_errors ? 500 : 200,
      'StatusPermanentError',
      permanent.since,
      permanent,
    )
  }
  if (recoverable !== undefined) {
    const code = health.include_recoverable_errors && lasts ? 500 : 200
    return status(code, 'StatusRecoverableError', recoverable.since, recoverable)
  }
  return status(200, 'StatusOK', Math.max(service.startedAt, ...components.map(({ since }) => since)))

  function status(
    code: OverallStatus['code'],
    name: string,
    since: number,
    component?: ComponentStatus,
  ): OverallStatus {
    return {
      code,
      body: {
        start_time: new Date(service.startedAt).toISOString(),
        healthy: code === 200,
        status: name,
        status_time: new Date(since).toISOString(),
        ...(component === undefined ? {} : { error: `${component.kind} ${component.id}` }),
      },
    }
  }
}
