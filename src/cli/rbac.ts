import type { Account } from '#src/kubernetes/access-rule.ts'
import type { NeededRule } from '#src/kubernetes/role-manifests.ts'
import type { ComponentConfig, Configuration } from '#src/config/configuration.ts'
import { exitStatus } from '#src/pipeline/exit-status.ts'
import { checkConfiguration } from './checked-configuration.ts'
import type { Invocation } from './command-line.ts'
import type { Console } from './console.ts'
import { verdict } from './verdict.ts'

/** Prints what must be applied to a cluster of Kubernetes so that a configuration may do there what it does, and no more. */
export async function rbac(invocation: Invocation, console: Console): Promise<number> {
  const { configuration, findings, good } = await checkConfiguration(invocation, console)
  if (configuration === undefined || !good) {
    console.err(verdict(findings))
    return exitStatus.failed
  }
  const { account } = invocation
  const needed = neededRules(configuration, account)
  if (needed.length === 0) {
    console.err('nothing of this configuration asks an API server of Kubernetes: it needs no rules\n')
    return exitStatus.done
  }
  const { roleManifests } = await import('#src/kubernetes/role-manifests.ts')
  console.out(roleManifests(needed, account))
  return exitStatus.done
}

/** What the components that run need. */
function neededRules(configuration: Configuration, account: Account): NeededRule[] {
  return running(configuration).flatMap(({ definition, options, path }) =>
    (definition.access?.(options, account) ?? []).map((rule) => ({ rule, by: path.join('.') })),
  )
}

function running(configuration: Configuration): ComponentConfig[] {
  const { receivers, processors, exporters, extensions, pipelines, serviceExtensions } = configuration
  const used = [...pipelines.values()]
  const inPipelines = [
    ...used.flatMap((pipeline) => pipeline.receivers.map((id) => receivers.get(id))),
    ...used.flatMap((pipeline) => pipeline.processors.map((id) => processors.get(id))),
    ...used.flatMap((pipeline) => pipeline.exporters.map((id) => exporters.get(id))),
  ]
  const beside = serviceExtensions.map((id) => extensions.get(id))
  return [...inPipelines, ...beside].filter((config) => config !== undefined)
}
