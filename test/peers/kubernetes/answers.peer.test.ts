import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { converse } from '#src/testing/kubernetes-conversation.ts'
import { KubernetesCluster, tokens } from './kubernetes-cluster.ts'

const recorded = new URL('../../fixtures/kubernetes/answers.json', import.meta.url)

test('the API server answers as it was recorded; WEIR_RECORD=1 records it', async () => {
  await using cluster = await KubernetesCluster.start()
  const answers = await converse({
    url: cluster.url,
    clients: {
      admin: await cluster.client(),
      reader: await cluster.client(tokens.reader),
      stranger: await cluster.client('unknown'),
    },
    // The server remembers versions and pages itself, too.
    forget: async () => {
      await cluster.compact()
      await cluster.kill('kube-apiserver')
      await cluster.startApiServer()
    },
  })
  const text = `${JSON.stringify(answers, null, 2)}\n`
  if (process.env['WEIR_RECORD'] === '1') await writeFile(recorded, text)
  expect(answers).toEqual(JSON.parse(await readFile(recorded, 'utf8')))
})
