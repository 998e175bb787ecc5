/** A component could not start: a port in use, a missing file, a credential that does not load. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly component: string

  constructor(component: string, cause: unknown) {
    super(`${component}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.component = component
  }
}
