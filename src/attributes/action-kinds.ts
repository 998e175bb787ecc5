import { ConfigError, type Path } from '#src/config/config-error.ts'
import { compileExpression } from '#src/config/matcher.ts'
import type { AttributeValue } from '#src/model/attribute-set.ts'
import type { ActionConfig, ActionName, ActionOption } from './action-options.ts'
import { configuredValue } from './configured-value.ts'
import { convert } from './conversion.ts'
import { valueHash } from './value-hash.ts'

/** The attributes that actions work on, by key. */
export type Attributes = Map<string, AttributeValue>

/** What one action does to attributes. */
export type Step = (attributes: Attributes) => void

/** One kind of action: what it is told, and what it does. */
export interface ActionKind {
  /** The options that it uses. */
  readonly uses: readonly ActionOption[]
  /** Options that it cannot do without; of a list in it, one at least. */
  readonly needs: readonly (readonly ActionOption[])[]
  /** Options of which it takes one at most. */
  readonly alternatives?: readonly ActionOption[]
  /**
   * Compiles an action whose options were checked.
   *
   * @throws ConfigError for a value or an expression that makes no sense
   */
  compile(config: ActionConfig, path: Path): Step
}

/** Writes an attribute, depending on whether it exists. */
function writing(applies: (exists: boolean) => boolean): ActionKind {
  return {
    uses: ['key', 'value', 'from_attribute', 'default_value'],
    needs: [['key'], ['value', 'from_attribute', 'default_value']],
    alternatives: ['value', 'from_attribute'],

    compile({ key = '', value, from_attribute: from = '', default_value: fallback }, path) {
      const written = value ?? fallback
      const option = written === value ? 'value' : 'default_value'
      const fixed =
        written === undefined || written === null ? undefined : configuredValue(written, [...path, option])
      return (attributes) => {
        if (!applies(attributes.has(key))) return
        const source = (from === '' ? undefined : attributes.get(from)) ?? fixed
        if (source !== undefined) attributes.set(key, source)
      }
    },
  }
}

/** Does something to the attribute `key`, then to those whose name matches `pattern`, as the Collector does. */
function onNames(act: (attributes: Attributes, key: string, value: AttributeValue) => void): ActionKind {
  return {
    uses: ['key', 'pattern'],
    needs: [['key', 'pattern']],

    compile({ key = '', pattern = '' }, path) {
      const names = pattern === '' ? undefined : compileExpression(pattern, [...path, 'pattern'])
      return (attributes) => {
        const value = key === '' ? undefined : attributes.get(key)
        if (value !== undefined) act(attributes, key, value)
        if (names === undefined) return
        for (const [name, each] of attributes) if (names.matches(name)) act(attributes, name, each)
      }
    },
  }
}

const extraction: ActionKind = {
  uses: ['key', 'pattern'],
  needs: [['key'], ['pattern']],

  compile({ key = '', pattern: source = '' }, path) {
    const pattern = compileExpression(source, [...path, 'pattern'])
    const { groupNames, groupCount } = pattern
    if (groupNames.size === 0 || groupNames.size < groupCount) {
      throw new ConfigError(
        'every group of the pattern needs the name of an attribute, as in (?P<zone>.*); (?:...) groups without one',
        [...path, 'pattern'],
      )
    }
    return (attributes) => {
      const text = attributes.get(key)
      const groups = typeof text === 'string' ? pattern.groups(text) : undefined
      if (groups === undefined) return
      for (const [name, index] of groupNames) attributes.set(name, groups[index] ?? '')
    }
  },
}

const conversion: ActionKind = {
  uses: ['key', 'converted_type'],
  needs: [['key'], ['converted_type']],

  compile({ key = '', converted_type: target = 'string' }) {
    return (attributes) => {
      const value = attributes.get(key)
      const converted = value === undefined ? undefined : convert(value, target)
      if (converted !== undefined) attributes.set(key, converted)
    }
  },
}

/** What each action is. */
export const actionKinds: Readonly<Record<ActionName, ActionKind>> = {
  insert: writing((exists) => !exists),
  update: writing((exists) => exists),
  upsert: writing(() => true),
  delete: onNames((attributes, key) => attributes.delete(key)),
  hash: onNames((attributes, key, value) => attributes.set(key, valueHash(value))),
  extract: extraction,
  convert: conversion,
}
