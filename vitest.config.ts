import { defineConfig } from 'vitest/config'

const sources = ['src', 'receivers', 'processors', 'exporters']

export default defineConfig({
  test: {
    include: ['{src,receivers,processors,exporters,test}/**/*.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: sources.map((folder) => `${folder}/**/*.ts`),
      exclude: ['**/*.test.ts', 'src/main.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, functions: 90, branches: 80, statements: 90 },
    },
  },
})
