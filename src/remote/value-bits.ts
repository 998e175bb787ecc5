/** The halves of the bits of Prometheus' staleness marker 0x7ff0000000000002. */
const staleHigh = 0x7ff00000
const staleLow = 2
/** The same of its ordinary NaN, 0x7ff8000000000001. */
const nanHigh = 0x7ff80000
const nanLow = 1

/** Writes a value as eight bytes. NaN gets the bits that Prometheus has for it, whatever its own are. */
export function writeValue(view: DataView, position: number, value: number): void {
  if (Number.isNaN(value)) {
    view.setInt32(position, nanLow, true)
    view.setInt32(position + 4, nanHigh, true)
  } else view.setFloat64(position, value, true)
}

/** Writes Prometheus' staleness marker as eight bytes: it never is a number on its way. */
export function writeStaleMarker(view: DataView, position: number): void {
  view.setInt32(position, staleLow, true)
  view.setInt32(position + 4, staleHigh, true)
}
