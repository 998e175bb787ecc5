import type { ReceiverContext } from '#src/component/define.ts'
import { located } from '#src/config/located.ts'
import { ApiPods } from '#src/containers/api-pods.ts'
import type { IdentitySource } from '#src/containers/identity-source.ts'
import { KubeletPods } from '#src/containers/kubelet-pods.ts'
import { RuntimeNames } from '#src/containers/runtime-names.ts'
import { RuntimeSources } from '#src/containers/runtime-sources.ts'
import { HostFiles } from '#src/host/host-files.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { compileKubeletClient, nodeNameOf } from '#src/kubelet/client-config.ts'
import type { KubeletClient } from '#src/kubelet/client.ts'
import type { ContainerConfig, KubeletOptions } from './config.ts'

/** A runtime measures writable layers some ten seconds apart, and its statistics cost it more than its lists. */
const writableLayersMs = 60_000

/** How old what is known of a container may be. */
const maxAgeMs = 60_000

/** Who tells of containers: the runtimes of the host, the kubelet and the API server where they are given, the names of log files. */
export function makeNames(config: ContainerConfig, { clock, logger }: ReceiverContext): RuntimeNames {
  const { collectors } = config
  const wantsFilesystem = collectors.includes('all') || collectors.includes('filesystem')
  const sources = new RuntimeSources({
    files: new HostFiles(config.root_path),
    clock,
    criSockets: config.cri_sockets,
    engineSockets: config.docker_sockets,
    writableLayersMs: wantsFilesystem ? writableLayersMs : undefined,
    others: otherSources(config, { clock, logger }),
  })
  return new RuntimeNames({
    sources: () => sources.current(),
    clock,
    logger,
    useCache: config.use_cache,
    maxAgeMs,
  })
}

/**
 * The client of the kubelet that names containers.
 *
 * @throws {ConfigError} with paths from `kubelet` on
 */
export function compileKubelet(
  { node_name: node }: ContainerConfig,
  options: KubeletOptions,
  surroundings: ClientSurroundings,
): KubeletClient {
  return located(['kubelet'], () => compileKubeletClient(options, nodeNameOf(node), surroundings))
}

/** Who else tells, the better one first. */
function otherSources(config: ContainerConfig, surroundings: ClientSurroundings): readonly IdentitySource[] {
  const { kubelet, kubernetes, node_name: node } = config
  return [
    ...(kubelet === undefined ? [] : [kubeletSource(config, kubelet, surroundings)]),
    ...(kubernetes === undefined ? [] : [new ApiPods(kubernetes, nodeNameOf(node), surroundings)]),
  ]
}

function kubeletSource(
  config: ContainerConfig,
  options: KubeletOptions,
  surroundings: ClientSurroundings,
): IdentitySource {
  const client = compileKubelet(config, options, surroundings)
  return new KubeletPods(
    client.base.href,
    async (signal) => JSON.parse(await client.getText('/pods', options.timeout, signal)) as unknown,
    () => client.close(),
  )
}
