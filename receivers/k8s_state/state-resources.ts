import { deployments } from './resources/deployments.ts'
import type { StateResource } from './state-resource.ts'

/** All resources that are turned into metrics, by name. */
export const stateResources: readonly StateResource[] = [deployments]

/** Their names, as in URLs and in RBAC rules. */
export const stateResourceNames = stateResources.map(({ resource }) => resource.name)

/** Those that options choose. */
export function chosenResources(
  chosen: readonly string[],
  excluded: readonly string[],
): readonly StateResource[] {
  const isChosen = ({ resource, byDefault }: StateResource): boolean =>
    chosen.includes('all') || chosen.includes(resource.name) || (byDefault && chosen.includes('default'))
  return stateResources.filter((each) => isChosen(each) && !excluded.includes(each.resource.name))
}
