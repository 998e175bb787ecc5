import type { RemoteWriteVersion } from '#src/remote/decode/request-decoder.ts'

/** The messages of both versions, by the parameter `proto`. */
const versions: ReadonlyMap<string, RemoteWriteVersion> = new Map([
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
])

/**
 * The version of remote write that a `Content-Type` stands for: 1.0 where it does not say (Remote-Write 2.0, "Protocol").
 *
 * @returns undefined for none that is known
 */
export function versionOf(contentType: string | undefined): RemoteWriteVersion | undefined {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim())
  if (type === '' && parameters.length === 0) return 1
  if (type.toLowerCase() !== 'application/x-protobuf') return undefined
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim())
    if (name.toLowerCase() === 'proto') return versions.get(value.replaceAll('"', ''))
  }
  return 1
}
