import { defineConfig } from 'vitest/config'

const product = ['src', 'receivers', 'processors', 'exporters']

export default defineConfig({
  test: {
    include: ['{src,receivers,processors,exporters,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.peer.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: product.map((folder) => `${folder}/**/*.ts`),
      exclude: ['**/*.test.ts', 'src/main.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 90, functions: 90, branches: 80, statements: 90 },
    },
  },
})
