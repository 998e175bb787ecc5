import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TextMatcher } from '#src/config/matcher.ts'
import { HostError, MalformedText } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { quoted } from '#src/host/kernel-text.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import { interfaceChanges, interfaceInfo, interfaceNames, interfaceProperty, interfaceUp } from './names.ts'

const folder = '/sys/class/net'

/** Attributes that are numbers, and what node_exporter calls them. */
const numbers: readonly (readonly [
  attribute: string,
  property: string,
  definition: MetricDefinition<'device' | 'property'>,
])[] = [
  ['addr_assign_type', 'address_assign_type', interfaceProperty],
  ['carrier', 'carrier', interfaceProperty],
  ['carrier_changes', 'carrier_changes_total', interfaceChanges],
  ['carrier_up_count', 'carrier_up_changes_total', interfaceChanges],
  ['carrier_down_count', 'carrier_down_changes_total', interfaceChanges],
  ['dev_id', 'device_id', interfaceProperty],
  ['dormant', 'dormant', interfaceProperty],
  ['flags', 'flags', interfaceProperty],
  ['ifindex', 'iface_id', interfaceProperty],
  ['iflink', 'iface_link', interfaceProperty],
  ['link_mode', 'iface_link_mode', interfaceProperty],
  ['mtu', 'mtu_bytes', interfaceProperty],
  ['name_assign_type', 'name_assign_type', interfaceProperty],
  ['netdev_group', 'net_dev_group', interfaceProperty],
  ['tx_queue_len', 'transmit_queue_length', interfaceProperty],
  ['type', 'protocol_type', interfaceProperty],
]

/** Interfaces that are read in one turn of the event loop: a node with many pods has hundreds. */
const interfacesPerTurn = 16

/** What the driver of an interface negotiated with the other side. */
interface Link {
  /** The state in which it was asked. */
  readonly state: string
  readonly speed: number | undefined
  readonly duplex: string
  readonly askedInCycle: number
}

/** A link that looks the same is asked again after so many cycles. */
const cyclesPerLink = 20

/** Bytes a second of one Mbit/s, the unit of the kernel. */
const bytesPerMegabit = 1e6 / 8

/** Measures the state of network interfaces: `/sys/class/net`. */
export class InterfaceScraper implements Scraper {
  readonly collector = 'netclass'
  readonly names = interfaceNames
  readonly #files: HostFiles
  readonly #selects: TextMatcher
  #links = new Map<string, Link>()
  #cycle = 0

  constructor(files: HostFiles, selects: TextMatcher) {
    this.#files = files
    this.#selects = selects
  }

  async collect({ facts, signal, problem }: Cycle): Promise<void> {
    this.#cycle++
    const links = new Map<string, Link>()
    const devices = this.#files.list(folder).filter((device) => this.#selects(device))
    for (const [index, device] of devices.entries()) {
      if (index % interfacesPerTurn === interfacesPerTurn - 1) await nextTurn()
      if (signal.aborted)
        throw new HostError('timeout', this.#files.pathOf(folder), 'there are too many interfaces')
      try {
        const link = this.#record(facts, device)
        if (link !== undefined) links.set(device, link)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        problem(error)
      }
    }
    this.#links = links
  }

  #record(facts: Facts, device: string): Link | undefined {
    const operstate = this.#text(device, 'operstate')
    // The folder has a file that is no interface, bonding_masters, and an interface may have gone just now.
    if (operstate === undefined) return undefined
    facts.record(interfaceUp, { device }, operstate === 'up' ? 1 : 0)
    let state = operstate
    for (const [attribute, property, definition] of numbers) {
      const value = this.#number(device, attribute)
      if (value === undefined) continue
      if (attribute === 'carrier_changes') state += `/${value}`
      facts.record(definition, { device, property }, value)
    }
    const link = this.#linkOf(device, state)
    if (link.speed !== undefined)
      facts.record(interfaceProperty, { device, property: 'speed_bytes' }, link.speed * bytesPerMegabit)
    facts.record(
      interfaceInfo,
      {
        device,
        address: this.#text(device, 'address') ?? '',
        broadcast: this.#text(device, 'broadcast') ?? '',
        duplex: link.duplex,
        operstate,
        ifalias: this.#text(device, 'ifalias') ?? '',
      },
      1,
    )
    return link
  }

  /**
   * Speed and duplex come from the driver, which may ask the hardware while the kernel holds the lock of all
   * interfaces. They change when the link comes up anew, so they are asked then, and now and then.
   */
  #linkOf(device: string, state: string): Link {
    const known = this.#links.get(device)
    if (known?.state === state && this.#cycle - known.askedInCycle < cyclesPerLink) return known
    const speed = this.#number(device, 'speed')
    const duplex = this.#text(device, 'duplex') ?? ''
    return { state, speed, duplex, askedInCycle: this.#cycle }
  }

  #text(device: string, attribute: string): string | undefined {
    return this.#files.attribute(`${folder}/${device}/${attribute}`)
  }

  #number(device: string, attribute: string): number | undefined {
    return this.#files.parseAttribute(`${folder}/${device}/${attribute}`, numberOf)
  }
}

/** A number as attributes have it: decimal, with a sign where it is unknown, or hexadecimal. */
function numberOf(text: string): number {
  if (!/^(-?\d{1,15}|0x[\da-f]{1,8})$/i.test(text))
    throw new MalformedText(1, `a number is expected, not ${quoted(text)}`)
  return Number(text)
}
