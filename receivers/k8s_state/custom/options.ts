import { Options, Type, type Static } from '#src/config/schema.ts'

const Path = (description: string) => Type.Array(Type.String(), { description, default: [] })

const labelProperties = {
  commonLabels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels that all samples have.',
    default: {},
  }),
  labelsFromPath: Type.Record(Type.String(), Type.Array(Type.String()), {
    description:
      'Labels whose values are fields of the object: the path of each. A name with `*` at its end, or alone, makes labels of all fields of an object.',
    default: {},
  }),
}

const valueProperties = {
  path: Path('The path of what is told; of a list or an object each element makes a sample.'),
  labelsFromPath: Type.Record(Type.String(), Type.Array(Type.String()), {
    description: 'Labels whose values are fields below that path.',
    default: {},
  }),
}

const labelFromKey = Type.String({
  description: 'The label that bears the key of an element, where the path leads to an object.',
  default: '',
})

const errorLogV = Type.Integer({
  description:
    'Whether what cannot be read is a warning in the log (0), or a line of the level debug (more than 0).',
  default: 0,
  minimum: 0,
})

const Each = Options(
  {
    type: Type.Enum(['gauge', 'info', 'stateset'], {
      description: 'What kind of metric: `Gauge`, `Info` or `StateSet`.',
      anyCase: true,
    }),
    gauge: Type.Optional(
      Options(
        {
          ...valueProperties,
          labelFromKey,
          valueFrom: Path('The path of the number below `path`.'),
          nilIsZero: Type.Boolean({
            description: 'Whether a field that is not there is 0. Else it makes no sample.',
            default: false,
          }),
        },
        { description: 'A number.' },
      ),
    ),
    info: Type.Optional(
      Options({ ...valueProperties, labelFromKey }, { description: 'Labels; the value is 1.' }),
    ),
    stateSet: Type.Optional(
      Options(
        {
          ...valueProperties,
          valueFrom: Path('The path of the state below `path`.'),
          labelName: Type.String({ description: 'The label that bears a state.', minLength: 1 }),
          list: Type.Array(Type.String(), {
            description: 'All states; the one that holds is 1.',
            default: [],
          }),
        },
        { description: 'One of several states: a sample each.' },
      ),
    ),
  },
  { description: 'What makes the samples.' },
)

const Metric = Options({
  name: Type.String({ description: 'The name, behind the prefix.', minLength: 1 }),
  help: Type.String({ description: 'One sentence about it.', default: '' }),
  each: Each,
  ...labelProperties,
  errorLogV,
})

const Resource = Options({
  groupVersionKind: Options(
    {
      group: Type.String({ description: 'The group of the API.', minLength: 1, pattern: '^[^*]*$' }),
      version: Type.String({ description: 'The version; `*` is every one that is served.', default: '*' }),
      kind: Type.String({ description: 'The kind; `*` is every one of the group.', default: '*' }),
    },
    { description: 'Which objects are told.' },
  ),
  resourcePlural: Type.Optional(
    Type.String({
      description:
        'The plural in URLs. What the cluster says of it holds; `weir rbac`, which asks no cluster, takes it from here.',
    }),
  ),
  metricNamePrefix: Type.String({
    description: 'What stands before the names of metrics, with a `_` between; may be empty.',
    default: 'kube_customresource',
  }),
  ...labelProperties,
  metrics: Type.Array(Metric, { description: 'The metrics.', default: [] }),
  errorLogV,
})

/** What is told of custom resources, in the format of kube-state-metrics' `CustomResourceStateMetrics`. */
export const CustomResourceStateOptions = Options(
  {
    kind: Type.Optional(
      Type.Enum(['CustomResourceStateMetrics'], { description: 'The kind of this document.' }),
    ),
    apiVersion: Type.Optional(Type.String({ description: 'Of no meaning.' })),
    spec: Options(
      {
        resources: Type.Array(Resource, { description: 'Custom resources, and their metrics.', default: [] }),
      },
      { description: 'What is told.' },
    ),
  },
  {
    description:
      "What is told of custom resources, in the format of kube-state-metrics' `CustomResourceStateMetrics`.",
  },
)

export type CustomResourceState = Static<typeof CustomResourceStateOptions>
export type CustomResourceOptions = CustomResourceState['spec']['resources'][number]
export type CustomMetricOptions = CustomResourceOptions['metrics'][number]
export type EachOptions = CustomMetricOptions['each']
