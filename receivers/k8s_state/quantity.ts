export { quantity, wholeQuantity } from '#src/kubernetes/quantity.ts'
