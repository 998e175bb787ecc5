import { hiddenText, Secret } from '#src/config/secret.ts'
import { concealSecrets } from '#src/http/client/concealed-text.ts'

/** How much of what a receiver says about a refusal is told, in bytes. */
const excerptBytes = 256

/** What a header `Authorization` says, also where it comes from a file, is encoded, or was fetched. */
const authorization = /\b(basic|bearer)[ +]+[\w~+/.=-]+/gi

/** Shortens what a receiver says, as it is but for secrets, which it might repeat. */
export type Excerpt = (text: string) => string

/** Makes excerpts without the secrets in some options. */
export function excerptWithout(options: unknown): Excerpt {
  const secrets = [...secretsIn(options)]
    .filter((text) => text !== '')
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const shown = concealSecrets(text, secrets).replace(
      authorization,
      (_, scheme: string) => `${scheme} ${hiddenText}`,
    )
    const bytes = Buffer.from(shown)
    if (bytes.length <= excerptBytes) return shown
    // Bytes that go on with a character are left out with it.
    let end = excerptBytes
    while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
    return bytes.toString('utf8', 0, end)
  }
}

function* secretsIn(value: unknown): Generator<string> {
  if (value instanceof Secret) yield value.reveal()
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) yield* secretsIn(inner)
}
