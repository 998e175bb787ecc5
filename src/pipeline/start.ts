import { ConfigError } from '#src/config/config-error.ts'
import type { ComponentNode } from './component-node.ts'
import { GraphError } from './graph-error.ts'
import { StartError } from './start-error.ts'

/**
 * Runs the code that starts a component. An error without a code is a bug of that component: it fails alone.
 *
 * @returns whether it started
 * @throws {StartError} for an error of the surroundings: a port, a file
 * @throws {GraphError} for a mistake in its options
 */
export async function runStart(node: ComponentNode, start: () => Promise<void> | void): Promise<boolean> {
  try {
    await node.run(async () => start())
    node.started()
    return true
  } catch (error) {
    node.fail(error)
    if (error instanceof ConfigError) throw new GraphError([{ component: node.config, error }])
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
      throw new StartError(`${node.kind} ${node.id}`, error)
    return false
  }
}
