/**
 * A file system of FUSE that has nothing but room, for tests: it speaks the protocol of /dev/fuse (linux/fuse.h) itself.
 * Stopped by a signal it leaves requests where they are. While a file with the name SILENCE exists it takes requests and
 * never answers, so that who waits cannot even be killed. Its end is the end of all that waits.
 *
 *     node fuse-server.ts MOUNT_POINT SILENCE
 */
import { spawnSync } from 'node:child_process'
import { existsSync, openSync, readSync, writeSync } from 'node:fs'

const operation = { forget: 2, getattr: 3, statfs: 17, init: 26, interrupt: 36 } as const
const notImplemented = -38

const [mountPoint = '', silence = ''] = process.argv.slice(2)
const device = openSync('/dev/fuse', 'r+')
const mounted = spawnSync(
  'mount',
  [
    '--internal-only',
    '--types=fuse.weir',
    '--options=fd=3,rootmode=40000,user_id=0,group_id=0',
    'weir-test',
    mountPoint,
  ],
  { stdio: ['ignore', 'inherit', 'inherit', device] },
)
if (mounted.status !== 0) throw new Error('the file system was not mounted')

const request = Buffer.alloc(128 * 1024)
for (;;) {
  readSync(device, request, 0, request.length, null)
  const code = request.readUInt32LE(4)
  const unanswered = code === operation.forget || code === operation.interrupt
  if (!unanswered && !(code === operation.statfs && existsSync(silence)))
    answer(code, request.readBigUInt64LE(8))
}

function answer(code: number, unique: bigint): void {
  const body = bodyOf(code)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + (body?.length ?? 0), 0)
  header.writeInt32LE(body === undefined ? notImplemented : 0, 4)
  header.writeBigUInt64LE(unique, 8)
  writeSync(device, Buffer.concat([header, body ?? Buffer.alloc(0)]))
}

function bodyOf(code: number): Buffer | undefined {
  if (code === operation.init) {
    // Version 7.31.
    const body = Buffer.alloc(64)
    body.writeUInt32LE(7, 0)
    body.writeUInt32LE(31, 4)
    body.writeUInt32LE(4096, 20)
    return body
  }
  if (code === operation.statfs) {
    // Blocks, free, available, files, free files; block size, longest name, fragment size.
    const body = Buffer.alloc(80)
    for (const [index, count] of [1000n, 600n, 500n, 70n, 60n].entries())
      body.writeBigUInt64LE(count, index * 8)
    for (const [index, size] of [1_048_576, 255, 4096].entries()) body.writeUInt32LE(size, 40 + index * 4)
    return body
  }
  if (code === operation.getattr) {
    // Valid for an hour; the root is a folder.
    const body = Buffer.alloc(104)
    body.writeBigUInt64LE(3600n, 0)
    body.writeBigUInt64LE(1n, 16)
    body.writeUInt32LE(0o40755, 76)
    body.writeUInt32LE(1, 80)
    return body
  }
  return undefined
}
