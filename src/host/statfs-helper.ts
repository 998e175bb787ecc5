// The program of the process that calls statfs where it may hang: see StatfsProcess. It imports nothing of ours, so
// that it stays small.
//
// Requests come on stdin, one JSON text a line: [number, path]. Answers go to stdout in the order in which they come:
// [number, frsize, bsize, blocks, bfree, bavail, files, ffree], numbers of the file system as texts since they may be
// beyond 2^53; or [number, error code, message].
import { statfs } from 'node:fs'

process.stdin.setEncoding('utf8')

let rest = ''
process.stdin.on('data', (text: string) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) answer(line)
})

// The parent has ended, perhaps killed. A signal, because an exit would wait for the thread of a call that hangs.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'))
process.stdout.on('error', () => process.kill(process.pid, 'SIGKILL'))

function answer(line: string): void {
  const [id, path] = JSON.parse(line) as [number, string]
  statfs(path, { bigint: true }, (error, stats) => {
    const fields =
      error === null
        ? [
            stats.frsize ?? 0n,
            stats.bsize,
            stats.blocks,
            stats.bfree,
            stats.bavail,
            stats.files,
            stats.ffree,
          ].map(String)
        : [error.code ?? '', error.message]
    process.stdout.write(`${JSON.stringify([id, ...fields])}\n`)
  })
}
