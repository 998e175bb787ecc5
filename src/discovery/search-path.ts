import { readBoundedFile } from '#src/config/bounded-file.ts'

/** How names that are not complete are looked up, as resolv.conf(5) has it. */
export interface SearchPath {
  /** Domains that are put behind a name, in order. */
  readonly domains: readonly string[]
  /** A name with so many dots is first tried as it is. */
  readonly dots: number
}

/** Reads what `/etc/resolv.conf` says of it; a name is taken as it is where there is no such file. */
export function systemSearchPath(file = '/etc/resolv.conf'): SearchPath {
  let text: string
  try {
    text = readBoundedFile(file)
  } catch {
    return { domains: [], dots: 1 }
  }
  let domains: readonly string[] = []
  let dots = 1
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'search' || keyword === 'domain') domains = words
    if (keyword !== 'options') continue
    for (const word of words) {
      const [, count] = /^ndots:(\d{1,2})$/.exec(word) ?? []
      if (count !== undefined) dots = Math.min(15, Number(count))
    }
  }
  return { domains: domains.slice(0, 6), dots }
}

/** The names to ask for, in order. One that ends with a dot is complete. */
export function candidateNames(name: string, { domains, dots }: SearchPath): string[] {
  if (name.endsWith('.')) return [name]
  const longer = domains.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
  return name.split('.').length - 1 >= dots ? [name, ...longer] : [...longer, name]
}
