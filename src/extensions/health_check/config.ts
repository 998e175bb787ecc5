import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { serverProperties } from '#src/http/server-config.ts'

const adminProperties = {
  ...serverProperties,
  endpoint: Type.String({
    description: 'Where to listen: host:port. A bare :port listens on all addresses.',
    default: '127.0.0.1:13133',
  }),
  write_timeout: Duration({
    description:
      'How long an answer may take, from the request to its last byte; that of a reload waits for exporters to drain. 0 is no limit.',
    default: '5m',
  }),
}

/** The options of `health_check`, in the Collector's names. */
export const Config = Options({
  ...adminProperties,
  path: Type.String({
    description:
      'Where health is answered: 200 from the end of the start to the begin of the stop, else 503.',
    default: '/',
    pattern: '^/',
  }),
  response_body: Type.Optional(
    Options(
      {
        healthy: Type.String({ description: 'The body of a 200.', default: '' }),
        unhealthy: Type.String({ description: 'The body of a 503.', default: '' }),
      },
      { description: 'What is answered at `path` instead of JSON.' },
    ),
  ),
  check_collector_pipeline: Type.Optional(
    Options(
      {
        enabled: Type.Boolean({ description: 'Without effect.', default: false }),
        interval: Duration({ description: 'Without effect.', default: '5m' }),
        exporter_failure_threshold: Type.Integer({ description: 'Without effect.', default: 5 }),
      },
      { description: 'Accepted and without effect, as in the Collector. `/readyz` checks the pipelines.' },
    ),
  ),
  use_v2: Type.Boolean({
    description:
      'Answers in the form of health_check v2, as `http` says, instead of `endpoint`, `path` and `response_body`.',
    default: false,
  }),
  http: Type.Optional(
    Options(
      {
        ...adminProperties,
        status: Options(
          {
            enabled: Type.Boolean({ description: 'Whether the status is answered.', default: true }),
            path: Type.String({
              description: 'Where; `?verbose` adds the components.',
              default: '/status',
              pattern: '^/',
            }),
          },
          { description: 'The status of the service.', default: {} },
        ),
        config: Options(
          {
            enabled: Type.Boolean({
              description: 'Not offered: `weir print-config --redacted` prints the configuration.',
              default: false,
            }),
            path: Type.String({ description: 'Without effect.', default: '/config' }),
          },
          { description: 'The configuration by HTTP.', default: {} },
        ),
      },
      { description: 'The server of health_check v2.' },
    ),
  ),
  grpc: Type.Optional(
    Type.Unknown({ description: 'Not offered: health by gRPC. Accepted only where it is empty.' }),
  ),
  component_health: Options(
    {
      include_permanent_errors: Type.Boolean({
        description: 'Whether a component that failed for good makes the status 500.',
        default: false,
      }),
      include_recoverable_errors: Type.Boolean({
        description:
          'Whether a component whose error lasts longer than recovery_duration makes the status 500.',
        default: false,
      }),
      recovery_duration: Duration({ description: 'How long an error may last.', default: '1m' }),
    },
    { description: 'Which errors count, with use_v2.', default: {} },
  ),
})

export type HealthCheckConfig = Static<typeof Config>
