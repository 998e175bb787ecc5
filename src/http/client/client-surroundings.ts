import type { Clock } from '#src/component/clock.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { DialerSettings } from './dialer.ts'
import type { Environment } from './proxy.ts'

/** What a configured client is given beside its options. */
export interface ClientSurroundings extends Pick<DialerSettings, 'lookup' | 'mayConnect'> {
  readonly clock: Clock
  readonly logger: Logger
  /** Where HTTP_PROXY and its kin are; the process's own where absent. */
  readonly environment?: Environment | undefined
}
