import { Home, rootNode, type Arrivals } from '#src/arrivals/arrivals.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Point } from '#src/model/point.ts'
import { Series } from '#src/model/series.ts'
import { LineMistake } from '#src/text/exposition-error.ts'
import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import { visibleJson } from '#src/text/visible-text.ts'
import {
  dataFields,
  metricFields,
  noRecordedValue,
  requestFields,
  resourceMetricsFields,
  scopeMetricsFields,
} from '../encode/fields.ts'
import { isNumeric, type Form } from '../metric-form.ts'
import { readAttributes } from './any-value.ts'
import {
  formOfField,
  isTemporality,
  readMetric,
  readResource,
  readScope,
  type Context,
  type DataShape,
  type MetricContext,
} from './contexts.ts'
import { readExemplars } from './exemplars.ts'
import { MalformedRequest } from './malformed-request.ts'
import { PointScan, pointFields, type PointFields } from './point-scan.ts'
import { readExponentialHistogram, readHistogram, readSummary, type ReadPoint } from './points.ts'
import { Rejections } from './rejections.ts'
import { Scratch } from './scratch.ts'

/** A request that was read. */
export interface DecodedRequest {
  readonly batches: readonly Batch[]
  /** Data points in the request, those that were rejected included. */
  readonly points: number
  readonly rejections: Rejections
}

/** When a request came. */
export interface ArrivalTime {
  /** Milliseconds, by a clock that only grows. */
  readonly monotonic: number
  /** Unix milliseconds: the time of points that say none. */
  readonly unix: number
}

/** A time as points bear it, and remembered, since all points of a request tend to have the same. */
class TimeMemo {
  #low = 0
  #high = 0
  nano = 0n
  milliseconds = 0

  /** The time at a position. @returns whether there is one: 0 is none */
  read(view: DataView, at: number): boolean {
    if (at < 0) return false
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    if (low !== this.#low || high !== this.#high) {
      this.#low = low
      this.#high = high
      this.nano = view.getBigUint64(at, true)
      this.milliseconds = Number(this.nano / 1_000_000n)
    }
    return low !== 0 || high !== 0
  }
}

/**
 * Reads ExportMetricsServiceRequests in protobuf (opentelemetry/proto/collector/metrics/v1/metrics_service.proto) into
 * batches. What a sender repeats (resources, scopes, metrics, attributes) is found again by its bytes, so that in the steady
 * state nothing is decoded but times and values. Fields that are not known are skipped.
 */
export class MetricsDecoder {
  readonly #arrivals: Arrivals<Context>
  readonly #message = new ProtobufMessage()
  readonly #scan = new PointScan()
  readonly #scratch = new Scratch()
  readonly #time = new TimeMemo()
  readonly #startTime = new TimeMemo()
  #body: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #now = 0
  #points = 0
  #rejections = new Rejections()

  constructor(arrivals: Arrivals<Context>) {
    this.#arrivals = arrivals
  }

