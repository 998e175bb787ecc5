/** How many bytes a whole number below 2^35 takes as a varint. */
export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest /= 128) length++
  return length
}

/** Writes a whole number from 0 to 2^53 as a varint. @returns the position behind it */
export function writeVarint(bytes: Uint8Array, value: number, position: number): number {
  let at = position
  let rest = value
  for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128
  for (; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128
  bytes[at++] = rest
  return at
}

/** Writes a whole number as an int64 of protobuf has it: below zero, in ten bytes. @returns the position behind it */
export function writeInt64(bytes: Uint8Array, value: number, position: number): number {
  if (value >= 0) return writeVarint(bytes, value, position)
  let rest = BigInt.asUintN(64, BigInt(value))
  let at = position
  while (rest >= 128n) {
    bytes[at++] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  bytes[at++] = Number(rest)
  return at
}
