import type { PipelineContext } from '#src/component/define.ts'

type Report = (...told: Parameters<PipelineContext['report']>) => void

/**
 * Makes reports for the parts of a component that fare each in its own way: the component is well when all of them are, and
 * else has the error that one of them reported last.
 */
export function jointReport(context: PipelineContext): () => Report {
  const errors = new Map<Report, unknown>()
  return () => {
    const part: Report = (state, error) => {
      errors.delete(part)
      if (state === 'recoverable_error') errors.set(part, error)
      const last = [...errors.values()].at(-1)
      if (errors.size === 0) context.report('ok')
      else context.report('recoverable_error', last)
    }
    return part
  }
}
