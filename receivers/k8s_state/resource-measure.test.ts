import { expect, test } from 'vitest'
import { resourceMeasure } from './resource-measure.ts'

test.each([
  ['cpu', 'cpu', 'core'],
  ['memory', 'memory', 'byte'],
  ['storage', 'storage', 'byte'],
  ['ephemeral-storage', 'ephemeral_storage', 'byte'],
  ['pods', 'pods', 'integer'],
  ['hugepages-2Mi', 'hugepages_2Mi', 'byte'],
  ['attachable-volumes-aws-ebs', 'attachable_volumes_aws_ebs', 'byte'],
  ['nvidia.com/gpu', 'nvidia_com_gpu', 'integer'],
])('%s is told as %s in the unit %s', (name, resource, measure) => {
  expect(resourceMeasure(name)).toEqual({ resource, measure })
})

test.each([
  'gpu',
  'requests.nvidia.com/gpu',
  'kubernetes.io/batch-cpu',
  'node.kubernetes.io/thing',
  '__proto__',
])('%s is not told', (name) => {
  expect(resourceMeasure(name)).toBeUndefined()
})
