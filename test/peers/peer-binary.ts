import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The path of a real component that `scripts/peers.sh` built.
 *
 * @throws {Error} that says what to do, where it is missing: a peer test never passes without its peer
 */
export function peerBinary(name: string, version: string): string {
  const cache = process.env['WEIR_PEERS_CACHE'] ?? join(homedir(), '.cache', 'weir-peers')
  const path = join(cache, `${name}-${version}`, name)
  try {
    accessSync(path, constants.X_OK)
  } catch (error) {
    throw new Error(`the peer ${name} ${version} is not at ${path}: run scripts/peers.sh`, { cause: error })
  }
  return path
}
