import { expect, test } from 'vitest'
import { KubeletPods } from './kubelet-pods.ts'

test('who asks while the kubelet is asked shares its answer, and who asks later gets another', async () => {
  const answers = [
    Promise.withResolvers<string>(),
    Promise.withResolvers<string>(),
    Promise.withResolvers<string>(),
  ]
  const asked: unknown[] = []
  let closed = false
  const pods = new KubeletPods(
    {
      getText: async (...request) => await (answers[asked.push(request) - 1]?.promise ?? ''),
      close: () => void (closed = true),
    },
    1000,
  )
  const both = [pods.list(), pods.list()]
  answers[0]?.resolve('first')
  expect(await Promise.all(both)).toEqual(['first', 'first'])
  answers[1]?.reject(new Error('away'))
  await expect(pods.list()).rejects.toThrow('away')
  answers[2]?.resolve('third')
  expect(await pods.list()).toBe('third')
  expect(asked).toEqual([
    ['/pods', 1000],
    ['/pods', 1000],
    ['/pods', 1000],
  ])
  pods.close()
  expect(closed).toBe(true)
})
