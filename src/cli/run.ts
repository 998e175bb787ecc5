import { exitStatus } from '#src/pipeline/exit-status.ts'
import { readCommandLine, UsageError, type CommandName, type Invocation } from './command-line.ts'
import { processConsole, type Console } from './console.ts'
import { helpText } from './help.ts'
import { version } from './version.ts'

/** The commands. A command loads what it needs: `weir help` needs nothing. */
const commands: Readonly<
  Record<CommandName, (invocation: Invocation, console: Console) => Promise<number> | number>
> = {
  async run(invocation, console) {
    const { runPipelines } = await import('./run-pipelines.ts')
    return await runPipelines(invocation, console)
  },
  async validate(invocation, console) {
    const { validate } = await import('./validate.ts')
    return await validate(invocation, console)
  },
  async 'print-config'(invocation, console) {
    const { printConfig } = await import('./print-config.ts')
    return await printConfig(invocation, console)
  },
  async rbac(invocation, console) {
    const { rbac } = await import('./rbac.ts')
    return await rbac(invocation, console)
  },
  async schema(_, console) {
    const { editorSchema } = await import('#src/config/editor-schema.ts')
    return print(`${JSON.stringify(await editorSchema(), undefined, 2)}\n`, console)
  },
  async components(_, console) {
    const { componentList } = await import('./component-list.ts')
    return print(await componentList(), console)
  },
  help: (_, console) => print(helpText, console),
  version: (_, console) => print(`weir ${version}\n`, console),
}

/**
 * Runs one command line.
 *
 * @returns the exit status
 */
export async function run(args: readonly string[], console: Console = processConsole()): Promise<number> {
  try {
    const invocation = readCommandLine(args)
    return await commands[invocation.command](invocation, console)
  } catch (error) {
    if (error instanceof UsageError) {
      console.err(`${error.message}\nweir help shows what there is.\n`)
      return exitStatus.usage
    }
    console.err(`weir failed by an error of its own: please report it.\n${describe(error)}\n`)
    return exitStatus.internal
  }
}

function print(text: string, console: Console): number {
  console.out(text)
  return exitStatus.done
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