  /**
   * Reads a request; all of it counts, or nothing.
   *
   * @throws {MalformedRequest} with the place where it is no such request
   */
  decode(body: Buffer, time: ArrivalTime): DecodedRequest {
    this.#body = body
    this.#view = new DataView(body.buffer, body.byteOffset, body.length)
    this.#now = time.unix
    this.#points = 0
    this.#rejections = new Rejections()
    this.#message.begin(body, this.#view, 0, body.length)
    this.#arrivals.begin(time.monotonic)
    try {
      this.#request()
    } catch (error) {
      this.#arrivals.abort()
      if (!(error instanceof LineMistake)) throw error
      throw new MalformedRequest(
        `the body is no ExportMetricsServiceRequest: at byte ${error.position}: ${error.message}`,
      )
    }
    return { batches: this.#arrivals.end(), points: this.#points, rejections: this.#rejections }
  }

  #request(): void {
    const message = this.#message
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === requestFields.resourceMetrics) this.#resourceMetrics()
      else message.skip()
    }
  }

  #resourceMetrics(): void {
    const message = this.#message
    const outer = message.enter()
    let resource = nowhere
    let schemaUrl = nowhere
    const scopes: Range[] = []
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === resourceMetricsFields.resource) resource = message.bytes()
      else if (field === resourceMetricsFields.scopeMetrics) scopes.push(message.bytes())
      else if (field === resourceMetricsFields.schemaUrl) schemaUrl = message.bytes()
      else message.skip()
    }
    const node = this.#node(rootNode, resource, schemaUrl, () => ({
      kind: 'resource',
      resource: readResource(message, resource.from, resource.to, this.#text(schemaUrl)),
      home: new Home(),
    }))
    for (const scope of scopes) this.#scopeMetrics(node, scope)
    message.leave(outer)
  }

  #scopeMetrics(resourceNode: number, range: Range): void {
    const message = this.#message
    let scope = nowhere
    let schemaUrl = nowhere
    const metrics: Range[] = []
    message.visit(range.from, range.to)
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === scopeMetricsFields.scope) scope = message.bytes()
      else if (field === scopeMetricsFields.metrics) metrics.push(message.bytes())
      else if (field === scopeMetricsFields.schemaUrl) schemaUrl = message.bytes()
      else message.skip()
    }
    const context = this.#arrivals.context(resourceNode)
    if (context?.kind !== 'resource') throw new Error('a scope lies below a resource')
    const { resource, home } = context
    const node = this.#node(resourceNode, scope, schemaUrl, () => ({
      kind: 'scope',
      scope: readScope(message, scope.from, scope.to, resource, this.#text(schemaUrl)),
    }))
    for (const metric of metrics) this.#metric(node, home, metric)
  }

  /** The node of a message and a schema URL below another. */
  #node(parent: number, message: Range, schemaUrl: Range, read: () => Context): number {
    const scratch = this.#scratch
    scratch.clear()
    scratch.add(this.#body, message.from, message.to)
    scratch.add(this.#body, schemaUrl.from, schemaUrl.to)
    // Two texts are told apart by the length of one.
    scratch.addNumber(schemaUrl.to - schemaUrl.from)
    return this.#scratchNode(parent, read)
  }

  /** The node of what is in the scratch, below another. */
  #scratchNode(parent: number, read: () => Context): number {
    const { bytes, view, length } = this.#scratch
    const node = this.#arrivals.findContext(parent, view, 0, length)
    return node < 0 ? this.#arrivals.addContext(parent, bytes, view, 0, length, read()) : node
  }

  #metric(scopeNode: number, home: Home, range: Range): void {
    const message = this.#message
    const scratch = this.#scratch
    message.visit(range.from, range.to)
    scratch.clear()
    let data = nowhere
    let form: Form | undefined
    let nameless = true
    let from = range.from
    let at = range.from
    for (let field = message.next(); field !== 0; at = message.position, field = message.next()) {
      const formOfData = formOfField.get(field)
      if (formOfData === undefined) {
        if (field === metricFields.name) nameless = isNowhere(message.bytes())
        else message.skip()
        continue
      }
      scratch.add(this.#body, from, at)
      data = message.bytes()
      from = data.to
      form = formOfData
    }
    if (form === undefined) return
    scratch.add(this.#body, from, range.to)
    const { temporality, monotonic, points } = this.#dataShape(data)
    this.#points += points
    if (nameless) {
      this.#rejections.add('invalid', points, 'a metric has no name')
      return
    }
    if (!isTemporality(temporality)) {
      this.#rejections.add('invalid', points, `there is no aggregation temporality ${temporality}`)
      return
    }
    const shape: DataShape = { form, temporality, monotonic }
    scratch.addNumber(formNumber[form] * 8 + temporality * 2 + (monotonic ? 1 : 0))
    const node = this.#scratchNode(scopeNode, () => {
      const context = this.#arrivals.context(scopeNode)
      if (context?.kind !== 'scope') throw new Error('a metric lies below a scope')
      return {
        kind: 'metric',
        metric: readMetric(message, range.from, range.to, context.scope, shape),
        last: undefined,
      }
    })
    this.#dataPoints(node, home, form, data)
  }

  /** What stands beside the data points, wherever it stands, and how many there are. */
  #dataShape({ from, to }: Range): { temporality: number; monotonic: boolean; points: number } {
    const message = this.#message
    let temporality = 0
    let monotonic = false
    let points = 0
    message.visit(from, to)
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field === dataFields.aggregationTemporality) temporality = Number(message.unsigned())
      else if (field === dataFields.isMonotonic) monotonic = message.boolean()
      else {
        if (field === dataFields.dataPoints) points++
        message.skip()
      }
    }
    return { temporality, monotonic, points }
  }

  #dataPoints(node: number, home: Home, form: Form, { from, to }: Range): void {
    const message = this.#message
    const context = this.#arrivals.context(node)
    if (context?.kind !== 'metric') throw new Error('data points lie below a metric')
    const fields = pointFields[form]
    const numeric = isNumeric(form)
    message.visit(from, to)
    for (let field = message.next(); field !== 0; field = message.next()) {
      if (field !== dataFields.dataPoints) {
        message.skip()
        continue
      }
      const outer = message.enter()
      const range = { from: message.position, to: outer.end }
      this.#scan.scan(message, fields)
      if (numeric) this.#number(node, context, home, fields, range)
      else this.#point(node, context, home, form, range)
      message.leave(outer)
    }
  }

  #number(node: number, context: MetricContext, home: Home, fields: PointFields, range: Range): void {
    const { doubleAt, intAt } = this.#scan
    const view = this.#view
    const stale = this.#isStale
    let value = 0
    if (doubleAt >= 0) value = view.getFloat64(doubleAt, true)
    else if (intAt >= 0) value = view.getInt32(intAt + 4, true) * 2 ** 32 + view.getUint32(intAt, true)
    else if (!stale) {
      this.#rejections.add('invalid', 1, `a data point of ${nameOf(context)} has no value`)
      return
    }
    if (!this.#record(node, context, home, fields, range, stale ? 0 : value) || stale || intAt < 0) return
    this.#arrivals.setInteger(Number.isSafeInteger(value) ? undefined : view.getBigInt64(intAt, true))
  }

  #point(node: number, context: MetricContext, home: Home, form: Form, range: Range): void {
    const stale = this.#isStale
    let point: Point | undefined
    if (!stale) {
      this.#message.visit(range.from, range.to)
      const read = readPoint[form]?.(this.#message, context.last)
      if (typeof read === 'string') {
        this.#rejections.add('invalid', 1, `${nameOf(context)}: ${read}`)
        return
      }
      point = read
    }
    if (!this.#record(node, context, home, pointFields[form], range, 0) || point === undefined) return
    context.last = point
    this.#arrivals.setPoint(point)
  }

  get #isStale(): boolean {
    return (this.#scan.flags & noRecordedValue) !== 0
  }

  /** Records the point that was scanned. @returns whether it was taken */
  #record(
    node: number,
    context: MetricContext,
    home: Home,
    fields: PointFields,
    range: Range,
    value: number,
  ): boolean {
    const arrivals = this.#arrivals
    const scan = this.#scan
    const view = this.#view
    const series = this.#series(node, context, home, fields)
    if (series < 0) return false
    const time = this.#time
    const dated = time.read(view, scan.timeAt)
    if (!arrivals.record(series, value, dated ? time.milliseconds : this.#now)) {
      this.#rejections.add(
        'repeated',
        1,
        `${nameOf(context)} has too many points of one series in one request`,
      )
      return false
    }
    const nano = dated ? time.nano : BigInt(this.#now) * 1_000_000n
    arrivals.setTimeNano(nano)
    if (this.#startTime.read(view, scan.startTimeAt)) arrivals.setStartTimeNano(this.#startTime.nano)
    if (this.#isStale) arrivals.setStale()
    else if (scan.hasExemplars) {
      this.#message.visit(range.from, range.to)
      for (const each of readExemplars(this.#message, fields.exemplars, nano)) arrivals.addExemplar(each)
    }
    return true
  }

  /** The number of the series of the point that was scanned; -1 where there are too many already. */
  #series(node: number, context: MetricContext, home: Home, fields: PointFields): number {
    const arrivals = this.#arrivals
    const { attributesFrom, attributesTo, scattered } = this.#scan
    let [bytes, view, from, to] = [this.#body, this.#view, attributesFrom, attributesTo]
    if (scattered) {
      this.#gather(fields.attributes)
      ;({ bytes, view, length: to } = this.#scratch)
      from = 0
    }
    const known = arrivals.find(node, view, from, to)
    if (known >= 0) return known
    const list = readAttributes(this.#message, fields.attributes, attributesFrom, attributesTo)
    const series = arrivals.place(new Series(context.metric, internAttributes(list)), home)
    if (series < 0) {
      this.#rejections.add('series_limit', 1, 'there are more series than the option max_series allows')
    } else arrivals.remember(series, node, bytes, view, from, to)
    return series
  }

  /** Puts the attributes of the point that was scanned together in the scratch. */
  #gather(number: number): void {
    const message = this.#message
    const scratch = this.#scratch
    scratch.clear()
    message.visit(this.#scan.attributesFrom, this.#scan.attributesTo)
    let at = message.position
    for (let field = message.next(); field !== 0; at = message.position, field = message.next()) {
      message.skip()
      if (field === number) scratch.add(this.#body, at, message.position)
    }
  }

  #text({ from, to }: Range): string {
    return this.#body.toString('utf8', from, to)
  }
}

/** A part of the body. */
interface Range {
  readonly from: number
  readonly to: number
}

const nowhere: Range = { from: 0, to: 0 }

function isNowhere({ from, to }: Range): boolean {
  return from === to
}

const formNumber: Readonly<Record<Form, number>> = {
  gauge: 0,
  sum: 1,
  histogram: 2,
  exponentialHistogram: 3,
  summary: 4,
}

const readPoint: Partial<Record<Form, (message: ProtobufMessage, before: Point | undefined) => ReadPoint>> = {
  histogram: readHistogram,
  exponentialHistogram: readExponentialHistogram,
  summary: readSummary,
}

function nameOf({ metric }: MetricContext): string {
  return visibleJson(metric.name.slice(0, 100))
}
