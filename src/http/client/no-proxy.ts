import { BlockList, isIP } from 'node:net'

/** Whether a host is asked directly although there is a proxy. */
export type Exemption = (host: string, port: number) => boolean

/**
 * Compiles a list of hosts that are asked without a proxy, as Go's `httpproxy` reads `NO_PROXY`: by commas; `example.com`
 * is the domain and all within, `.example.com` only what is within; addresses, networks (`10.0.0.0/8`), each with an
 * optional port; `*` is everything. This machine itself (localhost, 127.0.0.0/8, ::1) is always exempt.
 */
export function compileNoProxy(list: string): Exemption {
  const entries = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  const exemptions = entries.map(compileEntry)
  return function isExempt(host, port) {
    const name = host.toLowerCase().replace(/\.$/, '')
    return name === 'localhost' || isLoopback(name) || exemptions.some((exemption) => exemption(name, port))
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopback(host: string): boolean {
  return contains(loopback, host)
}

function compileEntry(entry: string): Exemption {
  if (entry === '*') return () => true
  const network = compileNetwork(entry)
  if (network !== undefined) return (host) => contains(network, host)
  const { host: pattern, port: only } = splitPort(entry)
  if (isIP(pattern) !== 0) {
    const address = new BlockList()
    address.addAddress(pattern, family(pattern))
    return (host, port) => isPort(only, port) && contains(address, host)
  }
  const suffix = `.${pattern.replace(/^\*?\./, '')}`
  const withItself = !pattern.startsWith('.') && !pattern.startsWith('*.')
  return (host, port) =>
    isPort(only, port) && (host.endsWith(suffix) || (withItself && host === suffix.slice(1)))
}

function compileNetwork(entry: string): BlockList | undefined {
  const [address = '', bits = ''] = entry.split('/')
  const size = Number(bits)
  if (!entry.includes('/') || isIP(address) === 0 || !/^\d{1,3}$/.test(bits)) return undefined
  if (size > (isIP(address) === 4 ? 32 : 128)) return undefined
  const list = new BlockList()
  list.addSubnet(address, size, family(address))
  return list
}

/** `host:port`, `[::1]:port`, or neither. */
function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  const { six, host, port } =
    /^(?:\[(?<six>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>\d+))?$/.exec(entry)?.groups ?? {}
  return { host: six ?? host ?? entry, port }
}

function isPort(only: string | undefined, port: number): boolean {
  return only === undefined || Number(only) === port
}

function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, family(host))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}
