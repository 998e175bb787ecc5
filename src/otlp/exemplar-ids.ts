import type { AttributeList, AttributeSet, AttributeValue } from '#src/model/attribute-set.ts'

/** What OTLP keeps of an exemplar's attributes in fields of their own. */
export interface ExemplarIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string | undefined
  /** 16 hexadecimal digits. */
  readonly spanId: string | undefined
  /** Key, value, key, value. */
  readonly rest: AttributeList
}

const traceIdForm = /^[0-9a-fA-F]{32}$/
const spanIdForm = /^[0-9a-fA-F]{16}$/

/** Takes the ids of trace and span out of an exemplar's attributes; one that is no id stays among them. */
export function exemplarIds(attributes: AttributeSet): ExemplarIds {
  const traceId = idOf(attributes.get('trace_id'), traceIdForm)
  const spanId = idOf(attributes.get('span_id'), spanIdForm)
  const taken = new Set([
    ...(traceId === undefined ? [] : ['trace_id']),
    ...(spanId === undefined ? [] : ['span_id']),
  ])
  const rest = [...attributes].filter(([key]) => !taken.has(key)).flatMap(([key, value]) => [key, value])
  return { traceId, spanId, rest }
}

function idOf(value: AttributeValue | undefined, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value.toLowerCase() : undefined
}
