/** Where a command writes, and what it knows of its surroundings. */
export interface Console {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether people watch as it happens. */
  readonly interactive: boolean
  /** What was asked for: standard output. */
  out(text: string): void
  /** What there is to say about it: standard error. */
  err(text: string): void
}

/** The console of this process. A reader that goes away, as `head` does, is no error. */
export function processConsole(): Console {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  return {
    environment: process.env,
    interactive: stderr.isTTY,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
  }
}
