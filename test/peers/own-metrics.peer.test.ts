import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { startOwnTelemetry } from '#src/telemetry/own-telemetry.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { fakeComponent, fakeService } from '#src/testing/service.ts'

test('promtool accepts own metrics, names as hostile as they may be', async () => {
  const components = (['receiver', 'processor', 'exporter'] as const).map((kind) =>
    fakeComponent({ kind, id: `a/"${kind}"\n\\`, pipeline: 'metrics/é', lastActivity: 1 }),
  )
  for (const { ledger, collections } of components) {
    ledger.dropped.add('__proto__', 1)
    ledger.rejected.add('\u001b[31m', 1)
    collections?.record({ source: 'http://x:1/\u0000\u202e{a="b"}', durationMs: 1, error: 'timeout' })
  }
  const telemetry = await startOwnTelemetry(
    {
      logs: { level: 'info', encoding: 'json', initialFields: {} },
      metrics: { level: 'detailed', readers: [{ kind: 'prometheus', host: '127.0.0.1', port: 0 }] },
      resource: { 'deployment.environment': 'test "one"\n' },
    },
    fakeService(...components),
    new CapturedLog(),
  )
  try {
    const response = await fetch(telemetry.locations[0] ?? '')
    const input = await response.text()
    expect(input).toContain('weir_collection_errors_total')
    expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })).toBe(
      '',
    )
  } finally {
    await telemetry.shutdown()
  }
})
