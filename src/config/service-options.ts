import { Duration, Options, SecretText, Type, WithoutEffect, type Static } from './schema.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

const Logs = Options(
  {
    level: Type.Enum(['debug', 'info', 'warn', 'error'], {
      description: 'The least level that is written.',
      default: 'info',
      anyCase: true,
    }),
    encoding: Type.Enum(['console', 'json'], {
      description: 'Text for people, or JSON lines.',
      default: 'console',
    }),
    initial_fields: Type.Record(Type.String(), Type.String(), {
      description: 'Fields that every line has.',
      default: {},
    }),
    development: WithoutEffect('there is one way of logging'),
    sampling: WithoutEffect('of one cause one line a minute is written'),
    output_paths: WithoutEffect('the log goes to standard error'),
    error_output_paths: WithoutEffect('the log goes to standard error'),
    disable_caller: WithoutEffect('lines never name the place in the program'),
    disable_stacktrace: WithoutEffect('stacks are written at level debug only'),
    disable_zap_resource: WithoutEffect('the resource is not written to the log'),
    processors: WithoutEffect('the log is not exported'),
  },
  { description: 'The log.', default: {} },
)

const Prometheus = Options(
  {
    host: Type.String({ description: 'The address to listen on.', default: '127.0.0.1' }),
    port: Type.Integer({
      description: 'The port; 0 lets the system choose.',
      default: 8888,
      minimum: 0,
      maximum: 65_535,
    }),
    without_scope_info: WithoutEffect('metrics have no scope'),
    without_units: WithoutEffect('names have their units'),
    without_type_suffix: WithoutEffect('counters end in _total'),
    with_resource_constant_labels: WithoutEffect('the resource is in target_info'),
  },
  { description: 'Serves own metrics at /metrics.' },
)

const Header = Options({
  name: Type.String({ description: 'The name.' }),
  value: SecretText({ description: 'The value.' }),
})

const Otlp = Options(
  {
    protocol: Type.Enum(['grpc', 'http/protobuf', 'http/json'], {
      description: 'Only grpc is spoken.',
      default: 'grpc',
    }),
    endpoint: Type.String({ description: 'Where to push to, as in http://collector:4317.', minLength: 1 }),
    insecure: Type.Optional(
      Type.Boolean({
        description: 'Whether to go without TLS; so it is where the endpoint begins with http://.',
      }),
    ),
    headers: Type.Union(
      [Type.Record(Type.String(), SecretText({ description: 'The value.' })), Type.Array(Header)],
      {
        description: 'Sent with every push: a mapping, or a list of name and value.',
        default: [],
      },
    ),
    timeout: Type.Integer({ description: 'Milliseconds that a push may take.', default: 10_000, minimum: 1 }),
    compression: WithoutEffect('pushes of own metrics are not compressed'),
    temporality_preference: WithoutEffect('own metrics are cumulative'),
    default_histogram_aggregation: WithoutEffect('own metrics have no histograms'),
  },
  { description: 'Pushes own metrics by OTLP.' },
)

const Reader = Options(
  {
    pull: Type.Optional(
      Options(
        { exporter: Options({ prometheus: Prometheus }, { description: 'How they are served.' }) },
        { description: 'A server that others ask.' },
      ),
    ),
    periodic: Type.Optional(
      Options(
        {
          interval: Type.Integer({
            description: 'Milliseconds between two pushes.',
            default: 60_000,
            minimum: 1,
          }),
          timeout: Type.Optional(
            Type.Integer({ description: 'Milliseconds that a push may take.', minimum: 1 }),
          ),
          exporter: Options({ otlp: Otlp }, { description: 'How they are pushed.' }),
          producers: WithoutEffect('all own metrics are pushed'),
        },
        { description: 'A push from time to time.' },
      ),
    ),
  },
  { description: 'Either pull or periodic.' },
)

const Metrics = Options(
  {
    level: Type.Enum(['none', 'basic', 'normal', 'detailed'], {
      description: 'How much Weir tells of itself.',
      default: 'normal',
      anyCase: true,
    }),
    readers: Type.Optional(
      Type.Array(Reader, {
        description: 'How own metrics leave; by default they are served at 127.0.0.1:8888.',
      }),
    ),
    address: Type.Optional(
      Type.String({
        description: 'Where own metrics are served; use readers instead.',
        deprecated: true,
      }),
    ),
    views: WithoutEffect('level chooses the metrics'),
  },
  { description: 'Own metrics.', default: {} },
)

const Attribute = Options({
  name: Type.String({ description: 'The name.' }),
  value: Type.String({ description: 'The value.' }),
  type: WithoutEffect('values are texts'),
})

const Resource = Type.Union(
  [
    Options({
      attributes: Type.Array(Attribute, { description: 'Attributes.', default: [] }),
      attributes_list: text('Attributes as a text: `a=b,c=d`.'),
      schema_url: WithoutEffect('no schema is named'),
      detectors: WithoutEffect('nothing is detected'),
      'detection/development': WithoutEffect('nothing is detected'),
    }),
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
  ],
  { description: 'Attributes of own metrics: a mapping, or a list under `attributes`.', default: {} },
)

const Pipeline = Options(
  {
    receivers: Type.Array(Type.String(), { description: 'Ids of receivers.', default: [] }),
    processors: Type.Array(Type.String(), {
      description: 'Ids of processors, in the order of the data.',
      default: [],
    }),
    exporters: Type.Array(Type.String(), {
      description: 'Ids of exporters; each gets all data.',
      default: [],
    }),
  },
  { description: 'Receivers, through processors, to exporters.' },
)

/** The section `service`. */
export const ServiceOptions = Options(
  {
    extensions: Type.Array(Type.String(), {
      description: 'Ids of the extensions that are started.',
      default: [],
    }),
    pipelines: Type.Record(Type.String(), Pipeline, {
      description: 'Pipelines by id: metrics or metrics/name.',
      default: {},
    }),
    telemetry: Options(
      {
        logs: Logs,
        metrics: Metrics,
        resource: Resource,
        traces: WithoutEffect('Weir makes no traces of itself'),
      },
      { description: 'What Weir tells of itself.', default: {} },
    ),
    workers: Type.Union(
      [
        Type.Integer({ minimum: 0, maximum: 64 }),
        Type.Literal('auto', { description: 'One less than there are cores.' }),
      ],
      {
        description:
          'Threads that targets are spread over, each with the receivers, processors and encoders of its part; `auto` is one less than there are cores. A pipeline whose parts cannot be spread stays on the main thread.',
        default: 0,
      },
    ),
    shutdown_deadline: Duration({
      description:
        'How long exporters may drain at a stop. Kubernetes kills after 30 s unless told otherwise; the rest of the stop needs time too.',
      default: '20s',
    }),
  },
  { description: 'What runs, and how.' },
)

export type ServiceConfig = Static<typeof ServiceOptions>
