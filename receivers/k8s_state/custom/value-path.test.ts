import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { compilePath, valueAt } from './value-path.ts'

const object = {
  metadata: { annotations: { bar: 'baz', zero: null } },
  spec: {
    order: [
      { id: 1, value: true },
      { id: 3, value: false },
    ],
    names: ['a', 'b'],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', size: '1Ki' },
      { type: 'Synced', status: 'False', size: 2048 },
    ],
  },
}

function at(...parts: string[]): unknown {
  return valueAt(compilePath(parts), object)
}

test.each<[string[], unknown]>([
  [['spec', 'order', '0', 'id'], 1],
  [['spec', 'order', '-1', 'value'], false],
  [['spec', 'order', '2'], undefined],
  [['spec', 'order', '-3'], undefined],
  [['spec', 'order', 'id'], undefined],
  [['spec', 'names', '1'], 'b'],
  [['spec', 'names', '1', 'x'], undefined],
  [['metadata', 'annotations', 'bar=baz'], 'baz'],
  [['metadata', 'annotations', 'bar=qux'], undefined],
  [['metadata', 'annotations', 'zero'], undefined],
  [['status', 'conditions', '[type=Synced]', 'status'], 'False'],
  [['status', 'conditions', '[size=1024]', 'type'], 'Ready'],
  [['status', 'conditions', '[size=2Ki]', 'type'], 'Synced'],
  [['status', 'conditions', '[type=Gone]', 'status'], undefined],
  [['spec', 'order', '[value=false]', 'id'], 3],
  [['spec', 'order', '[value=t]', 'id'], 1],
  [['spec', 'order', '[id=3]', 'value'], false],
  [['spec', '[order=1]'], undefined],
  [['nothing', 'there'], undefined],
  [['constructor'], undefined],
  [['__proto__', 'toString'], undefined],
])('%j leads to %j', (parts, value) => {
  expect(at(...parts)).toEqual(value)
})

test('a path of no parts is the value itself', () => {
  expect(valueAt(compilePath([]), 'text')).toBe('text')
})

test('a selection without a value is a mistake at its place', () => {
  expect(() => compilePath(['status', '[Ready]'])).toThrow(
    new ConfigError('[Ready] selects nothing: expected [key=value]', [1]),
  )
})
