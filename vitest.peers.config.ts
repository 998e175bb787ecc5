import { defineConfig } from 'vitest/config'

/** The tests that compare with real components, or need root: one file at a time, since they share ports and the host. */
export default defineConfig({
  test: {
    include: ['test/peers/**/*.peer.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
})
