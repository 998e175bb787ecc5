import { attributeText } from '#src/attributes/attribute-text.ts'
import type { AttributeSet, AttributeValue } from '#src/model/attribute-set.ts'
import { flag, type Batch } from '#src/model/batch.ts'
import type { Series } from '#src/model/series.ts'
import { SlotMemo } from '#src/model/slot-memo.ts'
import type { Source } from '#src/model/source.ts'
import { JsonWriter } from '#src/text/json-writer.ts'
import { pointsPerSlice, type Encoding, type Slice } from './encoding.ts'
import { writePoint } from './point-json.ts'

/**
 * One plain object a line for each sample: `{"name":…,"labels":{…},"value":…,"time":…}`. All up to the value is text
 * that a series keeps for life, and is made once for each.
 */
export class LinesEncoding implements Encoding {
  readonly #beginnings = new Map<Source, SlotMemo<string>>()
  readonly #writer = new JsonWriter()

  forget(source: Source): void {
    this.#beginnings.delete(source)
  }

  *encode(batches: readonly Batch[]): Generator<Slice> {
    const writer = this.#writer
    // A call that failed may have left a part of a line.
    writer.clear()
    let points = 0
    for (const batch of batches) {
      const { layout } = batch
      const beginnings = this.#memoOf(layout.source).follow(layout)
      const ending = new Ending(batch)
      for (const slot of batch.walk) {
        const beginning = beginnings[slot]
        if (beginning === undefined) continue
        writer.raw(beginning)
        writeValue(writer, batch, slot)
        writer.raw(ending.of(slot))
        if (++points < pointsPerSlice) continue
        yield { bytes: writer.take(), points, malformed: 0 }
        points = 0
      }
    }
    if (points > 0) yield { bytes: writer.take(), points, malformed: 0 }
  }

  #memoOf(source: Source): SlotMemo<string> {
    let memo = this.#beginnings.get(source)
    if (memo === undefined) {
      memo = new SlotMemo(beginningOf)
      this.#beginnings.set(source, memo)
    }
    return memo
  }
}

/** How the lines of a series begin. */
function beginningOf({ name, attributes, resource }: Series): string {
  const parts = [`{"name":${JSON.stringify(name)},"labels":`, labelsText(attributes)]
  // What a scraped series has is in its labels already.
  if (!resource.derived && resource.attributes.size > 0) {
    parts.push(',"resource":', labelsText(resource.attributes))
  }
  parts.push(',')
  return parts.join('')
}

function labelsText(attributes: AttributeSet): string {
  const members = [...attributes].map(([key, value]) => `${JSON.stringify(key)}:${labelText(value)}`)
  return `{${members.join(',')}}`
}

/** Strings and bytes become strings, what JSON has a word for is written as itself. */
function labelText(value: AttributeValue): string {
  const text = attributeText(value)
  const quoted =
    typeof value === 'string' ||
    value instanceof Uint8Array ||
    (typeof value === 'number' && !Number.isFinite(value))
  return quoted ? JSON.stringify(text) : text
}

function writeValue(writer: JsonWriter, batch: Batch, slot: number): void {
  if (batch.isStale(slot)) {
    writer.raw('"value":null,"stale":true')
    return
  }
  const point = batch.points?.[slot]
  if (point !== undefined) {
    writePoint(writer, point)
    return
  }
  writer.raw('"value":')
  const exact = ((batch.flags?.[slot] ?? 0) & flag.integer) === 0 ? undefined : batch.integers?.[slot]
  if (exact === undefined) writer.number(batch.values[slot] ?? Number.NaN)
  else writer.integer(exact)
}

/** How lines end: the time, in Unix milliseconds. Most samples of a batch share it. */
class Ending {
  readonly #batch: Batch
  #time = Number.NaN
  #text = ''

  constructor(batch: Batch) {
    this.#batch = batch
  }

  of(slot: number): string {
    const nano = this.#batch.timesNano?.[slot]
    if (nano !== undefined) return `,"time":${milliseconds(nano)}}\n`
    const time = this.#batch.timeAt(slot)
    if (time !== this.#time) {
      this.#time = time
      // Joined, not concatenated: V8 keeps a concatenation as a tree, which is slow to write again and again.
      this.#text = [',"time":', String(time), '}\n'].join('')
    }
    return this.#text
  }
}

/** Nanoseconds as a decimal of milliseconds, exact. */
function milliseconds(nano: bigint): string {
  const sign = nano < 0n ? '-' : ''
  const digits = String(nano < 0n ? -nano : nano).padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -6)}${fraction === '' ? '' : `.${fraction}`}`
}
