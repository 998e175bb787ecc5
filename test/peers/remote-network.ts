import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Place } from './place.ts'

/** Addresses for documentation (RFC 5737), of which nothing else on a machine knows. */
const hostAddress = '198.51.100.1/30'
const remoteAddress = '198.51.100.2'

/** Which packets get lost on the way, each as a share: those to the network, and those that come from it. */
interface Losses {
  readonly to: number
  readonly from: number
}

/**
 * A network beside that of the host, and the link to it, which a test spoils: the kernel drops packets (iptables), or the link is
 * taken down. It needs root. Use `await using`; all of it ends with one process, also where the test is killed.
 */
export class RemoteNetwork implements AsyncDisposable {
  readonly place: Place
  readonly #keeper: ChildProcess
  readonly #link: string

  private constructor(keeper: ChildProcess, link: string) {
    this.#keeper = keeper
    this.#link = link
    this.place = { host: remoteAddress, enter: ['nsenter', `--net=/proc/${keeper.pid}/ns/net`] }
  }

  static async start(): Promise<RemoteNetwork> {
    // It ends with its input, so with the test.
    const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo ready && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(keeper.stdout, 'data')
    const link = `weir-${process.pid}`
    const network = new RemoteNetwork(keeper, link)
    run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'outside', 'netns', String(keeper.pid))
    run('ip', 'address', 'add', hostAddress, 'dev', link)
    network.#inside('ip', 'address', 'add', `${remoteAddress}/30`, 'dev', 'outside')
    network.#inside('ip', 'link', 'set', 'outside', 'up')
    network.raise()
    return network
  }

  /** From now on packets are lost at random. */
  lose({ to, from }: Losses): void {
    this.#inside('iptables', '--flush')
    for (const [chain, share] of [
      ['INPUT', to],
      ['OUTPUT', from],
    ] as const) {
      const random = ['--match', 'statistic', '--mode', 'random', '--probability', String(share)]
      this.#inside('iptables', '--append', chain, ...random, '--jump', 'DROP')
    }
  }

  /** Loses all packets of the connections that a port has now, and nobody is told; new ones are made as ever. */
  silence(port: number): void {
    const listed = this.#inside(
      'ss',
      '--no-header',
      '--tcp',
      '--numeric',
      'state',
      'established',
      `sport = :${port}`,
    )
    for (const [, peerPort = ''] of listed.matchAll(/:(\d+)\s*$/gm)) {
      this.#inside(
        'iptables',
        '--append',
        'INPUT',
        '--protocol',
        'tcp',
        '--sport',
        peerPort,
        '--jump',
        'DROP',
      )
      this.#inside(
        'iptables',
        '--append',
        'OUTPUT',
        '--protocol',
        'tcp',
        '--dport',
        peerPort,
        '--jump',
        'DROP',
      )
    }
  }

  /** Takes the link down. */
  cut(): void {
    run('ip', 'link', 'set', this.#link, 'down')
  }

  /** Brings the link up. */
  raise(): void {
    run('ip', 'link', 'set', this.#link, 'up')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The network is taken down later than its last process ends; its name may be wanted again before.
    run('ip', 'link', 'delete', this.#link)
    const exited = once(this.#keeper, 'exit')
    this.#keeper.stdin?.end()
    await exited
  }

  #inside(...command: readonly string[]): string {
    return run(...this.place.enter, ...command)
  }
}

function run(...[command = '', ...args]: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' })
}
