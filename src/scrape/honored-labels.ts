import type { Labels } from '#src/relabel/labels.ts'

/** What is put before the name of an exposed label that a target's own takes the place of. */
const exportedPrefix = 'exported_'

/**
 * Puts the labels of an exposed series and those of its target together, as Prometheus does.
 *
 * With `honorLabels` an exposed label keeps its place, also an empty one: the series then has no label of that name.
 * Without, the target's label takes the place, and the exposed one moves to `exported_...`, with as many of that as needed
 * to be free; shorter names move first.
 *
 * @param exposed name, value, name, value
 * @param own the target's, likewise
 * @throws {Error} where the series has a label twice
 */
export function mergeLabels(
  labels: Labels,
  exposed: readonly string[],
  own: readonly string[],
  honorLabels: boolean,
): void {
  let displaced: [name: string, value: string][] | undefined
  for (let index = 0; index < exposed.length; index += 2) {
    const name = exposed[index] ?? ''
    const value = exposed[index + 1] ?? ''
    if (labels.has(name)) throw new Error(`the label ${JSON.stringify(name)} is there twice`)
    if (honorLabels || !hasLabel(own, name)) labels.fill(name, value)
    else if (value !== '') (displaced ??= []).push([name, value])
  }
  for (let index = 0; index < own.length; index += 2) {
    const name = own[index] ?? ''
    if (!honorLabels || !hasLabel(exposed, name)) labels.fill(name, own[index + 1] ?? '')
  }
  if (displaced === undefined) return
  // Names of one length keep the order of the target's labels, which are sorted.
  displaced.sort(([first], [second]) => first.length - second.length || (first < second ? -1 : 1))
  for (const [name, value] of displaced) {
    let free = exportedPrefix + name
    while (labels.has(free)) free = exportedPrefix + free
    labels.fill(free, value)
  }
}

function hasLabel(labels: readonly string[], name: string): boolean {
  for (let index = 0; index < labels.length; index += 2) if (labels[index] === name) return true
  return false
}
