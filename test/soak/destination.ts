import { OtlpReceiver, type OtlpAnswer } from '#src/testing/otlp-receiver.ts'
import { decode, RemoteWriteReceiver, type ScriptedAnswer } from '#src/testing/remote-write-receiver.ts'

/** How a destination behaves. */
export type Mood = 'up' | 'busy' | 'hang_up' | 'lose_answers' | 'silent' | 'slow'

/** What arrived at one destination, number by number, by sender. */
export class ArrivedNumbers {
  readonly #seriesEach: number
  /** Numbers of which every series arrived. */
  readonly #whole = new Map<string, Set<number>>()
  readonly #partial = new Map<string, Set<string>>()
  readonly #last = new Map<string, number>()
  /** Samples that came before an older one of their series, for the first time. */
  disordered = 0
  samples = 0

  constructor(seriesEach: number) {
    this.#seriesEach = seriesEach
  }

  take(sender: string, of: string, number: number): void {
    this.samples++
    const key = `${sender} ${of}`
    const last = this.#last.get(key) ?? 0
    const whole = this.#whole.get(sender) ?? new Set()
    this.#whole.set(sender, whole)
    if (whole.has(number)) return
    const partKey = `${sender} ${number}`
    const part = this.#partial.get(partKey) ?? new Set()
    if (part.has(of)) return
    if (number < last) this.disordered++
    else this.#last.set(key, number)
    part.add(of)
    if (part.size < this.#seriesEach) this.#partial.set(partKey, part)
    else {
      this.#partial.delete(partKey)
      whole.add(number)
    }
  }

  has(sender: string, number: number): boolean {
    return this.#whole.get(sender)?.has(number) === true
  }
}

/** A destination of the soak, whose mood the schedule changes. */
export interface Destination extends AsyncDisposable {
  readonly name: string
  readonly endpoint: string
  readonly arrived: ArrivedNumbers
  mood: Mood
}

const slowMs = 500

/** Starts the two destinations: one of OTLP, one of remote write. */
export async function startDestinations(seriesEach: number): Promise<readonly [Destination, Destination]> {
  const otlp = new ArrivedNumbers(seriesEach)
  const remoteWrite = new ArrivedNumbers(seriesEach)
  const first = {
    name: 'otlp_http',
    arrived: otlp,
    mood: 'up' as Mood,
    endpoint: '',
    [Symbol.asyncDispose]: async () => await otlpReceiver[Symbol.asyncDispose](),
  }
  const second = {
    name: 'prometheus_remote_write',
    arrived: remoteWrite,
    mood: 'up' as Mood,
    endpoint: '',
    [Symbol.asyncDispose]: async () => await writeReceiver[Symbol.asyncDispose](),
  }
  const otlpReceiver = await OtlpReceiver.start('http', async () => {
    const { points } = otlpReceiver
    otlpReceiver.requests.length = 0
    return await otlpAnswer(first.mood, () => {
      for (const { attributes, asDouble } of points) {
        const named = Object.fromEntries(
          (attributes as { key: string; value: { stringValue?: string } }[]).map(({ key, value }) => [
            key,
            value.stringValue,
          ]),
        )
        if (named['sender'] !== undefined) otlp.take(named['sender'], named['of'] ?? '', Number(asDouble))
      }
    })
  })
  const writeReceiver = await RemoteWriteReceiver.start(async (request) => {
    writeReceiver.requests.length = 0
    return await writeAnswer(second.mood, () => {
      for (const { labels, samples } of decode(request).series) {
        if (labels['sender'] === undefined) continue
        for (const { value } of samples) remoteWrite.take(labels['sender'], labels['of'] ?? '', value)
      }
    })
  })
  first.endpoint = otlpReceiver.endpoint
  second.endpoint = writeReceiver.url
  return [first, second]
}

async function otlpAnswer(mood: Mood, take: () => void): Promise<OtlpAnswer> {
  if (mood === 'busy') return 'busy'
  if (mood === 'hang_up') return 'hang_up'
  if (mood === 'silent') return 'hold'
  take()
  if (mood === 'lose_answers') return 'hang_up'
  if (mood === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs))
  return 'taken'
}

async function writeAnswer(mood: Mood, take: () => void): Promise<ScriptedAnswer> {
  const answer = await otlpAnswer(mood, take)
  if (answer === 'busy') return { status: 503, headers: { 'retry-after': '1' } }
  if (answer === 'hold') return { hold: true }
  return answer === 'hang_up' ? { hangUp: true } : { status: 204 }
}
