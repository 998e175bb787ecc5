import { dirname, resolve } from 'node:path'
import { UnreadableFile } from './bounded-file.ts'
import type { ReferencedFiles } from './file-reference.ts'

/** A reference that cannot be resolved; its message says why, for people, without the value. */
export class UnresolvedReference extends Error {
  override readonly name = 'UnresolvedReference'
}

/** What a reference stands for. */
export interface ReferenceValue {
  /** Undefined where a variable is not set. */
  readonly text: string | undefined
  /** How messages call it: `${env:PORT}`, without its default. */
  readonly name: string
  /** Whether references in the text are resolved already, as in a default. */
  readonly final: boolean
  /** What relative paths in the text are relative to. */
  readonly directory: string
}

/** Where references are looked up. */
export interface Lookup {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly files: ReferencedFiles
}

const location = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?<rest>.*)$/s
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Looks up what stands between the braces, as the Collector does: `env:NAME`, `env:NAME:-default`, `file:path`,
 * `yaml:text`, or `NAME`. Beyond it, `NAME:-default` is a variable with a default too.
 *
 * @param directory what a relative path is relative to
 * @throws UnresolvedReference
 */
export function lookUp(inner: string, directory: string, lookup: Lookup): ReferenceValue {
  const { scheme, rest = '' } = location.exec(inner)?.groups ?? {}
  if (scheme === undefined || scheme === 'env' || rest.startsWith('-')) {
    return variable(scheme === 'env' ? rest : inner, directory, lookup.environment)
  }
  const name = `\${${scheme}:${scheme === 'file' ? rest : '...'}}`
  if (scheme === 'yaml') return { text: rest, name, final: true, directory }
  if (scheme !== 'file')
    throw new UnresolvedReference(`values are not read from ${scheme}:, but from env:, file: and yaml:`)
  try {
    const text = lookup.files.read(rest, directory)
    return {
      text: text.replace(/\r?\n$/, ''),
      name,
      final: false,
      directory: dirname(resolve(directory, rest)),
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    throw new UnresolvedReference(`${name} cannot be read: ${error.message}`, { cause: error })
  }
}

function variable(text: string, directory: string, environment: Lookup['environment']): ReferenceValue {
  const divider = text.indexOf(':-')
  const name = divider < 0 ? text : text.slice(0, divider)
  if (!variableName.test(name)) {
    const shown = name.length > 40 ? `${name.slice(0, 40)}...` : name
    throw new UnresolvedReference(
      `${JSON.stringify(shown)} is not the name of an environment variable; where the braces are meant themselves, write $\${`,
    )
  }
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  const reference = { name: `\${env:${name}}`, directory }
  if (value !== undefined) return { ...reference, text: value, final: false }
  return { ...reference, text: divider < 0 ? undefined : text.slice(divider + 2), final: true }
}
