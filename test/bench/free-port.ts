import { createServer, type AddressInfo } from 'node:net'

/** So many ports of the loopback that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held until the last is known: one that is given back early would be given out again.
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(
      servers.map(async (server) => {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', resolve)
        })
        return (server.address() as AddressInfo).port
      }),
    )
  } finally {
    for (const server of servers) server.close()
  }
}
