import { ConfigError } from '#src/config/config-error.ts'
import type { ComponentConfig, Configuration } from '#src/config/configuration.ts'
import { GraphError } from '../graph-error.ts'
import { StartError } from '../start-error.ts'
import type { PortableError } from './worker-message.ts'

/** Makes an error portable: what `Graph.apply` throws, or any other. */
export function packError(error: unknown): PortableError {
  if (error instanceof GraphError) {
    const mistakes = error.mistakes.flatMap(({ component, error: first }) =>
      [first, ...first.others].map(({ message, path }) => ({
        component: component.definition.kind,
        id: component.id,
        message,
        path,
      })),
    )
    return { kind: 'graph', mistakes }
  }
  if (error instanceof StartError) {
    const message = error.cause instanceof Error ? error.cause.message : String(error.cause)
    return { kind: 'start', component: error.component, message }
  }
  return { kind: 'error', message: error instanceof Error ? error.message : String(error) }
}

/** Makes an error of it again. */
export function unpackError(error: PortableError, configuration: Configuration): Error {
  if (error.kind === 'start') return new StartError(error.component, new Error(error.message))
  if (error.kind === 'error') return new Error(error.message)
  return new GraphError(
    error.mistakes.flatMap(({ component, id, message, path }) => {
      const config = componentOf(component, id, configuration)
      return config === undefined ? [] : [{ component: config, error: new ConfigError(message, path) }]
    }),
  )
}

function componentOf(kind: string, id: string, configuration: Configuration): ComponentConfig | undefined {
  const { receivers, processors, exporters } = configuration
  return [receivers, processors, exporters]
    .map((section): ComponentConfig | undefined => section.get(id))
    .find((config) => config?.definition.kind === kind)
}
