import { expect, test } from 'vitest'
import { fieldSelectorProblem, labelSelectorProblem } from './selector-syntax.ts'

test.each([
  '',
  'app',
  '!app',
  'app=web',
  ' app == web , tier != db ',
  'app=',
  'app.kubernetes.io/name in (a, b,c),x notin (a)',
  'generation>1,generation < 5',
  'a in ()',
])('%j selects by labels', (selector) => {
  expect(labelSelectorProblem(selector)).toBeUndefined()
})

test.each(['=web', 'app=web,', 'app in a', 'app in (a', '-app', 'a=b=c', 'a/b/c', 'a>b', 'app~web'])(
  '%j selects nothing by labels',
  (selector) => {
    expect(labelSelectorProblem(selector)).toContain('expected a selector of labels, as in app=web')
  },
)

test.each(['', 'spec.nodeName=n1', 'status.phase!=Failed,metadata.name==a', 'metadata.name=a\\,b\\=c', 'a='])(
  '%j selects by fields',
  (selector) => {
    expect(fieldSelectorProblem(selector)).toBeUndefined()
  },
)

test.each(['spec.nodeName', 'a=b=c', '=a', 'a=b,', 'a=b\\c'])('%j selects nothing by fields', (selector) => {
  expect(fieldSelectorProblem(selector)).toContain('expected a selector of fields, as in spec.nodeName=n1')
})
