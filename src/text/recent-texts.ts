/** How many texts are remembered; a power of two. */
const places = 1 << 12

/** Longer ones are not: they are seldom the same. */
const longest = 512

const recent: (string | undefined)[] = Array.from({ length: places })

/**
 * A text that is equal to this one, mostly the same object as for the last who asked: ten thousand targets expose the same
 * names and help texts. What is remembered is bounded, and nothing has to be given back.
 */
export function recentText(text: string): string {
  if (text.length > longest) return text
  let hash = text.length
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  const place = (hash ^ (hash >>> 15)) & (places - 1)
  const known = recent[place]
  if (known === text) return known
  recent[place] = text
  return text
}
