/** Fields of a message as their tags have them: a number times eight plus the wire type. */
const tags = { series: 10, label: 10, labelName: 10, sample: 18, value: 9, time: 16 }

/**
 * Reads the samples of a request of remote write 1.0, one after the other, without making anything of what is not asked
 * for. The message is trusted to be whole: a `RangeError` is thrown where it is not.
 */
export class RequestReader {
  value = 0
  /** Milliseconds since 1970. */
  time = 0
  isStale = false
  readonly #message: Buffer
  #at = 0
  #seriesStart = 0
  #seriesEnd = 0

  constructor(message: Buffer) {
    this.#message = message
  }

  /** Goes on to the next sample; false where there is none. */
  next(): boolean {
    for (;;) {
      while (this.#at < this.#seriesEnd) {
        const tag = this.#varint()
        const end = this.#varint() + this.#at
        if (tag === tags.sample) {
          this.#readSample(end)
          return true
        }
        this.#at = end
      }
      if (this.#at >= this.#message.length) return false
      const tag = this.#varint()
      const end = this.#varint() + this.#at
      if (end > this.#message.length) throw new RangeError('the request is cut off')
      if (tag === tags.series) {
        this.#seriesStart = this.#at
        this.#seriesEnd = end
      } else this.#at = end
    }
  }

  /** The labels of the series that the sample belongs to. */
  labels(): Map<string, string> {
    const resume = this.#at
    const labels = new Map<string, string>()
    this.#at = this.#seriesStart
    while (this.#at < this.#seriesEnd) {
      const tag = this.#varint()
      const end = this.#varint() + this.#at
      if (tag === tags.label) {
        const pair = ['', '']
        while (this.#at < end) {
          const part = this.#varint() === tags.labelName ? 0 : 1
          const length = this.#varint()
          pair[part] = this.#message.toString('utf8', this.#at, this.#at + length)
          this.#at += length
        }
        labels.set(pair[0] ?? '', pair[1] ?? '')
      }
      this.#at = end
    }
    this.#at = resume
    return labels
  }

  #readSample(end: number): void {
    this.value = 0
    this.time = 0
    this.isStale = false
    while (this.#at < end) {
      const tag = this.#varint()
      if (tag === tags.time) this.time = this.#varint()
      else if (tag === tags.value) {
        this.value = this.#message.readDoubleLE(this.#at)
        this.isStale =
          this.#message.readUInt32LE(this.#at) === 2 &&
          this.#message.readUInt32LE(this.#at + 4) === 0x7ff00000
        this.#at += 8
      } else throw new RangeError(`a sample has the tag ${tag}`)
    }
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#message[this.#at++]
      if (byte === undefined) throw new RangeError('a number is cut off')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
}
