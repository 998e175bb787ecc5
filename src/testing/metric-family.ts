/** A field of a protobuf message: its number, and its bytes with the wire type. */
type Field = Buffer

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

function zigzag(value: number | bigint): bigint {
  const big = BigInt(value)
  return big < 0n ? -big * 2n - 1n : big * 2n
}

function number(field: number, value: number | bigint): Field {
  return Buffer.concat([varint(field << 3), varint(value)])
}

function bytes(field: number, value: Buffer | string): Field {
  const content = Buffer.from(value)
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content])
}

function double(field: number, value: number): Field {
  const content = Buffer.alloc(8)
  content.writeDoubleLE(value)
  return Buffer.concat([varint((field << 3) | 1), content])
}

function message(field: number, ...fields: readonly Field[]): Field {
  return bytes(field, Buffer.concat(fields))
}

/** Writes the fields of protobuf messages, for tests of those who read them. */
export const protobufField = {
  number,
  bytes,
  double,
  message,
  zigzag: (field: number, value: number | bigint) => number(field, zigzag(value)),
}

/** Labels as name, value, name, value. */
export function labelFields(labels: readonly string[], field = 1): Field[] {
  const fields: Field[] = []
  for (let index = 0; index < labels.length; index += 2) {
    fields.push(message(field, bytes(1, labels[index] ?? ''), bytes(2, labels[index + 1] ?? '')))
  }
  return fields
}

/** An `Exemplar`; the time in Unix seconds. */
export function exemplarField(field: number, labels: readonly string[], value: number, time?: number): Field {
  const stamp = time === undefined ? [] : [timeField(3, time)]
  return message(field, ...labelFields(labels), double(2, value), ...stamp)
}

/** A `google.protobuf.Timestamp` of Unix seconds. */
export function timeField(field: number, seconds: number): Field {
  const whole = Math.floor(seconds)
  return message(field, number(1, whole), number(2, Math.round((seconds - whole) * 1e9)))
}

/** The numbers of types in `MetricType`. */
export const familyTypes = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
  gaugehistogram: 5,
} as const

/** The field of `Metric` that each type has its value in. */
export const valueFields = {
  counter: 3,
  gauge: 2,
  summary: 4,
  untyped: 5,
  histogram: 7,
  gaugehistogram: 7,
} as const

/** One metric: labels and the fields of its value. */
export interface TestMetric {
  readonly labels?: readonly string[]
  readonly value: readonly Field[]
  /** Unix milliseconds. */
  readonly time?: number
}

/** A delimited `MetricFamily`. */
export function metricFamily(
  name: string,
  type: keyof typeof familyTypes,
  metrics: readonly TestMetric[],
  said: { readonly help?: string; readonly unit?: string } = {},
): Buffer {
  const fields = [bytes(1, name), number(3, familyTypes[type])]
  if (said.help !== undefined) fields.push(bytes(2, said.help))
  for (const { labels = [], value, time } of metrics) {
    const stamp = time === undefined ? [] : [number(6, time)]
    fields.push(message(4, ...labelFields(labels), message(valueFields[type], ...value), ...stamp))
  }
  if (said.unit !== undefined) fields.push(bytes(5, said.unit))
  const content = Buffer.concat(fields)
  return Buffer.concat([varint(content.length), content])
}
