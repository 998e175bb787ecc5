import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { peerBinary } from '../peer-binary.ts'

const run = promisify(execFile)

/** What the guest's kernel needs to see the disk, in this order. */
const modules = [
  'virtio_ring',
  'virtio',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'virtio_blk',
]

/** What a guest wrote. */
export interface GuestOutput {
  /** What its script and its kernel wrote. */
  readonly console: string
  /** What its script wrote to /dev/ttyS1. */
  readonly results: string
}

/**
 * Boots a virtual machine of one use, with cgroup v2 alone, whose processor is emulated: it runs wherever qemu does. In it are
 * busybox, the Node that runs this, Weir's bundle at /weir/weir.js, and an empty disk at /dev/vda.
 *
 * @param script of the shell, that the guest runs as root, and ends with; no command of it may wait for ever
 * @param files texts by their path in the guest
 * @throws {Error} with what was on the console, where the guest does not end in time
 */
export async function runGuest(
  script: string,
  { files = {}, deadlineMs = 90_000 }: { files?: Readonly<Record<string, string>>; deadlineMs?: number } = {},
): Promise<GuestOutput> {
  const kernel = peerBinary('cloud-kernel', '6.1')
  const folder = await mkdtemp(join(tmpdir(), 'weir-guest-'))
  const [console, results, disk] = ['console', 'results', 'disk'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  try {
    await writeFile(disk, '')
    await truncate(disk, 8 << 20)
    const image = await makeImage(folder, dirname(kernel), { ...files, '/script': script })
    const machine = ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '768']
    const devices = ['-nodefaults', '-no-reboot', '-display', 'none', '-serial', `file:${console}`]
    const more = ['-serial', `file:${results}`, '-drive', `file=${disk},format=raw,if=virtio`]
    const boot = ['-kernel', kernel, '-initrd', image, '-append', 'console=ttyS0 quiet panic=-1']
    try {
      const limits = { timeout: deadlineMs, killSignal: 'SIGKILL' } as const
      await run('qemu-system-x86_64', [...machine, ...devices, ...more, ...boot], limits)
    } catch (error) {
      const seen = await readFile(console, 'utf8').catch(() => '')
      throw new Error(`the guest did not end in ${deadlineMs} ms:\n${seen}`, { cause: error })
    }
    return { console: await readFile(console, 'utf8'), results: await readFile(results, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Makes the file system that the kernel unpacks into memory, and gives its path. */
async function makeImage(
  folder: string,
  kernelFolder: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = join(folder, 'root')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'etc', 'modules'])
    await mkdir(join(root, name), { recursive: true })
  await cp(await realpath('/bin/busybox'), join(root, 'bin/busybox'))
  await symlink('busybox', join(root, 'bin/sh'))
  const node = await realpath(process.execPath)
  await cp(node, join(root, 'bin/node'))
  const { stdout: libraries } = await run('ldd', [node])
  for (const [library] of libraries.matchAll(/\/lib\S+/g))
    await cp(await realpath(library), join(root, library))
  for (const name of modules) await cp(join(kernelFolder, `${name}.ko`), join(root, 'modules', `${name}.ko`))
  const build = new URL('../../../scripts/build.ts', import.meta.url).pathname
  await run(process.execPath, [build, join(root, 'weir')], { cwd: dirname(dirname(build)) })
  // The bundle is made of modules, as the package says that it comes in.
  await writeFile(join(root, 'weir/package.json'), '{"type":"module"}')
  await writeFile(join(root, 'init'), init, { mode: 0o755 })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await run('sh', ['-c', 'find . | busybox cpio -o -H newc > ../image'], { cwd: root })
  return join(folder, 'image')
}

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${modules.join(' ')}; do insmod /modules/$module.ko; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
hostname guest
sh /script
echo "the script ended with $?"
sync
poweroff -f
`
