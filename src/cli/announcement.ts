import type { Location } from '#src/telemetry/service-view.ts'
import { table } from './table.ts'

/** What a person who just started Weir wants to know. */
export function announcement(locations: readonly Location[]): string {
  const rows = locations.map(({ what, location }) => [`  ${what}`, location])
  return `\nWeir runs. Look at\n${table(rows)}Ctrl+C stops it.\n\n`
}
