import { longer } from '../byte-table.ts'
import { SymbolPlan } from './symbol-plan.ts'
import type { SymbolTable } from './symbol-table.ts'

/** The table of symbols of the request that is being filled: one that requests before had, or a new one. */
export class RequestSymbols {
  /** The number of the request. */
  request = 1
  readonly #table: SymbolTable
  #plan: SymbolPlan | undefined
  /** An empty one, to be used again. */
  #spare: SymbolPlan | undefined
  /** By symbol: its number in this request's table plus `#base`; what is below `#base` is of a request before. */
  #marks: Int32Array<ArrayBuffer> = new Int32Array(256)
  #base = 1
  /** How many symbols of the plan have a mark. */
  #marked = 0

  constructor(table: SymbolTable) {
    this.#table = table
  }

  /** The table, with the empty symbol in it at least. */
  get plan(): SymbolPlan {
    if (this.#plan === undefined) {
      this.#plan = this.#spare ?? new SymbolPlan(this.#table)
      this.#spare = undefined
      this.#plan.open()
    }
    return this.#plan
  }

  /** The length of the table, decompressed; 0 where there is none. */
  get raw(): number {
    return this.#plan?.raw ?? 0
  }

  /** Makes a table of requests before the one of this request, in which nothing is. */
  adopt(plan: SymbolPlan): void {
    if (this.#plan !== undefined) return
    plan.open()
    this.#plan = plan
  }

  /** Begins the table of another request, after one of so many samples. */
  reset(samples: number): void {
    const plan = this.#plan
    this.#plan = undefined
    this.#base += this.#marked
    this.#marked = 0
    if (this.#base > 1_500_000_000) {
      this.#marks.fill(0)
      this.#base = 1
    }
    if (plan?.close(this.request++, samples) === true) this.#spare = plan
  }

  /** The number of a symbol in this request's table. */
  indexOf(symbol: number): number {
    const { plan } = this
    // Where nothing new is written, nobody asks for numbers.
    while (this.#marked < plan.count) this.#mark(plan.symbols[this.#marked] ?? 0)
    const index = (this.#marks[symbol] ?? 0) - this.#base
    if (index >= 0) return index
    this.#mark(symbol)
    return plan.add(symbol)
  }

  /** The number of a text that nothing else may hold. */
  indexOfText(text: string): number {
    const symbol = this.#table.retainText(text)
    const index = this.indexOf(symbol)
    this.#table.releaseText(symbol)
    return index
  }

  #mark(symbol: number): void {
    if (symbol >= this.#marks.length) this.#marks = longer(this.#marks, symbol + 1)
    this.#marks[symbol] = this.#base + this.#marked++
  }
}
