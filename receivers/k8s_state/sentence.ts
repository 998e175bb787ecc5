/** What a fact says, as a description: it begins with a capital and ends with a full stop. */
export function sentence(fact: string): string {
  return `${fact.charAt(0).toUpperCase()}${fact.slice(1)}.`
}
