import { systemClock } from '#src/component/clock.ts'
import { ConfigError } from '#src/config/config-error.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import type { ComponentNode } from './component-node.ts'
import { GraphError, type ComponentMistake } from './graph-error.ts'
import { makeParts, noParts } from './parts.ts'

/**
 * Makes every component of a configuration, as a start would, and starts none.
 *
 * @throws {GraphError} with what only factories can find
 */
export function makeAndDiscard(configuration: Configuration): ComponentNode[] {
  const parts = makeParts(configuration, noParts, { clock: systemClock, logger: silentLogger })
  const nodes = [...parts.receivers.values(), ...parts.exporters.values()].map(({ node }) => node)
  for (const { chain } of parts.pipelines.values()) nodes.push(...chain.nodes)
  for (const node of nodes) node.abort()
  return nodes
}

/** All that keeps a configuration from being made, defects of factories included. */
export function dryRun(configuration: Configuration): readonly ComponentMistake[] {
  try {
    return makeAndDiscard(configuration)
      .filter(({ failed }) => failed)
      .map((node) => ({ component: node.config, error: new ConfigError(`cannot be made: ${node.error}`) }))
  } catch (error) {
    if (error instanceof GraphError) return error.mistakes
    throw error
  }
}
