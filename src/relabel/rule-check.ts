import { ConfigError, throwAll } from '#src/config/config-error.ts'
import { nearestName } from '#src/config/nearest-name.ts'
import { actions, type Action, type Field } from './action.ts'
import { isLabelName, isLabelNameTemplate, type NameScheme } from './label-name.ts'
import { actionNames, standard, type ActionName, type RelabelOptions, type Rule } from './rule.ts'

const fields: readonly Field[] = [
  'source_labels',
  'separator',
  'target_label',
  'regex',
  'modulus',
  'replacement',
  'match',
  'labels',
]

/** Fills in what a rule does not say. @throws ConfigError for an action that there is not */
export function completeRule(options: RelabelOptions): Rule {
  const { if: selectors = [], regex = standard.regex, action = standard.action } = options
  return {
    ...standard,
    match: '',
    labels: {},
    ...options,
    action: knownAction(action),
    if: typeof selectors === 'string' ? [selectors] : selectors,
    regex: typeof regex === 'string' ? regex : regex.join('|'),
  }
}

function knownAction(written: string): ActionName {
  const lower = written.toLowerCase()
  const action = actionNames.find((name) => name === lower)
  if (action !== undefined) return action
  const nearest = nearestName(lower, actionNames)
  const advice =
    nearest === undefined ? `the actions are ${actionNames.join(', ')}` : `did you mean ${nearest}?`
  throw new ConfigError(`there is no relabel action ${JSON.stringify(written)}: ${advice}`, ['action'])
}

/** @throws ConfigError with every option that is missing, without effect, or not what the action can work with */
export function checkRule(rule: Rule, scheme: NameScheme): void {
  const action = actions[rule.action]
  const errors = [...missing(rule, action), ...ignored(rule, action), ...badNames(rule, scheme)]
  throwAll(errors)
}

function* missing(
  rule: Rule,
  { needs, needsOrIf = false, leastSources = 1 }: Action,
): Generator<ConfigError> {
  const replaceable = needsOrIf && rule.if.length > 0
  for (const field of needs) {
    if (given(rule, field) || replaceable) continue
    yield new ConfigError(`the action ${rule.action} needs ${field}${needsOrIf ? ', or if' : ''}`)
  }
  if (rule.source_labels.length > 0 && rule.source_labels.length < leastSources) {
    yield new ConfigError(`the action ${rule.action} needs at least ${leastSources} labels`, [
      'source_labels',
    ])
  }
  if (
    needs.includes('source_labels') &&
    rule.source_labels.length === 0 &&
    replaceable &&
    given(rule, 'regex')
  ) {
    yield new ConfigError('regex has nothing to match: source_labels is empty', ['regex'])
  }
}

function* ignored(rule: Rule, { needs, takes }: Action): Generator<ConfigError> {
  const used = [...needs, ...takes]
  for (const field of fields) {
    if (used.includes(field) || !given(rule, field)) continue
    const those = used.length === 0 ? '' : `: it uses ${[...used, 'if'].join(', ')}`
    yield new ConfigError(`the action ${rule.action} makes no use of ${field}${those}`, [field])
  }
}

function given(rule: Rule, field: Field): boolean {
  if (field === 'source_labels') return rule.source_labels.length > 0
  if (field === 'labels') return Object.keys(rule.labels).length > 0
  return field === 'match' ? rule.match !== '' : rule[field] !== standard[field]
}

/** Only `replace` and `labelmap` make names of groups. */
function* badNames(rule: Rule, scheme: NameScheme): Generator<ConfigError> {
  const { action, source_labels, target_label, replacement, labels } = rule
  for (const [index, name] of source_labels.entries()) {
    if (!isLabelName(name, scheme)) yield notName(name, scheme, 'source_labels', index)
  }
  const check = action === 'replace' ? isLabelNameTemplate : isLabelName
  if (target_label !== '' && !check(target_label, scheme)) yield notName(target_label, scheme, 'target_label')
  if (action === 'labelmap' && !isLabelNameTemplate(replacement, scheme)) {
    yield notName(replacement, scheme, 'replacement')
  }
  for (const name of Object.keys(labels)) {
    if (!isLabelName(name, scheme)) yield notName(name, scheme, 'labels', name)
  }
}

function notName(name: string, scheme: NameScheme, ...path: (string | number)[]): ConfigError {
  const rule =
    scheme === 'legacy'
      ? 'letters, digits and underscores, without a digit at its start'
      : 'any text but the empty one'
  return new ConfigError(`${JSON.stringify(name)} is no name for a label: it may be ${rule}`, path)
}
