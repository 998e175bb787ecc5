import { hiddenText } from '#src/config/secret.ts'
import { visibleText } from '#src/text/visible-text.ts'

/** Characters that a text has to share with a secret: a quotation may show only a part of it, and fewer are chance. */
const shortestPart = 8
/** Shorter secrets are in any text, so that hiding them would tell them. */
const shortestSecret = 4

/** A text without what it has of secrets: whole ones, and of longer ones every part of eight characters and more. */
export function concealSecrets(text: string, secrets: readonly string[]): string {
  const forms = new Set(secrets.flatMap((secret) => [secret, visibleText(secret)]))
  let concealed = text
  for (const form of forms) if (form.length >= shortestSecret) concealed = withoutParts(concealed, form)
  return concealed
}

/** What of an `Authorization` is secret, also as somebody shows it who has decoded it. */
export function secretsOfAuthorization(authorization: string): string[] {
  const [scheme = '', credentials = ''] = authorization.split(/ (.*)/s)
  if (scheme !== 'Basic') return [credentials]
  const decoded = Buffer.from(credentials, 'base64').toString()
  return [credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)]
}

function withoutParts(text: string, secret: string): string {
  const shortest = Math.min(shortestPart, secret.length)
  let result = ''
  let from = 0
  for (let at = 0; at + shortest <= text.length;) {
    let end = at + shortest
    if (!secret.includes(text.slice(at, end))) {
      at++
      continue
    }
    while (end < text.length && secret.includes(text.slice(at, end + 1))) end++
    result += text.slice(from, at) + hiddenText
    from = end
    at = end
  }
  return result + text.slice(from)
}
