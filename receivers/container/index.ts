import { defineReceiver } from '#src/component/define.ts'
import { RuntimeNames } from '#src/containers/runtime-names.ts'
import { RuntimeSources } from '#src/containers/runtime-sources.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { checkMetrics, Config, type ContainerConfig } from './config.ts'
import { ContainerReceiver } from './container-receiver.ts'

/** A runtime measures writable layers some ten seconds apart, and its statistics cost it more than its lists. */
const writableLayersMs = 60_000

/** Measures containers, pods and the node from cgroups. */
export default defineReceiver({
  type: 'container',
  stability: 'alpha',
  description: 'Measures containers, pods and the node from cgroups, version 1, 2 and hybrid.',
  config: Config,
  validate: checkMetrics,
  create(config, context) {
    const { clock, logger } = context
    const files = new HostFiles(config.root_path)
    const sources = new RuntimeSources({
      files,
      clock,
      writableLayersMs: wantsFilesystem(config) ? writableLayersMs : undefined,
    })
    const names = new RuntimeNames({
      sources: () => sources.current(),
      clock,
      logger,
      useCache: config.use_cache,
      maxAgeMs: 60_000,
    })
    return new ContainerReceiver(config, context, names)
  },
})

function wantsFilesystem({ collectors }: ContainerConfig): boolean {
  return collectors.includes('all') || collectors.includes('filesystem')
}
