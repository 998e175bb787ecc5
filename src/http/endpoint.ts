import { ConfigError } from '#src/config/config-error.ts'

/** Where a server listens. */
export interface Endpoint {
  /** A name or an address; empty means all addresses of the machine. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

const form = /^(?:\[(?<six>[^\]]*)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/

/**
 * Reads `host:port`, `[::1]:port` or `:port`.
 *
 * @throws {ConfigError} where it is neither, with an empty path
 */
export function parseEndpoint(text: string): Endpoint {
  const { six, host, port } = form.exec(text)?.groups ?? {}
  const number = Number(port)
  if (port === undefined || number > 65_535) {
    throw new ConfigError(`"${text}" is no endpoint: expected host:port, as in localhost:9464`)
  }
  return { host: six ?? host ?? '', port: number }
}

/** The endpoint as a URL and a log line have it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
