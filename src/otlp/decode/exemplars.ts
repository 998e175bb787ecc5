import { ownAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import type { Exemplar } from '#src/model/batch.ts'
import type { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { exemplarFields } from '../encode/fields.ts'
import { readKeyValue } from './any-value.ts'

/** Lengths of ids, in bytes. */
const traceIdLength = 16
const spanIdLength = 8

/**
 * Reads the exemplars of the data point that was visited. One without a value says nothing, and is left out.
 *
 * @param number of their field
 * @param time of the point in Unix nanoseconds, for exemplars without one
 */
export function readExemplars(
  message: ProtobufMessage,
  number: number,
  time: bigint,
): Omit<Exemplar, 'slot'>[] {
  const exemplars: Omit<Exemplar, 'slot'>[] = []
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field !== number) message.skip()
    else {
      const exemplar = readExemplar(message, time)
      if (exemplar !== undefined) exemplars.push(exemplar)
    }
  }
  return exemplars
}

function readExemplar(message: ProtobufMessage, pointTime: bigint): Omit<Exemplar, 'slot'> | undefined {
  const outer = message.enter()
  const attributes: AttributeValue[] = []
  let value: number | bigint | undefined
  let time = 0n
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === exemplarFields.filteredAttributes) readKeyValue(message, attributes)
    else if (field === exemplarFields.time) time = BigInt(message.fixed())
    else if (field === exemplarFields.asDouble) value = message.double()
    else if (field === exemplarFields.asInt) value = BigInt(message.signedFixed())
    else if (field === exemplarFields.traceId) readId(message, 'trace_id', traceIdLength, attributes)
    else if (field === exemplarFields.spanId) readId(message, 'span_id', spanIdLength, attributes)
    else message.skip()
  }
  message.leave(outer)
  if (value === undefined) return undefined
  return { value, time: time === 0n ? pointTime : time, attributes: ownAttributes(attributes) }
}

/** An id of a trace is bytes on the wire and a text in the model; one of another length is none. */
function readId(message: ProtobufMessage, key: string, length: number, to: AttributeValue[]): void {
  const { from, to: end } = message.bytes()
  if (end - from === length) to.push(key, message.buffer.toString('hex', from, end))
}
