/** What a label's name may consist of: any text as in Prometheus 3, or only letters, digits and underscores as before. */
export type NameScheme = 'utf8' | 'legacy'

const legacyName = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const legacyTemplate = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/

/** Whether a text is the name of a label. */
export function isLabelName(text: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? legacyName.test(text) : text !== '' && text.isWellFormed()
}

/** Whether a text with references to groups (`$1`, `${name}`) can become the name of a label. */
export function isLabelNameTemplate(text: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? legacyTemplate.test(text) : isLabelName(text, scheme)
}
