import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  containersAnswer,
  containerStatusAnswer,
  layersAnswer,
  sandboxesAnswer,
  sandboxStatusAnswer,
} from '#src/testing/container-runtime.ts'
import { mapFields, protobuf } from '#src/testing/protobuf-fields.ts'
import { LineMistake } from '#src/text/exposition-error.ts'
import {
  decodeContainers,
  decodeContainerStatus,
  decodeSandboxes,
  decodeSandboxStatus,
  decodeWritableLayers,
  encodeIdRequest,
} from './cri-messages.ts'

test('containers are read with their names, image, state, time and labels', () => {
  const labels = { 'io.kubernetes.container.name': 'app' }
  const bytes = containersAnswer([
    {
      id: 'c1',
      sandboxId: 's1',
      name: 'app',
      attempt: 3,
      state: 2,
      createdAtNs: 1_700_000_000_123_456_789n,
      labels,
    },
  ])
  expect(decodeContainers(bytes)).toEqual([
    {
      id: 'c1',
      sandboxId: 's1',
      name: 'app',
      attempt: 3,
      image: 'app:1',
      imageId: 'sha256:app',
      state: 'exited',
      createdAt: 1_700_000_000_123,
      labels: new Map(Object.entries(labels)),
    },
  ])
})

test('any list of containers comes back as it was written', () => {
  const text = fc.string({
    maxLength: 40,
    unit: fc.constantFrom('a', 'Z', '0', '-', '.', ':', '/', 'é', '漢'),
  })
  const container = fc.record({
    id: text,
    sandboxId: text,
    name: text,
    attempt: fc.nat(),
    state: fc.nat(3),
    labels: fc.dictionary(text, text, { maxKeys: 5 }),
  })
  fc.assert(
    fc.property(fc.array(container, { maxLength: 5 }), (containers) => {
      const read = decodeContainers(containersAnswer(containers))
      expect(read.map(({ id, sandboxId, name, attempt }) => ({ id, sandboxId, name, attempt }))).toEqual(
        containers.map(({ id, sandboxId, name, attempt }) => ({ id, sandboxId, name, attempt })),
      )
      expect(read.map(({ labels }) => labels)).toEqual(
        containers.map(({ labels }) => new Map(Object.entries(labels))),
      )
    }),
  )
})

test('what is no protobuf is a LineMistake, and nothing else', () => {
  const decoders = [
    decodeContainers,
    decodeSandboxes,
    decodeContainerStatus,
    decodeSandboxStatus,
    decodeWritableLayers,
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...decoders), (bytes, decode) => {
      expect(failureOf(() => decode(Buffer.from(bytes)))).toSatisfy(
        (failure) => failure === undefined || failure instanceof LineMistake,
      )
    }),
  )
})

test('a state that is not known, fields that are new and an image that is an id alone are borne', () => {
  const item = protobuf(
    [1, 'c1'],
    [4, protobuf([1, 'sha256:0123'])],
    [5, 'registry/app@sha256:4567'],
    [6, 9],
    [99, 'new'],
  )
  expect(decodeContainers(protobuf([1, item], [98, 7]))).toMatchObject([
    { state: 'unknown', image: 'registry/app@sha256:4567', createdAt: undefined },
  ])
  const asked = protobuf([1, 'sha256:0123'], [18, 'app:latest'])
  expect(decodeContainers(protobuf([1, protobuf([4, asked])]))).toMatchObject([{ image: 'app:latest' }])
})

test('texts of strangers are cut, and so is the number of labels', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`label${index}`, 'x']))
  const labels = { long: 'y'.repeat(100_000), control: 'a\u0000b\u001b[31mc', ...many }
  const [container] = decodeContainers(containersAnswer([{ id: 'c1', sandboxId: '', name: '', labels }]))
  expect(container?.labels.size).toBe(128)
  expect(container?.labels.get('long')?.length).toBe(1024)
  expect(container?.labels.get('control')).toBe('ab[31mc')
})

test('a label named like a member of every object is a label', () => {
  const labels = Object.fromEntries([['__proto__', 'x'] as const, ['constructor', 'y'] as const])
  const [container] = decodeContainers(
    protobuf([1, protobuf([1, 'c1'], ...mapFields(8, labels), [8, protobuf([1, '__proto__'], [2, 'x'])])]),
  )
  expect(container?.labels.get('__proto__')).toBe('x')
  expect(container?.labels.get('constructor')).toBe('y')
})

test('sandboxes are read with their pod', () => {
  expect(
    decodeSandboxes(
      sandboxesAnswer([{ id: 's1', pod: 'web', podUid: 'u1', namespace: 'shop', isReady: false }]),
    ),
  ).toMatchObject([{ id: 's1', pod: 'web', podUid: 'u1', namespace: 'shop', isReady: false, attempt: 0 }])
})

test('the status of a sandbox tells its first process, its image and whether it has the network of the host', () => {
  const information = '{"pid": 4711, "image": "pause:3.9", "config": {"labels": {"pid": "7"}}}'
  expect(decodeSandboxStatus(sandboxStatusAnswer({ network: 2, information }))).toEqual({
    hostNetwork: true,
    pid: 4711,
    image: 'pause:3.9',
  })
  for (const broken of ['{"pid": 4711', '[]', '{"pid": -1}', '{"pid": 0}', '{"pid": "x"}', '{}'])
    expect(decodeSandboxStatus(sandboxStatusAnswer({ network: 0, information: broken }))).toMatchObject({
      hostNetwork: false,
      pid: undefined,
    })
})

test('the status of a container tells when it began and how it ended', () => {
  const bytes = containerStatusAnswer({
    startedAtNs: 1_700_000_000_000_000_000n,
    finishedAtNs: 1_700_000_009_000_000_000n,
    exitCode: 137,
    reason: 'OOMKilled',
    image: 'app:1',
  })
  expect(decodeContainerStatus(bytes)).toEqual({
    startedAt: 1_700_000_000_000,
    finishedAt: 1_700_000_009_000,
    exitCode: 137,
    reason: 'OOMKilled',
    image: 'app:1',
    logPath: '',
  })
  expect(decodeContainerStatus(Buffer.alloc(0))).toBeUndefined()
})

test('a writable layer keeps numbers beyond 2^53, and an empty wrapper is 0', () => {
  const layers = decodeWritableLayers(layersAnswer([{ id: 'c1', usedBytes: 2n ** 63n + 1n }]))
  expect(layers).toEqual([
    {
      containerId: 'c1',
      time: 1_700_000_000_000,
      mountpoint: '/var/lib/containerd',
      usedBytes: 2n ** 63n + 1n,
      usedInodes: 0,
    },
  ])
})

test('statistics without a writable layer are none', () => {
  expect(decodeWritableLayers(protobuf([1, protobuf([1, protobuf([1, 'c1'])])]))).toEqual([])
})

test('a request names an id of any length', () => {
  expect(encodeIdRequest('c1', true)).toEqual(protobuf([1, 'c1'], [2, 1]))
  expect(encodeIdRequest('x'.repeat(300))).toEqual(protobuf([1, 'x'.repeat(300)]))
})

/** What a task throws; undefined where it does not. */
function failureOf(task: () => unknown): unknown {
  try {
    task()
    return undefined
  } catch (error) {
    return error
  }
}
