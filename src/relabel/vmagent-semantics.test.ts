import { expect, test } from 'vitest'
import { relabeled, type LabelRecord } from '#src/testing/labels.ts'
import type { RelabelOptions } from './rule.ts'

type Row = readonly [rule: RelabelOptions, labels: LabelRecord, result: LabelRecord | undefined]

const x = { xxx: 'yyy' }
const contains = { target_label: 'foo', source_labels: ['bar'] }
const surrounded = { source_labels: ['xxx', 'foo'], target_label: 'bar', replacement: 'a-$1-b' }
const emptied = { source_labels: ['foo'], regex: 'xxx', target_label: 'foo', replacement: '' }
const both = { source_labels: ['xxx', 'foo'], regex: 'yyy;.+', target_label: 'foo', replacement: '' }
const graphite = {
  action: 'graphite',
  match: 'foo.*.baz',
  labels: { __name__: 'aaa', job: '${1}-zz' },
}

const rows: readonly Row[] = [
  [{ source_labels: ['foo'], target_label: 'bar' }, x, x],
  [{ source_labels: ['foo'], target_label: 'xxx' }, x, {}],
  [{ source_labels: ['foo'], regex: '.+', target_label: 'xxx' }, x, x],
  [surrounded, x, { ...x, bar: 'a-yyy;-b' }],
  [{ ...surrounded, if: '{foo="bar"}' }, x, x],
  [{ ...surrounded, if: '{xxx=~".y."}' }, x, { ...x, bar: 'a-yyy;-b' }],
  [{ source_labels: ['xxx', 'foo'], target_label: 'xxx' }, x, { xxx: 'yyy;' }],
  [{ ...surrounded, target_label: 'bar-$1' }, x, { ...x, 'bar-yyy;': 'a-yyy;-b' }],
  [emptied, { foo: 'xxx', bar: 'baz' }, { bar: 'baz' }],
  [emptied, { foo: 'yyy', bar: 'baz' }, { foo: 'yyy', bar: 'baz' }],
  [both, { xxx: 'yyy', foo: 'bar' }, x],
  [both, { xxx: 'yyyz', foo: 'bar' }, { xxx: 'yyyz', foo: 'bar' }],
  [{ source_labels: ['foo'], target_label: 'foo', replacement: 'a-$1' }, { foo: 'aaxx' }, { foo: 'a-aaxx' }],
  [{ target_label: 'foo', replacement: 'foobar' }, {}, { foo: 'foobar' }],

  [
    { action: 'replace_all', source_labels: ['xxx'], target_label: 'xxx', regex: '-', replacement: '.' },
    { xxx: 'a-b-c' },
    { xxx: 'a.b.c' },
  ],
  [
    {
      action: 'replace_all',
      source_labels: ['xxx', 'foo'],
      target_label: 'xxx',
      regex: '(;)',
      replacement: '-$1-',
    },
    { xxx: 'y;y' },
    { xxx: 'y-;-y-;-' },
  ],
  [
    {
      action: 'replace_all',
      if: '{non_existing=~".*"}',
      source_labels: ['xxx'],
      target_label: 'xxx',
      regex: '-',
      replacement: '.',
    },
    { xxx: 'a-b-c' },
    { xxx: 'a.b.c' },
  ],

  [{ action: 'keep_if_contains', ...contains }, { x: 'y' }, { x: 'y' }],
  [{ action: 'keep_if_contains', ...contains }, { foo: 'aaa' }, { foo: 'aaa' }],
  [{ action: 'keep_if_contains', ...contains }, { bar: 'aaa' }, undefined],
  [{ action: 'keep_if_contains', ...contains }, { bar: 'aaa', foo: 'bbb' }, undefined],
  [
    { action: 'keep_if_contains', ...contains },
    { bar: 'aaa', foo: 'aaa' },
    { bar: 'aaa', foo: 'aaa' },
  ],
  [{ action: 'drop_if_contains', ...contains }, { x: 'y' }, undefined],
  [{ action: 'drop_if_contains', ...contains }, { foo: 'aaa' }, undefined],
  [{ action: 'drop_if_contains', ...contains }, { bar: 'aaa' }, { bar: 'aaa' }],
  [
    { action: 'drop_if_contains', ...contains },
    { bar: 'aaa', foo: 'bbb' },
    { bar: 'aaa', foo: 'bbb' },
  ],
  [{ action: 'drop_if_contains', ...contains }, { bar: 'aaa', foo: 'aaa' }, undefined],
  [{ action: 'keep_if_equal', source_labels: ['xxx', 'bar'] }, x, undefined],
  [
    { action: 'keep_if_equal', source_labels: ['xxx', 'bar'] },
    { ...x, bar: 'yyy' },
    { ...x, bar: 'yyy' },
  ],
  [{ action: 'drop_if_equal', source_labels: ['xxx', 'bar'] }, x, x],
  [{ action: 'drop_if_equal', source_labels: ['xxx', 'bar'] }, { ...x, bar: 'yyy' }, undefined],

  [{ action: 'keep', source_labels: ['foo'], regex: '.+' }, x, undefined],
  [{ action: 'keep', source_labels: ['foo'], regex: '.+' }, { foo: 'yyy' }, { foo: 'yyy' }],
  [{ action: 'keep', if: ['foobar', '{foo="yyy"}', '{a="b"}'] }, { foo: 'yyy' }, { foo: 'yyy' }],
  [{ action: 'keep', if: ['foobar', '{a="b"}'] }, { foo: 'yyy' }, undefined],
  [{ action: 'drop', if: '{foo="bar"}' }, { foo: 'yyy' }, { foo: 'yyy' }],
  [{ action: 'drop', if: '{foo="yyy"}' }, { foo: 'yyy' }, undefined],
  [{ action: 'keep_metrics', regex: ['foo', 'bar'] }, { __name__: 'xxx' }, undefined],
  [{ action: 'keep_metrics', regex: ['foo', 'bar'] }, { __name__: 'foo' }, { __name__: 'foo' }],
  [{ action: 'keep_metrics', if: '{a="b"}' }, { __name__: 'foo' }, undefined],
  [{ action: 'drop_metrics', regex: ['foo', 'bar'] }, { __name__: 'xxx' }, { __name__: 'xxx' }],
  [{ action: 'drop_metrics', regex: ['foo', 'bar'] }, { __name__: 'foo' }, undefined],
  [{ action: 'drop_metrics', if: '{a="b"}' }, { __name__: 'foo' }, { __name__: 'foo' }],

  [
    { action: 'labelmap', regex: 'foo', replacement: 'bar' },
    { foo: 'yyy', foobar: 'aaa' },
    { foo: 'yyy', foobar: 'aaa', bar: 'yyy' },
  ],
  [
    { action: 'labelmap', regex: 'foo(.*)' },
    { xoo: 'yyy', foobar: 'aaa' },
    { xoo: 'yyy', foobar: 'aaa', bar: 'aaa' },
  ],
  [
    { action: 'labelmap', regex: 'foo(.+)', replacement: '$1-x' },
    { foo: 'yyy', foobar: 'aaa' },
    { foo: 'yyy', foobar: 'aaa', 'bar-x': 'aaa' },
  ],
  [
    { action: 'labelmap_all', regex: String.raw`\.`, replacement: '-' },
    { 'foo.bar.baz': 'yyy', foobar: 'aaa' },
    { 'foo-bar-baz': 'yyy', foobar: 'aaa' },
  ],
  [
    { action: 'labelmap_all', regex: 'ba(.)', replacement: '${1}ss' },
    { 'foo.bar.baz': 'yyy' },
    { 'foo.rss.zss': 'yyy' },
  ],
  [
    { action: 'labeldrop', regex: 'dropme(.+)' },
    { xxx: 'yyy', 'dropme-please': 'aaa', foo: 'bar' },
    { xxx: 'yyy', foo: 'bar' },
  ],
  [
    { action: 'labelkeep', regex: 'keepme' },
    { keepme: 'aaa', aaaa: 'awef', 'keepme-aaa': '234' },
    { keepme: 'aaa' },
  ],
  [
    { action: 'labelkeep', regex: 'keepme.*' },
    { keepme: 'aaa', aaaa: 'awef', 'keepme-aaa': '234' },
    { keepme: 'aaa', 'keepme-aaa': '234' },
  ],
  [
    { action: 'lowercase', source_labels: ['foo', 'bar'], target_label: 'baz' },
    { foo: 'BaR', bar: 'fOO' },
    { foo: 'BaR', bar: 'fOO', baz: 'bar;foo' },
  ],

  [graphite, { __name__: 'foo.bar.baz' }, { __name__: 'aaa', job: 'bar-zz' }],
  [graphite, { __name__: 'foo.bar.bazz' }, { __name__: 'foo.bar.bazz' }],
  [graphite, { __name__: 'foo.a.b.baz' }, { __name__: 'foo.a.b.baz' }],
  [
    { action: 'graphite', match: '*.x(*', labels: { a: '$1x$2-$0', b: '$' } },
    { __name__: 'p.x(q' },
    { __name__: 'p.x(q', a: 'pxq-p.x(q', b: '$' },
  ],

  [
    { target_label: 'abc', replacement: '{{__name__}}.{{foo}}' },
    { __name__: 'qwe', foo: 'bar' },
    { __name__: 'qwe', foo: 'bar', abc: 'qwe.bar' },
  ],
  [
    {
      source_labels: ['baz'],
      regex: 'a(.+)',
      target_label: 'abc',
      replacement: '{{__name__}}.{{foo}}.$1',
    },
    { __name__: 'qwe', foo: 'bar', baz: 'aaa' },
    { __name__: 'qwe', foo: 'bar', baz: 'aaa', abc: 'qwe.bar.aa' },
  ],
  [
    { source_labels: ['xyz'], regex: String.raw`foo\$$`, target_label: 'xyz', replacement: 'bar' },
    { xyz: 'foo$' },
    { xyz: 'bar' },
  ],
]

test.each(rows)('%j makes %j to %j', (rule, labels, result) => {
  expect(relabeled(labels, rule)).toEqual(result)
})

test('shards are those of Prometheus, not of vmagent', () => {
  const rule = { action: 'hashmod', source_labels: ['foo'], target_label: 'aaa', modulus: 123 }
  expect(relabeled({ foo: 'yyy' }, rule)?.['aaa']).not.toBe('73')
})

test('the value of a label is no template: a dollar sign in it stays', () => {
  const rule = { source_labels: ['a'], target_label: 'b', replacement: '{{c}}-$1-{{' }
  expect(relabeled({ a: 'x', c: '$1' }, rule)?.['b']).toBe('$1-x-{{')
})

test('a renamed label whose new name is empty goes', () => {
  expect(relabeled({ a: '1', b: '2' }, { action: 'labelmap_all', regex: 'a', replacement: '' })).toEqual({
    b: '2',
  })
})
