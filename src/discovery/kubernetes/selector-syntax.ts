const name = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?'
const key = `(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?${name}`
const value = `(?:${name})?`

/** One requirement on labels. */
const requirement = new RegExp(
  String.raw`^\s*(?:!\s*${key}|${key}(?:\s*(?:==?|!=)\s*${value}|\s+(?:not)?in\s*\(\s*${value}(?:\s*,\s*${value})*\s*\)|\s*[<>]\s*\d+)?)\s*$`,
)

/** One requirement on fields; what would end a value is behind a backslash there. */
const term = /^[^=!,\\]+(?:==?|!=)(?:[^=,\\]|\\[=,\\])*$/

/** What is wrong with a selector of labels; undefined where nothing is. An empty one selects all. */
export function labelSelectorProblem(selector: string): string | undefined {
  // The commas within parentheses are between values.
  return problemOf(
    selector.split(/,(?![^(]*\))/),
    requirement,
    'labels, as in app=web,tier notin (a, b),!old',
  )
}

/** What is wrong with a selector of fields; undefined where nothing is. An empty one selects all. */
export function fieldSelectorProblem(selector: string): string | undefined {
  return problemOf(selector.split(/(?<!\\),/), term, 'fields, as in spec.nodeName=n1,status.phase!=Failed')
}

function problemOf(parts: readonly string[], form: RegExp, example: string): string | undefined {
  if (parts.length === 1 && parts[0]?.trim() === '') return undefined
  const wrong = parts.find((part) => !form.test(part))
  return wrong === undefined
    ? undefined
    : `expected a selector of ${example}; ${JSON.stringify(wrong)} is none`
}
