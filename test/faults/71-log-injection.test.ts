import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const label =
  'up"} 1\n{"level":"error","msg":"forged"}\r\n\u001b[2J\u001b]0;title\u0007\u009b31m\u0000\u2028\u202egnp'

/** Writes one line to the real standard error of a process of its own. */
async function logInProcess(encoding: string): Promise<string> {
  const script = `
    import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
    const logger = StructuredLogger.open({ level: 'info', encoding: ${JSON.stringify(encoding)} })
    const label = ${JSON.stringify(label)}
    logger.warn('a label was refused', { label, [label]: [label, { [label]: label }], error: new Error(label) })
  `
  const { stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module-typescript',
    '-e',
    script,
  ])
  return stderr
}

test('71: a label with line feeds and escape sequences makes one JSON line, and comes back whole', async () => {
  const text = await logInProcess('json')
  expect(text.split('\n').length).toBe(2)
  expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
  expect(JSON.parse(text)).toMatchObject({
    level: 'warn',
    msg: 'a label was refused',
    label,
    [label]: [label, { [label]: label }],
    error: label,
  })
})

test('71: the text encoding escapes the same characters', async () => {
  const text = await logInProcess('console')
  expect(text.split('\n').length).toBe(2)
  expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
  expect(text).toContain(String.raw`label="up\"} 1\n{\"level\":\"error\",\"msg\":\"forged\"}\r\n\u001b[2J`)
})
