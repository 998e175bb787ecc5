/** Labels by numbers: each is its own while somebody holds the label. */
export interface LabelDictionary {
  /** The labels of one series on its way to a writer: `LabelSets.series` puts them here. */
  scratch: Int32Array
  /** The number of a label, which is held once more. */
  retain(name: string, value: string): number
  /** Holds a label once more. */
  hold(label: number): void
  /** Gives one hold back; the last one frees the number. */
  release(label: number): void
  /** How many bytes a label takes in a message of version 1.0, which is no less than in 2.0. */
  sizeOf(label: number): number
}
