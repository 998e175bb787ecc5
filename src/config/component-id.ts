/** `type` or `type/name`, taken apart. */
export interface ComponentId {
  readonly type: string
  /** Empty where there is none. */
  readonly name: string
}

const typeForm = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/
const nameForm = /^[^\p{Z}\p{C}\p{S}]+$/u

/** Takes an id apart, as the Collector does; a text says what is wrong with it. */
export function parseComponentId(text: string): ComponentId | string {
  const slash = text.indexOf('/')
  const type = (slash < 0 ? text : text.slice(0, slash)).trim()
  const name = slash < 0 ? '' : text.slice(slash + 1).trim()
  if (type === '') return 'the type is missing: expected type or type/name'
  if (slash >= 0 && name === '') return 'the name after / is missing: expected type/name'
  if (!typeForm.test(type)) {
    return 'a type begins with a letter, and has letters, digits and _, 63 at most: expected type or type/name'
  }
  if (name.length > 1024) return 'the name after / is longer than 1024 characters'
  if (name !== '' && !nameForm.test(name))
    return 'the name after / has a blank, a control character or a symbol'
  return { type, name }
}

/** The id as one text. */
export function formatComponentId({ type, name }: ComponentId): string {
  return name === '' ? type : `${type}/${name}`
}
