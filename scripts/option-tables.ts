// Writes the options table of every component's README from its schema, between the two marks. With --check it writes
// nothing and fails where a README is not what the schema says.
import { readFile, writeFile } from 'node:fs/promises'
import { registry } from '#src/component/registry.ts'

interface Schema {
  readonly type?: string | readonly string[]
  readonly weir?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly additionalProperties?: boolean | Schema
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

const begin = '<!-- options: written by `npm run docs` from config.ts -->'
const end = '<!-- end of options -->'
const check = process.argv.includes('--check')
const folders = {
  receiver: 'receivers',
  processor: 'processors',
  exporter: 'exporters',
  extension: 'src/extensions',
} as const

function typeOf(schema: Schema): string {
  if (schema.weir !== undefined) return schema.weir
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(', ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'object') return 'mapping'
  return typeof schema.type === 'string' ? schema.type : (schema.type?.join(', ') ?? 'any')
}

function* rows(schema: Schema, prefix: string): Generator<string> {
  for (const [key, option] of Object.entries(schema.properties ?? {})) {
    const name = `${prefix}${key}`
    const standard = option.default === undefined ? '' : `\`${JSON.stringify(option.default)}\``
    const required =
      schema.required?.includes(key) === true && option.default === undefined ? 'required' : standard
    // A table's cell ends at a bar.
    const cells = [`\`${name}\``, typeOf(option), required, option.description ?? ''].map((cell) =>
      cell.replaceAll('|', '\\|'),
    )
    yield `| ${cells.join(' | ')} |`
    yield* nested(option, name)
  }
}

function* nested(option: Schema, name: string): Generator<string> {
  for (const each of [option, ...(option.anyOf ?? [])]) {
    if (each.properties !== undefined) yield* rows(each, `${name}.`)
    const { items } = each
    for (const item of items === undefined ? [] : [items, ...(items.anyOf ?? [])]) {
      if (item.properties !== undefined) yield* rows(item, `${name}[].`)
    }
  }
}

function tableOf(schema: Schema): string {
  const table = [...new Set(rows(schema, ''))]
  if (table.length === 0) return 'It has no options.'
  return ['| option | type | default | |', '| --- | --- | --- | --- |', ...table].join('\n')
}

let stale = 0
for (const kind of ['receiver', 'processor', 'exporter', 'extension'] as const) {
  for (const [type, load] of Object.entries(registry[kind])) {
    const path = `${folders[kind]}/${type}/README.md`
    const text = await readFile(path, 'utf8')
    const from = text.indexOf(begin)
    const to = text.indexOf(end)
    if (from < 0 || to < from) throw new Error(`${path} lacks the lines\n${begin}\n${end}`)
    const { default: definition } = await load()
    const written = `${text.slice(0, from)}${begin}\n\n${tableOf(definition.config)}\n\n${text.slice(to)}`
    if (written === text) continue
    if (!check) await writeFile(path, written)
    else {
      stale++
      console.error(`${path}: its options table is not what config.ts says: run npm run docs`)
    }
  }
}
process.exitCode = stale > 0 ? 1 : 0
