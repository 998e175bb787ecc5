/**
 * The words that Prometheus names have for UCUM units (OpenTelemetry specification, "Prometheus and OpenMetrics
 * Compatibility"; the table is that of Prometheus' own OTLP receiver). Values are not converted: only the word is.
 */
const unitWords: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
  ['$', 'dollars'],
  ['1', ''],
])

/** UCUM units by the word that Prometheus names have for them. */
const unitsByWord: ReadonlyMap<string, string> = new Map([...unitWords].map(([unit, word]) => [word, unit]))

/** The UCUM unit of a word behind UNIT: `seconds` is `s`. A word that the table lacks stands for itself. */
export function unitOfWord(word: string): string {
  return word === 'ratio' ? '1' : word === '' ? '' : (unitsByWord.get(word) ?? word)
}

/** The words behind `per`: a `m` there is a minute. */
const perUnitWords: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** A unit in words: `By/s` is `bytes` and `per_second`. Either is empty where the unit has no such part. */
export interface UnitWords {
  readonly main: string
  readonly per: string
}

/** The words of a UCUM unit. Annotations (`{packets}`) are no unit; a unit that the table lacks stands for itself. */
export function unitInWords(unit: string): UnitWords {
  const slash = unit.indexOf('/')
  const main = wordOf(slash < 0 ? unit : unit.slice(0, slash), unitWords)
  const per = slash < 0 ? '' : wordOf(unit.slice(slash + 1), perUnitWords)
  return { main, per: per === '' ? '' : `per_${per}` }
}

/** The unit as Prometheus' metadata has it: `By/s` is `bytes_per_second`. Empty where there is none. */
export function prometheusUnit(unit: string): string {
  const { main, per } = unitInWords(unit)
  return main === '' || per === '' ? main + per : `${main}_${per}`
}

function wordOf(part: string, words: ReadonlyMap<string, string>): string {
  const unit = part.trim()
  return /[{}]/.test(unit) ? '' : (words.get(unit) ?? unit)
}
