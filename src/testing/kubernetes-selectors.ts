import type { KubernetesObject } from '#src/kubernetes/object.ts'

/** Whether selectors of the forms `a=b`, `a!=b`, and for labels `a` and `!a`, separated by commas, select an object. */
export function matchesSelectors(object: KubernetesObject, labels: string, fields: string): boolean {
  const label = (name: string): string | undefined => object.metadata.labels?.[name]
  const field = (path: string): string => {
    let value: unknown = object
    for (const part of path.split('.'))
      value = (value as Readonly<Record<string, unknown>> | undefined)?.[part]
    return typeof value === 'string' ? value : ''
  }
  return (
    termsOf(labels).every((term) => holds(term, label)) && termsOf(fields).every((term) => holds(term, field))
  )
}

function termsOf(selector: string): string[] {
  return selector.split(',').filter((term) => term !== '')
}

function holds(term: string, read: (name: string) => string | undefined): boolean {
  const [name = '', wanted = ''] = term.split(/!=|==?/)
  if (term.includes('!=')) return read(name) !== wanted
  if (term.includes('=')) return read(name) === wanted
  return term.startsWith('!') ? read(term.slice(1)) === undefined : read(term) !== undefined
}
