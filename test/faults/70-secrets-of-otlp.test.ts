import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { exporterTo, sample, ways } from './otlp-ways.ts'

const canary = 'canary-7f3a'

const secrets = [
  { headers: { 'X-Key': canary } },
  { headers: [{ name: 'X-Key', value: canary }] },
  { basic_auth: { username: 'u', password: canary } },
  { authorization: { credentials: canary } },
]

test.each(ways)('70: no secret of an exporter is in the log or in a report, by %s', async (way) => {
  for (const options of secrets) {
    // It tells what it was told, in all that it can say.
    await using receiver = await OtlpReceiver.start(way, ({ headers }, index) => {
      const told = JSON.stringify([headers['x-key'], headers.authorization, canary])
      if (index === 0)
        return way === 'grpc' ? { grpc: { code: 14, message: told } } : { http: { status: 503, body: told } }
      if (index === 1) return { rejected: 1, message: told }
      return way === 'grpc' ? { grpc: { code: 3, message: told } } : { http: { status: 400, body: told } }
    })
    await using sut = exporterTo(receiver, options)
    for (const value of [1, 2]) {
      sut.take([sample(value)])
      await sut.settled()
    }
    expect(sut.lines).toHaveLength(3)
    const seen = inspect([sut.lines, sut.reports, sut.settlements], { depth: 10 })
    const encoded = Buffer.from(`u:${canary}`).toString('base64')
    expect(receiver.requests).toHaveLength(3)
    expect(seen).not.toContain(canary)
    expect(seen).not.toContain(encoded)
  }
})
