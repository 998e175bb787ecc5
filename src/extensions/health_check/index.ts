import { defineExtension } from '#src/component/define.ts'
import type { RunningServer } from '#src/http/server.ts'
import { startAdminServer } from '#src/telemetry/admin/admin-server.ts'
import { Config } from './config.ts'
import { adminSettings, validateHealthCheck } from './settings.ts'

/** Configures the admin server. */
export default defineExtension({
  type: 'health_check',
  stability: 'beta',
  description: 'Answers health, readiness and status by HTTP, and reloads the configuration on request.',
  config: Config,
  validate: validateHealthCheck,

  create(config, { service, logger, clock }) {
    const settings = adminSettings(config)
    let server: RunningServer | undefined
    return {
      get location() {
        return server === undefined ? undefined : `${server.url}/status`
      },
      async start() {
        server = await startAdminServer(settings, service, logger, clock)
      },
      async stop() {
        await server?.close()
      },
    }
  },
})
