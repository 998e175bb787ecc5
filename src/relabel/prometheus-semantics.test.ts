import { expect, test } from 'vitest'
import { relabeled, type LabelRecord } from '#src/testing/labels.ts'
import type { RelabelOptions } from './rule.ts'

interface Case {
  readonly it: string
  readonly labels: LabelRecord
  readonly rules: readonly RelabelOptions[]
  /** What the labels are afterwards; what is added to them; or that they are dropped. */
  readonly gives?: LabelRecord
  readonly adds?: LabelRecord
  readonly drops?: true
}

const abc = { a: 'foo', b: 'bar', c: 'baz' }
const lines = { a: 'line1\nline2', b: 'bar', c: 'baz' }
const ports = { __tmp_port: '1234', __port1: '1234', __port2: '5678' }
const nameValue = { a: 'some-name-value' }
const portName = '__meta_kubernetes_pod_container_port_name'
const portAnnotation = '__meta_kubernetes_pod_annotation_XXX_metrics_port'

const cases: readonly Case[] = [
  {
    it: 'replaces by a group',
    labels: abc,
    rules: [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch${1}' }],
    adds: { d: 'choo-choo' },
  },
  {
    it: 'joins the sources, and sees what the rule before wrote',
    labels: abc,
    rules: [
      { source_labels: ['a', 'b'], regex: 'f(.*);(.*)r', target_label: 'a', replacement: 'b${1}${2}m' },
      {
        source_labels: ['c', 'a'],
        regex: '(b).*b(.*)ba(.*)',
        target_label: 'd',
        replacement: '$1$2$2$3',
      },
    ],
    gives: { a: 'boobam', b: 'bar', c: 'baz', d: 'boooom' },
  },
  {
    it: 'stops at the rule that drops',
    labels: { a: 'foo' },
    rules: [
      { action: 'drop', source_labels: ['a'], regex: '.*o.*' },
      { source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch$1-ch$1' },
    ],
    drops: true,
  },
  {
    it: 'drops what matches',
    labels: { a: 'foo', b: 'bar' },
    rules: [{ action: 'drop', source_labels: ['a'], regex: '.*o.*' }],
    drops: true,
  },
  {
    it: 'writes the first group where nothing else is said',
    labels: { a: 'abc' },
    rules: [{ source_labels: ['a'], regex: '.*(b).*', target_label: 'd' }],
    adds: { d: 'b' },
  },
  {
    it: 'does not drop what does not match',
    labels: { a: 'foo' },
    rules: [{ action: 'drop', source_labels: ['a'], regex: 'no-match' }],
    adds: {},
  },
  {
    it: 'matches alternatives as a whole',
    labels: { a: 'foo' },
    rules: [{ action: 'drop', source_labels: ['a'], regex: 'f|o' }],
    adds: {},
  },
  {
    it: 'drops what is not to be kept',
    labels: { a: 'foo' },
    rules: [{ action: 'keep', source_labels: ['a'], regex: 'no-match' }],
    drops: true,
  },
  {
    it: 'keeps what matches',
    labels: { a: 'foo' },
    rules: [{ action: 'keep', source_labels: ['a'], regex: 'f.*' }],
    adds: {},
  },
  {
    it: 'replaces nothing without a match',
    labels: { a: 'boo' },
    rules: [{ source_labels: ['a'], regex: 'f', target_label: 'b', replacement: 'bar' }],
    adds: {},
  },
  {
    it: 'deletes the target where the result is empty',
    labels: { a: 'foo', f: 'baz' },
    rules: [{ source_labels: ['a'], regex: '(f).*', target_label: '$1', replacement: '$2' }],
    gives: { a: 'foo' },
  },
  {
    it: 'computes a shard',
    labels: abc,
    rules: [{ action: 'hashmod', source_labels: ['c'], target_label: 'd', modulus: 1000 }],
    adds: { d: '976' },
  },
  {
    it: 'computes the shard of a text of two lines',
    labels: { a: 'foo\nbar' },
    rules: [{ action: 'hashmod', source_labels: ['a'], target_label: 'b', modulus: 1000 }],
    adds: { b: '734' },
  },
  {
    it: 'copies labels to other names',
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labelmap', regex: '(b.*)', replacement: 'bar_${1}' }],
    adds: { bar_b1: 'bar', bar_b2: 'baz' },
  },
  {
    it: 'copies labels of discovery',
    labels: { a: 'foo', __meta_my_bar: 'aaa', __meta_my_baz: 'bbb', __meta_other: 'ccc' },
    rules: [{ action: 'labelmap', regex: '__meta_(my.*)', replacement: '${1}' }],
    adds: { my_bar: 'aaa', my_baz: 'bbb' },
  },
  {
    it: 'makes the name of a label of a group',
    labels: nameValue,
    rules: [
      {
        source_labels: ['a'],
        regex: 'some-([^-]+)-([^,]+)',
        target_label: '${1}',
        replacement: '${2}',
      },
    ],
    adds: { name: 'value' },
  },
  {
    it: 'writes nothing of a group that is not there',
    labels: nameValue,
    rules: [
      {
        source_labels: ['a'],
        regex: 'some-([^-]+)-([^,]+)',
        target_label: '${1}',
        replacement: '${3}',
      },
    ],
    adds: {},
  },
  ...['${3}', '$3', '${nine}'].map((target_label): Case => ({
    it: `writes nothing where the name ${target_label} is empty`,
    labels: { a: 'some-name-0' },
    rules: [{ source_labels: ['a'], regex: 'some-([^-]+)-([^,]+)', target_label, replacement: '${1}' }],
    adds: {},
  })),
  {
    it: 'writes nothing where neither the name nor the value depends on the match, and the name is empty',
    labels: { a: '1' },
    rules: [
      { source_labels: ['a'], target_label: '${9}', replacement: 'x' },
      { action: 'labelmap', regex: 'a', replacement: '$9' },
    ],
    adds: {},
  },
  {
    it: 'takes a list of tags apart',
    labels: { __meta_sd_tags: 'path:/secret,job:some-job,label:foo=bar' },
    rules: [
      {
        source_labels: ['__meta_sd_tags'],
        regex: '(?:.+,|^)path:(/[^,]+).*',
        target_label: '__metrics_path__',
      },
      { source_labels: ['__meta_sd_tags'], regex: '(?:.+,|^)job:([^,]+).*', target_label: 'job' },
      {
        source_labels: ['__meta_sd_tags'],
        regex: '(?:.+,|^)label:([^=]+)=([^,]+).*',
        target_label: '${1}',
        replacement: '${2}',
      },
    ],
    adds: { __metrics_path__: '/secret', job: 'some-job', foo: 'bar' },
  },
  {
    it: 'drops a label, writes it anew, and keeps by it',
    labels: { [portName]: 'foo', [portAnnotation]: '9091' },
    rules: [
      { action: 'labeldrop', regex: portName },
      {
        source_labels: [portAnnotation],
        regex: '(.+)',
        target_label: portName,
        replacement: 'metrics',
      },
      { action: 'keep', source_labels: [portName], regex: '^metrics$' },
    ],
    gives: { [portAnnotation]: '9091', [portName]: 'metrics' },
  },
  {
    it: 'keeps labels by name',
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labelkeep', regex: '(b.*)' }],
    gives: { b1: 'bar', b2: 'baz' },
  },
  {
    it: 'drops labels by name',
    labels: { a: 'foo', b1: 'bar', b2: 'baz' },
    rules: [{ action: 'labeldrop', regex: '(b.*)' }],
    gives: { a: 'foo' },
  },
  {
    it: 'drops the name too, where it is not to be kept',
    labels: { __name__: 'x', b: '1' },
    rules: [{ action: 'labelkeep', regex: 'b' }],
    gives: { b: '1' },
  },
  {
    it: 'writes upper and lower case',
    labels: { foo: 'bAr123Foo' },
    rules: [
      { action: 'uppercase', source_labels: ['foo'], target_label: 'foo_uppercase' },
      { action: 'lowercase', source_labels: ['foo'], target_label: 'foo_lowercase' },
    ],
    adds: { foo_uppercase: 'BAR123FOO', foo_lowercase: 'bar123foo' },
  },
  ...(
    [
      ['keepequal', '__port1', true],
      ['dropequal', '__port1', false],
      ['dropequal', '__port2', true],
      ['keepequal', '__port2', false],
    ] as const
  ).map(([action, target_label, kept]): Case => ({
    it: `${action} with ${target_label}`,
    labels: ports,
    rules: [{ action, source_labels: ['__tmp_port'], target_label }],
    ...(kept ? { adds: {} } : { drops: true }),
  })),
  {
    it: 'lets a dot match a line feed',
    labels: lines,
    rules: [{ source_labels: ['a'], regex: 'line1.*line2', target_label: 'd', replacement: 'match${1}' }],
    adds: { d: 'match' },
  },
  {
    it: 'reads labels of any name',
    labels: { 'utf-8.label': 'line1\nline2', b: 'bar' },
    rules: [
      {
        source_labels: ['utf-8.label'],
        regex: 'line1.*line2',
        target_label: 'd',
        replacement: 'match${1}',
      },
    ],
    adds: { d: 'match' },
  },
  ...['utf-8.label', 'utf-8.label${1}'].map((target_label): Case => ({
    it: `writes the label ${target_label}`,
    labels: lines,
    rules: [{ source_labels: ['a'], regex: 'line1.*line2', target_label, replacement: 'match${1}' }],
    adds: { 'utf-8.label': 'match' },
  })),
  {
    it: 'knows groups by number and by name',
    labels: lines,
    rules: [
      {
        source_labels: ['a'],
        regex: '(line1).*(?<second>line2)',
        target_label: 'label1_${1}',
        replacement: 'val_${second}',
      },
      {
        source_labels: ['a'],
        regex: '(line1).*(?<second>line2)',
        target_label: 'label2_$1',
        replacement: 'val_$second',
      },
    ],
    adds: { label1_line1: 'val_line2', label2_line1: 'val_line2' },
  },
  {
    it: 'sets a type by the name',
    labels: { __name__: 'http_requests_total' },
    rules: [
      {
        source_labels: ['__name__'],
        regex: '.*_total$',
        target_label: '__type__',
        replacement: 'counter',
      },
    ],
    adds: { __type__: 'counter' },
  },
  {
    it: 'sets a unit by the name',
    labels: { __name__: 'disk_usage_bytes' },
    rules: [
      { source_labels: ['__name__'], regex: '.*_bytes$', target_label: '__unit__', replacement: 'bytes' },
    ],
    adds: { __unit__: 'bytes' },
  },
  {
    it: 'takes an empty regex for the empty text',
    labels: { a: '1' },
    rules: [
      { source_labels: ['a'], regex: '', target_label: 'wrong', replacement: 'x' },
      { source_labels: ['b'], regex: '', target_label: 'right', replacement: 'x' },
    ],
    adds: { right: 'x' },
  },
  {
    it: 'honours an empty separator and an empty replacement',
    labels: { a: '1', b: '2', c: '3' },
    rules: [
      { source_labels: ['a', 'b'], separator: '', target_label: 'd' },
      { target_label: 'c', replacement: '' },
    ],
    gives: { a: '1', b: '2', d: '12' },
  },
  {
    it: 'reads actions in any case',
    labels: { a: 'X' },
    rules: [{ action: 'LowerCase', source_labels: ['a'], target_label: 'a' }],
    gives: { a: 'x' },
  },
  {
    it: 'maps several labels to one name: the last one wins',
    labels: { x1: 'first', x2: 'second' },
    rules: [{ action: 'labelmap', regex: '(x).', replacement: '$1' }],
    adds: { x: 'second' },
  },
  {
    it: 'maps those that rules wrote after the others, in the order in which they were first written',
    labels: { x1: 'first', x2: 'second' },
    rules: [
      { target_label: 'x1', replacement: 'a' },
      { target_label: 'x3', replacement: 'b' },
      { target_label: 'x1', replacement: 'c' },
      { action: 'labelmap', regex: '(x).', replacement: '$1' },
    ],
    gives: { x: 'b', x1: 'c', x2: 'second', x3: 'b' },
  },
  {
    it: 'maps the labels that were there, not those that it writes',
    labels: { xa: 'one', xxa: 'two' },
    rules: [{ action: 'labelmap', regex: 'x(.+)' }],
    gives: { a: 'one', xa: 'two', xxa: 'two' },
  },
]

test.each(cases)('it $it', ({ labels, rules, gives, adds, drops }) => {
  expect(relabeled(labels, ...rules)).toEqual(drops ? undefined : (gives ?? { ...labels, ...adds }))
})

const pod = '__meta_kubernetes_pod_'
const annotation = `${pod}annotation_prometheus_io_`

const kubernetes: readonly RelabelOptions[] = [
  { action: 'keep', source_labels: [`${pod}container_port_name`], regex: '.*-metrics' },
  { action: 'drop', source_labels: [`${pod}label_name`], regex: '' },
  { action: 'drop', source_labels: [`${pod}phase`], regex: 'Succeeded|Failed' },
  { action: 'drop', source_labels: [`${annotation}scrape`], regex: 'false' },
  { source_labels: [`${annotation}scheme`], target_label: '__scheme__', regex: '(https?)' },
  { source_labels: [`${annotation}path`], target_label: '__metrics_path__', regex: '(.+)' },
  {
    source_labels: ['__address__', `${annotation}port`],
    target_label: '__address__',
    regex: String.raw`(.+?)(\:\d+)?;(\d+)`,
    replacement: '$1:$3',
  },
  { action: 'labelmap', regex: `${annotation}param_(.+)`, replacement: '__param_$1' },
  { action: 'labelmap', regex: `${pod}label_prometheus_io_label_(.+)` },
  {
    source_labels: ['__meta_kubernetes_namespace', `${pod}label_name`],
    separator: '/',
    target_label: 'job',
  },
  {
    source_labels: [`${pod}name`, `${pod}container_name`, `${pod}container_port_name`],
    separator: ':',
    target_label: 'instance',
  },
  { action: 'hashmod', source_labels: ['__address__'], modulus: 3, target_label: '__tmp_hash' },
  { action: 'keep', source_labels: ['__tmp_hash'], regex: '^0$' },
  { action: 'labeldrop', regex: '__tmp_hash' },
]

function kubernetesTarget(more: LabelRecord = {}): LabelRecord {
  return {
    __address__: '10.132.183.40:80',
    __meta_kubernetes_namespace: 'loki-boltdb-shipper',
    [`${pod}name`]: 'promtail-gtjxh',
    [`${pod}container_name`]: 'promtail',
    [`${pod}container_port_name`]: 'http-metrics',
    [`${pod}label_name`]: 'promtail',
    [`${pod}phase`]: 'Running',
    [`${pod}label_prometheus_io_label_team`]: 'logs',
    [`${annotation}scheme`]: 'https',
    [`${annotation}path`]: '/secret',
    [`${annotation}port`]: '9113',
    [`${annotation}param_match`]: 'up',
    ...more,
  }
}

test('a whole chain for pods of Kubernetes works as written', () => {
  const address = '10.132.183.40:9113'
  const shard = relabeled(
    { a: address },
    { action: 'hashmod', source_labels: ['a'], modulus: 3, target_label: 'h' },
  )
  const rules = kubernetes.map((rule) =>
    rule.regex === '^0$' ? { ...rule, regex: shard?.['h'] ?? '' } : rule,
  )
  expect(relabeled(kubernetesTarget(), ...rules)).toEqual(
    kubernetesTarget({
      __address__: address,
      __scheme__: 'https',
      __metrics_path__: '/secret',
      __param_match: 'up',
      team: 'logs',
      job: 'loki-boltdb-shipper/promtail',
      instance: 'promtail-gtjxh:promtail:http-metrics',
    }),
  )
})

test.each([
  { [`${pod}container_port_name`]: 'http' },
  { [`${pod}label_name`]: '' },
  { [`${pod}phase`]: 'Failed' },
  { [`${annotation}scrape`]: 'false' },
])('the chain drops a pod with %j', (more) => {
  expect(relabeled(kubernetesTarget(more), ...kubernetes)).toBeUndefined()
})
