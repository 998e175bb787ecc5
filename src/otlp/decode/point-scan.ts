import type { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { exponentialFields, histogramFields, numberFields, summaryFields } from '../encode/fields.ts'
import type { Form } from '../metric-form.ts'

/** Where data points of a form have what all forms have, and a number its value; -1 for what a form has not. */
export interface PointFields {
  readonly attributes: number
  readonly startTime: number
  readonly time: number
  readonly flags: number
  readonly exemplars: number
  readonly asDouble: number
  readonly asInt: number
}

const number: PointFields = {
  attributes: numberFields.attributes,
  startTime: numberFields.startTime,
  time: numberFields.time,
  flags: numberFields.flags,
  exemplars: numberFields.exemplars,
  asDouble: numberFields.asDouble,
  asInt: numberFields.asInt,
}

/** The fields of the data points of each form. */
export const pointFields: Readonly<Record<Form, PointFields>> = {
  gauge: number,
  sum: number,
  histogram: {
    attributes: histogramFields.attributes,
    startTime: histogramFields.startTime,
    time: histogramFields.time,
    flags: histogramFields.flags,
    exemplars: histogramFields.exemplars,
    asDouble: -1,
    asInt: -1,
  },
  exponentialHistogram: {
    attributes: exponentialFields.attributes,
    startTime: exponentialFields.startTime,
    time: exponentialFields.time,
    flags: exponentialFields.flags,
    exemplars: exponentialFields.exemplars,
    asDouble: -1,
    asInt: -1,
  },
  summary: {
    attributes: summaryFields.attributes,
    startTime: summaryFields.startTime,
    time: summaryFields.time,
    flags: summaryFields.flags,
    exemplars: -1,
    asDouble: -1,
    asInt: -1,
  },
}

/**
 * One data point, scanned and not decoded: where things are in the buffer. Positions are -1 for what is absent. It is made once
 * and used for all points.
 */
export class PointScan {
  /** The fields of the attributes, tags included. */
  attributesFrom = 0
  attributesTo = 0
  /** Whether other fields stand between them, so that they are no one range. */
  scattered = false
  /** Of eight bytes each. */
  timeAt = -1
  startTimeAt = -1
  doubleAt = -1
  intAt = -1
  flags = 0
  hasExemplars = false

  /** Scans the point that was entered, to its end. */
  scan(message: ProtobufMessage, fields: PointFields): void {
    this.attributesFrom = message.position
    this.attributesTo = message.position
    this.scattered = false
    this.timeAt = -1
    this.startTimeAt = -1
    this.doubleAt = -1
    this.intAt = -1
    this.flags = 0
    this.hasExemplars = false
    let at = message.position
    for (let field = message.next(); field !== 0; at = message.position, field = message.next()) {
      if (field === fields.attributes) {
        message.skip()
        if (this.attributesFrom === this.attributesTo) this.attributesFrom = at
        else if (this.attributesTo !== at) this.scattered = true
        this.attributesTo = message.position
      } else if (field === fields.time) this.timeAt = message.eightBytes()
      else if (field === fields.asDouble) {
        this.doubleAt = message.eightBytes()
        this.intAt = -1
      } else if (field === fields.asInt) {
        this.intAt = message.eightBytes()
        this.doubleAt = -1
      } else if (field === fields.startTime) this.startTimeAt = message.eightBytes()
      else if (field === fields.flags) this.flags = Number(message.unsigned())
      else {
        if (field === fields.exemplars) this.hasExemplars = true
        message.skip()
      }
    }
  }
}
