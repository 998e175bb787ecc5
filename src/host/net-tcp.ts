import { readLines } from './slices.ts'

/** The states of TCP by their number in `/proc/net/tcp` (include/net/tcp_states.h), in the words of RFC 9293. */
const states: Readonly<Record<string, string>> = {
  '01': 'established',
  '02': 'syn_sent',
  '03': 'syn_received',
  '04': 'fin_wait_1',
  '05': 'fin_wait_2',
  '06': 'time_wait',
  '07': 'closed',
  '08': 'close_wait',
  '09': 'last_ack',
  '0A': 'listen',
  '0B': 'closing',
  // Requests that are not answered yet are of a state of their own in the kernel.
  '0C': 'syn_received',
}

/** The states of TCP connections. */
export const tcpStates: readonly string[] = [...new Set(Object.values(states))]

/** The column of the state: after the number, the local and the remote address. */
const stateColumn = /^\s*\d+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /

/**
 * Adds the sockets of `/proc/net/tcp` or `tcp6` to the counts by state.
 *
 * @throws HostError
 */
export async function countTcpStates(
  file: string,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  await readLines(file, signal, (line) => {
    const state = states[stateColumn.exec(line)?.[1] ?? '']
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1)
  })
}
