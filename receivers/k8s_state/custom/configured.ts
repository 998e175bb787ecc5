import { fileErrorText, readBoundedFile } from '#src/config/bounded-file.ts'
import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { OptionsText } from '#src/config/options-text.ts'
import { compileCustomResources, type CustomResource } from './custom-resource.ts'
import { CustomResourceStateOptions, type CustomResourceState } from './options.ts'

/** Bytes of a file at most. */
const largest = 4 * 1_048_576

/** What is told of custom resources, in the configuration itself, in a file, or in both. */
export interface CustomOptions {
  readonly custom_resource_state?: CustomResourceState | undefined
  readonly custom_resource_state_file?: string | undefined
}

/**
 * Compiles what options say of custom resources. The file is read for it.
 *
 * @throws {ConfigError} with all mistakes; those of the file with their places in it
 */
export function customResourcesOf(options: CustomOptions): CustomResource[] {
  const { custom_resource_state: inline, custom_resource_state_file: file } = options
  const [own, others] = makeAll(
    () => (inline === undefined ? [] : located(['custom_resource_state'], () => compile(inline))),
    () => (file === undefined ? [] : located(['custom_resource_state_file'], () => readFile(file))),
  )
  return [...own, ...others]
}

function compile({ spec }: CustomResourceState): CustomResource[] {
  return located(['spec', 'resources'], () => compileCustomResources(spec.resources))
}

function readFile(file: string): CustomResource[] {
  const text = new OptionsText(file, textIn(file), CustomResourceStateOptions)
  const { options } = text
  if (options !== undefined) {
    try {
      return compile(options)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      text.add(error)
    }
  }
  // The lines themselves would stand within a line of the message.
  throw new ConfigError(text.findings.map((finding) => finding.text.split('\n')[0]).join('; '))
}

function textIn(file: string): string {
  try {
    return readBoundedFile(file, { limit: largest })
  } catch (error) {
    throw new ConfigError(`${file}: ${fileErrorText(error)}`)
  }
}
