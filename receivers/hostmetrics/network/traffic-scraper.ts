import type { TextMatcher } from '#src/config/matcher.ts'
import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { amountOf, counterOf } from '#src/host/kernel-text.ts'
import { parseNetDev } from '#src/host/net-dev.ts'
import { countTcpStates, tcpStates } from '#src/host/net-tcp.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import { connections, conntrackCount, conntrackLimit, networkStatistic, unhandledPackets } from './names.ts'

/** Files of which the table of tracked connections is measured; they are there once the kernel's module is loaded. */
const conntrack: readonly (readonly [file: string, definition: MetricDefinition<never>])[] = [
  ['/proc/sys/net/netfilter/nf_conntrack_count', conntrackCount],
  ['/proc/sys/net/netfilter/nf_conntrack_max', conntrackLimit],
]

/** Measures what interfaces sent and received, connections, and the table of tracked connections. */
export class TrafficScraper implements Scraper {
  readonly #files: HostFiles
  readonly #selects: TextMatcher
  /** `/proc/net` is that of whoever reads it. Where the host is mounted, its own is that of its first process. */
  readonly #net: string

  constructor(files: HostFiles, selects: TextMatcher) {
    this.#files = files
    this.#selects = selects
    this.#net = files.mounted ? '/proc/1/net' : '/proc/net'
  }

  async collect({ facts, signal, problem }: Cycle): Promise<void> {
    this.#recordInterfaces(facts)
    try {
      this.#recordConntrack(facts)
      if (facts.wants(connections)) await this.#recordConnections(facts, signal)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      problem(error)
    }
  }

  #recordInterfaces(facts: Facts): void {
    for (const { name: device, statistics } of this.#files.parse(`${this.#net}/dev`, parseNetDev)) {
      if (!this.#selects(device)) continue
      for (const { direction, statistic, value } of statistics)
        facts.record(networkStatistic, { device, direction, statistic }, value)
      if (facts.wants(unhandledPackets)) this.#recordUnhandled(facts, device)
    }
  }

  /** The one of node_exporter's statistics that `/proc/net/dev` lacks. */
  #recordUnhandled(facts: Facts, device: string): void {
    const file = `/sys/class/net/${device}/statistics/rx_nohandler`
    const packets = this.#files.parseAttribute(file, (text) => counterOf(text, 1))
    if (packets !== undefined) facts.record(unhandledPackets, { device }, packets)
  }

  #recordConntrack(facts: Facts): void {
    for (const [file, definition] of conntrack) {
      if (!facts.wants(definition)) continue
      const entries = this.#files.parseAttribute(file, (text) => amountOf(text, 1))
      if (entries !== undefined) facts.record(definition, {}, entries)
    }
  }

  async #recordConnections(facts: Facts, signal: AbortSignal): Promise<void> {
    const counts = new Map<string, number>()
    await countTcpStates(this.#files.pathOf(`${this.#net}/tcp`), counts, signal)
    try {
      await countTcpStates(this.#files.pathOf(`${this.#net}/tcp6`), counts, signal)
    } catch (error) {
      // A kernel without IPv6 has no such file.
      if (!(error instanceof HostError) || error.reason !== 'not_found') throw error
    }
    for (const state of tcpStates)
      facts.record(connections, { protocol: 'tcp', state }, counts.get(state) ?? 0)
  }
}
