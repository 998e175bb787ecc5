import { parseArgs } from 'node:util'
import { nearestName } from '#src/config/nearest-name.ts'
import type { Account } from '#src/kubernetes/access-rule.ts'

/** The options of all commands, as `parseArgs` takes them. */
const options = {
  config: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  strict: { type: 'boolean' },
  redacted: { type: 'boolean' },
  unredacted: { type: 'boolean' },
  format: { type: 'string' },
  name: { type: 'string' },
  namespace: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

type Option = keyof typeof options

const reading = ['config', 'set', 'strict'] as const

/** The commands, and the options of each. */
const commands = {
  run: reading,
  validate: reading,
  'print-config': [...reading, 'redacted', 'unredacted', 'format'],
  rbac: [...reading, 'name', 'namespace'],
  schema: [],
  components: [],
  help: [],
  version: [],
} as const satisfies Readonly<Record<string, readonly Option[]>>

export type CommandName = keyof typeof commands

/** What a command line asks for. */
export interface Invocation {
  readonly command: CommandName
  /** Configuration files in order; at least one for the commands that read a configuration. */
  readonly files: readonly string[]
  /** `a.b.c=value`, in order. */
  readonly sets: readonly string[]
  readonly strict: boolean
  readonly format: 'yaml' | 'json'
  /** Whether secrets are printed. */
  readonly reveal: boolean
  /** Who Weir is in a cluster of Kubernetes. */
  readonly account: Account
}

/** A command line that cannot be understood; the message says what to do about it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What Kubernetes lets a namespace be called, and an account too. */
const kubernetesName = /^(?!-)[a-z0-9-]{0,62}[a-z0-9]$/

type Token = NonNullable<ReturnType<typeof parse>['tokens']>[number]
type OptionToken = Extract<Token, { readonly kind: 'option' }>

/**
 * Reads a command line. Without a command it is `run`.
 *
 * @throws {UsageError} for whatever the commands do not know, with the nearest that they do
 */
export function readCommandLine(args: readonly string[]): Invocation {
  const { tokens, values } = parse(args)
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const given = tokens.filter((token) => token.kind === 'option')
  for (const token of given) checkOption(token, args)
  if (values.help === true) return invocation('help')
  if (values.version === true) return invocation('version')
  const command = commandOf(words)
  for (const { name, rawName } of given) {
    if (!(commands[command] as readonly string[]).includes(name))
      throw new UsageError(`weir ${command} takes no ${rawName}`)
  }
  if (values.redacted === true && values.unredacted === true)
    throw new UsageError('--redacted and --unredacted contradict each other')
  const format = stringOf(values.format) ?? 'yaml'
  if (format !== 'yaml' && format !== 'json')
    throw new UsageError(`--format is yaml or json, not "${format}"`)
  const files = stringsOf(values.config)
  if ((commands[command] as readonly string[]).includes('config') && files.length === 0) {
    throw new UsageError(
      `weir ${command} needs a configuration: --config FILE\n` +
        `Weir comes with one for this host: weir ${command === 'run' ? '' : `${command} `}--config configs/host.yaml`,
    )
  }
  return invocation(command, {
    files,
    sets: stringsOf(values.set),
    strict: values.strict === true,
    format,
    reveal: values.unredacted === true,
    account: accountOf(values.name, values.namespace),
  })
}

/** Not strict: what is unknown is told in our own words, with what was probably meant. */
function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
}

function invocation(command: CommandName, given: Partial<Invocation> = {}): Invocation {
  return {
    command,
    files: [],
    sets: [],
    strict: false,
    format: 'yaml',
    reveal: false,
    account: accountOf(undefined, undefined),
    ...given,
  }
}

function accountOf(name: unknown, namespace: unknown): Account {
  const account = { name: stringOf(name) ?? 'weir', namespace: stringOf(namespace) ?? 'default' }
  for (const [option, text] of Object.entries(account)) {
    if (!kubernetesName.test(text))
      throw new UsageError(
        `--${option} is a name of Kubernetes: small letters, digits and "-", 63 at most, not "${text}"`,
      )
  }
  return account
}

function checkOption(token: OptionToken, args: readonly string[]): void {
  const { name, value, inlineValue } = token
  if (!Object.hasOwn(options, name)) {
    // "-config" is read as six options of one letter: what was written is in the argument.
    const written = args[token.index]?.replace(/=.*$/s, '') ?? token.rawName
    const nearest = nearestName(written.replace(/^-+/, ''), Object.keys(options))
    throw new UsageError(
      `there is no option ${written}${nearest === undefined ? '' : `: did you mean --${nearest}?`}`,
    )
  }
  const takesValue = options[name as Option].type === 'string'
  if (takesValue && (value === undefined || value === '' || (value.startsWith('-') && !inlineValue)))
    throw new UsageError(`${token.rawName} needs a value after it`)
  if (!takesValue && value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
}

function commandOf(words: readonly string[]): CommandName {
  const [word = 'run', extra] = words
  if (!isCommand(word)) {
    if (/[./:]/.test(word))
      throw new UsageError(`there is no command "${word}": did you mean --config ${word}?`)
    const nearest = nearestName(word, Object.keys(commands))
    throw new UsageError(
      `there is no command "${word}"${nearest === undefined ? '' : `: did you mean weir ${nearest}?`}`,
    )
  }
  if (word === 'help') return word
  if (extra !== undefined) {
    throw new UsageError(
      `weir ${word} takes no "${extra}"${/[./:]/.test(extra) ? `: did you mean --config ${extra}?` : ''}`,
    )
  }
  return word
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(commands, word)
}

/** Without `strict`, `parseArgs` cannot promise the types that `checkOption` has checked. */
function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
