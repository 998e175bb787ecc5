import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { systemSearchPath } from './search-path.ts'

test('the search path of a pod is read', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'resolv.conf')
  await writeFile(
    file,
    'nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local  cluster.local\noptions timeout:2 ndots:5\n',
  )
  expect(systemSearchPath(file)).toEqual({
    domains: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    dots: 5,
  })
})
