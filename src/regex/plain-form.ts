import type { Groups } from './pattern.ts'

/** What may stand beside a literal: nothing, `.*` or `.+`; the number is the least count of characters. */
type Wild = 'nothing' | 'any' | 'some'

const least: Readonly<Record<Wild, number>> = { nothing: 0, any: 0, some: 1 }

/** One alternative: a literal, with something before and after it. */
interface Form {
  readonly head: Wild
  readonly literal: string
  readonly tail: Wild
  /** Which of whole, head and tail are captured, in the order of their groups. */
  readonly captures: readonly ('whole' | 'head' | 'tail')[]
}

/** A pattern that is answered by comparing texts; agrees with the engine on every text. */
export interface PlainForm {
  matches(text: string): boolean
  /** Undefined where only the engine can tell the groups. */
  readonly groups: ((text: string) => Groups | undefined) | undefined
}

/** V8 searches a text in time that grows with the product of both lengths, so what is searched for must be short. */
const longestSearched = 32
/** Forms with a wildcard are tried one after the other. */
const mostForms = 16

/**
 * Reads a pattern that is plainly literals, alternatives of literals, or literals with `.*` or `.+` beside them, one pair
 * of parentheses around it all or around a wildcard included. Undefined for any other pattern.
 */
export function readPlainForm(source: string, anchored: boolean): PlainForm | undefined {
  // A pair of surrogates is one character for the engine and two for string comparison.
  if (/[\ud800-\udfff]/.test(source)) return undefined
  const { inner, captured } = unwrap(source)
  const forms: Form[] = []
  for (const alternative of inner.split('|')) {
    const form = readForm(alternative, anchored)
    if (form === undefined) return undefined
    forms.push(captured ? { ...form, captures: ['whole', ...form.captures] } : form)
  }
  return combine(forms, anchored)
}

/** Takes one pair of parentheses off that encloses the whole pattern. */
function unwrap(source: string): { inner: string; captured: boolean } {
  const outer = /^\^?\((\?:)?([^()\\]*|.*[^\\])\)\$?$/s.exec(source)
  const inner = outer?.[2]
  if (inner === undefined || /[()]/.test(inner)) return { inner: source, captured: false }
  const anchors = source.startsWith('^') || source.endsWith('$')
  // ^(a|b)$ binds each alternative; the anchors are put back on each.
  if (!anchors) return { inner, captured: outer?.[1] === undefined }
  const start = source.startsWith('^') ? '^' : ''
  const end = source.endsWith('$') ? '$' : ''
  const each = inner.split('|').map((alternative) => start + alternative + end)
  return { inner: each.join('|'), captured: outer?.[1] === undefined }
}

const formText =
  /^(\^?)(\(?)(\.[*+])?(\)?)((?:[^\\.+*?()|[\]{}^$]|\\[\\.+*?()|[\]{}^$\-/])*)(\(?)(\.[*+])?(\)?)(\$?)$/s

function readForm(text: string, anchored: boolean): Form | undefined {
  const parts = formText.exec(text)
  if (parts === null) return undefined
  const [, start = '', openHead, head, closeHead, escaped = '', openTail, tail, closeTail, end = ''] = parts
  if (!whole(openHead, head, closeHead) || !whole(openTail, tail, closeTail)) return undefined
  const literal = escaped.replaceAll(/\\(.)/gs, '$1')
  const captures = [
    ...(openHead === '(' ? (['head'] as const) : []),
    ...(openTail === '(' ? (['tail'] as const) : []),
  ]
  const form = { head: wild(head), literal, tail: wild(tail), captures }
  return anchored ? usable(form) : unanchored(form, start === '^', end === '$')
}

/** Whether parentheses stand around a wildcard on both sides or on neither. */
function whole(open: string | undefined, inner: string | undefined, close: string | undefined): boolean {
  return inner === undefined ? open === '' && close === '' : (open === '') === (close === '')
}

function wild(text: string | undefined): Wild {
  if (text === undefined) return 'nothing'
  return text === '.*' ? 'any' : 'some'
}

function usable(form: Form): Form | undefined {
  const { head, literal, tail } = form
  if (head === 'nothing' || tail === 'nothing') return form
  return literal.length > 0 && literal.length <= longestSearched ? form : undefined
}

/** Without anchors the literal may stand anywhere; `.` does not match a line feed there, so only `.*` at an open end is plain. */
function unanchored(form: Form, start: boolean, end: boolean): Form | undefined {
  const { literal } = form
  if (form.captures.length > 0 || form.head === 'some' || form.tail === 'some') return undefined
  if ((start && form.head !== 'nothing') || (end && form.tail !== 'nothing')) return undefined
  if (literal === '') return start && end ? form : { ...form, head: 'any', tail: 'nothing' }
  return usable({ ...form, head: start ? 'nothing' : 'any', tail: end ? 'nothing' : 'any' })
}

function combine(forms: readonly Form[], anchored: boolean): PlainForm | undefined {
  const literals = new Set<string>()
  const others: Form[] = []
  for (const form of forms) {
    if (form.head === 'nothing' && form.tail === 'nothing') literals.add(form.literal)
    else others.push(form)
  }
  if (others.length > mostForms) return undefined
  const [first] = forms
  // Several alternatives with groups of their own leave it to the engine which of them are set.
  const inner = forms.some(({ captures }) => captures.some((capture) => capture !== 'whole'))
  if (first === undefined || (inner && forms.length > 1)) return undefined
  const matches = (text: string): boolean =>
    literals.has(text) || others.some((form) => place(form, text) >= 0)
  if (!anchored) return { matches, groups: undefined }
  return { matches, groups: (text) => (matches(text) ? groupsOf(first, text) : undefined) }
}

/** Where the literal stands: as far right as can be, since the wildcard before it is greedy; -1 where there is no match. */
function place({ head, literal, tail }: Form, text: string): number {
  const last = text.length - literal.length - least[tail]
  if (last < least[head]) return -1
  if (head === 'nothing') {
    return text.startsWith(literal) && (tail !== 'nothing' || last === 0) ? 0 : -1
  }
  if (tail === 'nothing') return text.endsWith(literal) ? last : -1
  const found = text.lastIndexOf(literal, last)
  return found >= least[head] ? found : -1
}

function groupsOf(form: Form, text: string): Groups {
  const groups = [text]
  for (const capture of form.captures) {
    if (capture === 'whole') groups.push(text)
    else if (capture === 'head') groups.push(text.slice(0, place(form, text)))
    else groups.push(text.slice(place(form, text) + form.literal.length))
  }
  return groups
}
