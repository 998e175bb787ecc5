import { ConfigError } from '#src/config/config-error.ts'
import { compilePattern, type Groups } from '#src/regex/pattern.ts'
import type { Rule } from './rule.ts'
import type { Step } from './step.ts'

/** Where the metric's name matches, with `*` for anything but a dot, labels are written of what the `*` stand for. */
export function graphite({ match, labels: templates }: Rule): Step {
  const literals = match.split('*').map((literal) => literal.replaceAll(/[^a-zA-Z0-9_]/gu, escaped))
  const pattern = compilePattern(literals.join('([^.]*)'), { anchored: true })
  const written = Object.entries(templates).map(([name, template]) => {
    return { name, value: compileTemplate(template, pattern.groupCount, name) }
  })
  return (labels) => {
    const groups = pattern.groups(labels.get('__name__'))
    if (groups !== undefined) for (const { name, value } of written) labels.set(name, value(groups))
    return true
  }
}

function escaped(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** A reference ends with its digits, so `$1x` is what the first `*` stands for, and an x. */
function compileTemplate(template: string, count: number, name: string): (groups: Groups) => string {
  // Of the split with two groups, each literal is followed by both of them, one of which is set.
  const parts = template.split(/\$(?:\{(\d+)\}|(\d+))/)
  for (const [index, part] of parts.entries()) {
    if (index % 3 > 0 && Number(part ?? 0) > count) {
      throw new ConfigError(`there is no $${part}: match has ${count} *`, ['labels', name])
    }
  }
  return (groups) =>
    parts.map((part, index) => (index % 3 === 0 ? part : part && groups[Number(part)]) ?? '').join('')
}
