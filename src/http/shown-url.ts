const secretName = /token|key|pass|secret|auth|sig|cred|session/i

/** Whether a parameter of this name is not for everybody's eyes. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** A URL for people: values of parameters that sound like secrets are hidden. */
export function shownUrl(text: string): string {
  const url = new URL(text)
  for (const name of new Set(url.searchParams.keys())) {
    if (isSecretName(name)) url.searchParams.set(name, 'REDACTED')
  }
  return url.href
}
