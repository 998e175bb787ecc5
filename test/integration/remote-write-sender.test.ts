import { expect, test } from 'vitest'
import { deliveryCases } from './remote-write-sender/delivery-cases.ts'
import { meaningCases } from './remote-write-sender/meaning-cases.ts'
import { volumeCases } from './remote-write-sender/volume-cases.ts'
import { wireCases } from './remote-write-sender/wire-cases.ts'

// The named cases of prometheus/compliance's sender tests. Many of them ask there only that a request comes; here each is
// held to its exact outcome.
wireCases()
meaningCases()
deliveryCases()
volumeCases()

test('all 157 named cases of the compliance tests are there, each once', ({ task }) => {
  const groups = task.file.tasks.flatMap((each) => ('tasks' in each ? each.tasks : []))
  expect(groups).toHaveLength(157)
  expect(new Set(groups.map(({ name }) => name)).size).toBe(157)
})
