import type { KubernetesObject } from '#src/kubernetes/object.ts'

/** As what a server is asked to answer: a form, or objects as they are. */
export type AskedForm = 'PartialObjectMetadata' | 'Table' | undefined

/** What a request wants, by its `Accept`. */
export function askedForm(accept: string | undefined): AskedForm {
  const [, form] = /^application\/json;as=(PartialObjectMetadata|Table)/.exec(accept ?? '') ?? []
  return form as AskedForm
}

const version = { apiVersion: 'meta.k8s.io/v1' } as const
const age = '0s'

/** A list in a form. */
export function listAs(form: AskedForm, metadata: object, items: readonly KubernetesObject[]): object {
  if (form === 'PartialObjectMetadata')
    return { kind: 'PartialObjectMetadataList', ...version, metadata, items: items.map(partial) }
  if (form === undefined) return { kind: 'List', apiVersion: 'v1', metadata, items }
  return { kind: 'Table', ...version, metadata, columnDefinitions: columnsOf(items[0]), rows: items.map(row) }
}

/** An object of a watch in a form; only the first table of a watch names its columns. */
export function objectAs(form: AskedForm, object: KubernetesObject, isFirst: boolean): object {
  if (form === 'PartialObjectMetadata') return partial(object)
  if (form === undefined) return object
  const { resourceVersion } = object.metadata
  const columnDefinitions = isFirst ? columnsOf(object) : null
  return { kind: 'Table', ...version, metadata: { resourceVersion }, columnDefinitions, rows: [row(object)] }
}

function partial({ metadata }: KubernetesObject): object {
  return { kind: 'PartialObjectMetadata', ...version, metadata }
}

/** Of config maps and of secrets, which have a type; of others in truth there are more. */
function columnsOf(object: KubernetesObject | undefined): object[] {
  const names = ['Name', ...(object?.['type'] === undefined ? [] : ['Type']), 'Data', 'Age']
  return names.map((name) => ({ name, type: 'string', format: '', description: '', priority: 0 }))
}

function row(object: KubernetesObject): object {
  const { metadata, type, data } = object
  const cells = [metadata.name, ...(type === undefined ? [] : [type]), Object.keys(data ?? {}).length, age]
  return { cells, object: partial(object) }
}
