import { registry } from '#src/component/registry.ts'
import { table } from './table.ts'

/** Lists every component that Weir brings along: kind, type, stability and what it is for. */
export async function componentList(): Promise<string> {
  const rows: string[][] = []
  for (const components of Object.values(registry)) {
    for (const type of Object.keys(components).toSorted()) {
      const definition = (await components[type]?.())?.default
      if (definition !== undefined)
        rows.push([definition.kind, type, definition.stability, definition.description])
    }
  }
  return table(rows)
}
