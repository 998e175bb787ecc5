import type { Text } from './file-text.ts'

/** Where `Authorization` comes from. */
export interface Credentials {
  /**
   * What it says now; undefined where the server is shown no such header, but a certificate, say.
   *
   * @throws {ClientError} `credentials_unavailable`, or the signal's reason
   */
  authorization(signal: AbortSignal): Promise<string | undefined> | string | undefined
  /** The server refused what it said: files are read and tokens fetched anew. */
  renew(): void
}

/** A user name and a password (RFC 7617), as UTF-8. */
export function basicCredentials(username: Text, password: Text): Credentials {
  return {
    authorization: () => basicAuthorization(username.read(), password.read()),
    renew() {
      username.renew()
      password.renew()
    },
  }
}

/** Credentials of any scheme that are one text: `Bearer`, and what others invent. */
export function schemeCredentials(scheme: string, text: Text): Credentials {
  return { authorization: () => `${scheme} ${text.read()}`, renew: () => text.renew() }
}

/** The header for a user name and a password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
