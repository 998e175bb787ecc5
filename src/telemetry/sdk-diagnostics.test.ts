import { diag } from '@opentelemetry/api'
import { globalErrorHandler } from '@opentelemetry/core'
import { expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { forwardDiagnostics } from './sdk-diagnostics.ts'

test('what the SDK says of itself is in the log, until nobody wants it', () => {
  const logger = new CapturedLog()
  const ends = [forwardDiagnostics(logger), forwardDiagnostics(logger)]
  diag.error('went wrong', new Error('why'))
  diag.warn('looks odd')
  diag.info('by the way')
  ends[0]?.()
  globalErrorHandler(new Error('no push'))
  ends[1]?.()
  diag.error('nobody hears this')
  expect(logger.lines).toEqual([
    {
      level: 'error',
      message: 'the OpenTelemetry SDK reports an error',
      fields: { detail: 'went wrong', more: [new Error('why')] },
    },
    { level: 'warn', message: 'the OpenTelemetry SDK warns', fields: { detail: 'looks odd' } },
    { level: 'error', message: 'own metrics could not be pushed', fields: { error: new Error('no push') } },
  ])
})
