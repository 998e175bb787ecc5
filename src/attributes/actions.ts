import { ConfigError, mapItems, type Path } from '#src/config/config-error.ts'
import { sameValue, type AttributeList, type AttributeSet } from '#src/model/attribute-set.ts'
import { actionKinds, type ActionKind, type Attributes, type Step } from './action-kinds.ts'
import { givenOptions, type ActionConfig } from './action-options.ts'

/**
 * What a list of actions makes of attributes; undefined where they stay as they are. An attribute named `hidden` is
 * not seen by the actions, and stays.
 */
export type AttributeEdit = (attributes: AttributeSet, hidden?: string) => AttributeList | undefined

/**
 * Compiles a list of actions, which are applied in order.
 *
 * @param path of the list, for messages
 * @throws ConfigError for the mistakes of all actions
 */
export function compileActions(actions: readonly ActionConfig[], path: Path): AttributeEdit {
  const steps = mapItems(actions, (action, index) => compileAction(action, [...path, index]))
  return (set, hidden) => {
    const attributes: Attributes = new Map(set)
    const kept = hidden === undefined ? undefined : attributes.get(hidden)
    if (hidden !== undefined) attributes.delete(hidden)
    for (const step of steps) step(attributes)
    if (hidden !== undefined && kept !== undefined) attributes.set(hidden, kept)
    return holdsSame(attributes, set) ? undefined : [...attributes].flat()
  }
}

function holdsSame(attributes: Attributes, set: AttributeSet): boolean {
  if (attributes.size !== set.size) return false
  for (const [key, value] of set) {
    const now = attributes.get(key)
    if (now === undefined || !sameValue(now, value)) return false
  }
  return true
}

function compileAction(config: ActionConfig, path: Path): Step {
  const kind = actionKinds[config.action]
  checkOptions(config, kind, path)
  return kind.compile(config, path)
}

function checkOptions(config: ActionConfig, kind: ActionKind, path: Path): void {
  const name = config.action
  const given = givenOptions(config)
  for (const option of given) {
    if (kind.uses.includes(option)) continue
    const message =
      option === 'from_context'
        ? 'from_context is not supported, because Weir keeps no metadata of clients: use value or from_attribute'
        : `${name} does not use ${option}, only ${kind.uses.join(', ')}`
    throw new ConfigError(message, [...path, option])
  }
  for (const group of kind.needs) {
    if (!group.some((option) => given.includes(option))) {
      throw new ConfigError(`${name} needs ${group.join(' or ')}`, path)
    }
  }
  const [first, second] = (kind.alternatives ?? []).filter((option) => given.includes(option))
  if (first !== undefined && second !== undefined) {
    throw new ConfigError(`${second} contradicts ${first}: give one of them`, [...path, second])
  }
}
