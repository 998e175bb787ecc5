/** Parses a file of `/run/udev/data`: the properties of a device, which are the lines `E:NAME=value`. */
export function parseUdevData(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (line.startsWith('E:') && equals > 0) properties.set(line.slice(2, equals), line.slice(equals + 1))
  }
  return properties
}
